//! What is done to a distribution for Windows, and the rule that has to notice it.

use pbs::model::TreePath;

use super::damage::{Damage, an_object, date_first_member, exe, linking_module, of_exe, python};
use crate::distribution::{Distribution, object, path};

const DYNAMIC_BASE: u16 = 0x40;
const HIGH_ENTROPY_VA: u16 = 0x20;
const NX_COMPAT: u16 = 0x100;

fn library(d: &Distribution) -> TreePath {
    python(&d.manifest().build_info.unwrap().core.shared_lib.unwrap())
}

fn beside_exe(d: &Distribution, name: &str) -> TreePath {
    exe(d).parent().unwrap().join(&path(name))
}

/// Puts a copy of a file elsewhere, so that the manifest does not tell.
fn copy(d: &mut Distribution, from: &TreePath, to: &TreePath) {
    let bytes = d.bytes(from);
    d.put(to, bytes, false);
    d.digest_again();
}

fn of_library(d: &mut Distribution, damage: impl FnOnce(&mut Distribution, &TreePath)) {
    let library = library(d);
    damage(d, &library);
    d.digest_again();
}

/// Everything that is done to a distribution for Windows, each time to a good one.
pub(super) const DAMAGE: &[Damage] = &[
    ("an address that is always the same", "random-addresses", |d| {
        of_library(d, |d, at| d.unprotected(at, DYNAMIC_BASE))
    }),
    ("few addresses", "random-addresses", |d| {
        of_exe(d, |d, at| d.unprotected(at, HIGH_ENTROPY_VA))
    }),
    ("data that is executed", "executable-data", |d| {
        of_exe(d, |d, at| d.unprotected(at, NX_COMPAT))
    }),
    ("a small stack", "stack-size", |d| {
        of_exe(d, Distribution::small_stack)
    }),
    ("a time of linking", "timestamps", |d| {
        of_exe(d, Distribution::a_real_time)
    }),
    ("a time of compiling", "timestamps", |d| {
        let at = an_object(d);
        d.edit(&at, |bytes| bytes[4] = 1);
        d.digest_again();
    }),
    ("a DLL beside the program", "stray-libraries", |d| {
        let (from, to) = (library(d), beside_exe(d, "version.dll"));
        copy(d, &from, &to);
    }),
    (
        "a module of a wheel among the standard library's",
        "stray-libraries",
        |d| {
            let (from, to) = (library(d), beside_exe(d, "DLLs/other.pyd"));
            copy(d, &from, &to);
        },
    ),
    ("an import library of another build", "import-libraries", |d| {
        let at = beside_exe(d, "libs/python313.lib");
        d.replace(&at, "\0PyList_New\0", "\0PyLisp_New\0");
        d.digest_again();
    }),
    ("no import library", "import-libraries", |d| {
        d.tree.remove(&beside_exe(d, "libs/python313.lib"));
        d.digest_again();
    }),
    ("a stable interface that leads nowhere", "import-libraries", |d| {
        let at = beside_exe(d, "python3.dll");
        d.replace(&at, "python313.PyList_New\0", "python313.PyLisp_New\0");
        d.digest_again();
    }),
    ("code that can be written", "writable-code", |d| {
        of_exe(d, Distribution::writable_sections)
    }),
    ("an object for another machine", "machine", |d| {
        let at = an_object(d);
        d.edit(&at, |bytes| bytes[..2].copy_from_slice(&0xaa64_u16.to_le_bytes()));
        d.digest_again();
    }),
    ("an object for another system", "machine", |d| {
        let bytes =
            pbs::link::write_inittab(pbs::model::ObjectFormat::Elf, pbs::model::Arch::X86_64, &[]).unwrap();
        d.put(&path("python/build/link/stray.o"), bytes, false);
        d.digest_again();
    }),
    ("a library that the target lacks", "libraries", |d| {
        of_library(d, |d, at| d.replace(at, "KERNEL32.dll\0", "KERNEL33.dll\0"))
    }),
    ("a library that the manifest does not name", "libraries", |d| {
        d.describe(|manifest| manifest.build_info.as_mut().unwrap().core.links.clear());
    }),
    (
        "a library of the runtime that it does not ask for",
        "libraries",
        |d| {
            let at = path("python/build/link/msvcrt.lib");
            d.replace(&at, "/DEFAULTLIB:ucrt.lib", "/DEFAULTLIB:urct.lib");
            d.digest_again();
        },
    ),
    ("a C interface that is hidden", "c-interface", |d| {
        of_library(d, |d, at| d.replace(at, "\0PyList_New\0", "\0PyLisp_New\0"))
    }),
    ("no library of Python", "c-interface", |d| {
        d.tree.remove(&library(d));
        d.digest_again();
    }),
    ("a dependency's symbol exported", "dependency-symbols", |d| {
        let foreign = super::ar("foreign.obj", &object(&["PyList_New"], &[], ""));
        d.put(&path("python/build/lib/foreign.lib"), foreign, false);
        for object in d.manifest().build_info.unwrap().core.objs {
            d.tree.remove(&python(&object));
        }
        d.digest_again();
    }),
    ("an interpreter without a console", "interpreter", |d| {
        of_exe(d, |d, at| d.subsystem(at, 2))
    }),
    ("no interpreter without a console", "interpreter", |d| {
        let at = beside_exe(d, "pythonw.exe");
        d.subsystem(&at, 3);
        d.digest_again();
    }),
    ("a module of no name", "extensions", |d| {
        let (from, to) = (library(d), beside_exe(d, "DLLs/other.pyd"));
        copy(d, &from, &to);
    }),
    (
        "a module that does not export what makes it",
        "init-functions",
        |d| {
            let at = beside_exe(d, "DLLs/_testcapi.pyd");
            d.replace(&at, "\0PyInit__testcapi\0", "\0PyInit__testcopy\0");
            d.digest_again();
        },
    ),
    ("an init function that no object defines", "init-functions", |d| {
        let at = an_object(d);
        d.put(&at, object(&["PyInit_other"], &[], ""), false);
        d.digest_again();
    }),
    ("a module that the core calls", "required-extensions", |d| {
        let core = python(&d.manifest().build_info.unwrap().core.objs[0]);
        d.put(&core, object(&["PyInit__imp"], &["PyInit_zlib"], ""), false);
        d.digest_again();
    }),
    ("no stack protector", "stack-protector", |d| {
        let core = python(&d.manifest().build_info.unwrap().core.objs[0]);
        d.put(&core, object(&["PyInit__imp"], &[], ""), false);
        d.digest_again();
    }),
    ("a truncated object", "broken", |d| {
        let at = an_object(d);
        d.edit(&at, |bytes| bytes.truncate(bytes.len() / 2));
        d.digest_again();
    }),
    ("a truncated program", "broken", |d| {
        of_exe(d, |d, at| d.edit(at, |bytes| bytes.truncate(0x90)))
    }),
    ("a library instead of an object", "paths", |d| {
        let (_, library) = linking_module(d);
        let at = an_object(d);
        copy(d, &python(&library), &at);
    }),
    ("a static library with a time", "static-libraries", |d| {
        let (_, library) = linking_module(d);
        d.edit(&python(&library), |bytes| date_first_member(bytes));
        d.digest_again();
    }),
    ("bitcode instead of an object", "native-objects", |d| {
        let at = an_object(d);
        d.edit(&at, |bytes| bytes[..4].copy_from_slice(b"BC\xc0\xde"));
        d.digest_again();
    }),
    ("an object that nobody claims", "unclaimed", |d| {
        let from = an_object(d);
        copy(d, &from, &path("python/build/link/stray.obj"));
    }),
    ("a build path in a program", "build-paths", |d| {
        of_exe(d, |d, at| {
            d.edit(at, |bytes| bytes.extend(b"\0/work/build/python.pdb\0"))
        })
    }),
    ("an executable import library", "modes", |d| {
        let at = beside_exe(d, "libs/python313.lib");
        let bytes = d.bytes(&at);
        d.put(&at, bytes, true);
    }),
    ("a platform tag of another machine", "tags", |d| {
        d.describe(|manifest| manifest.python_platform_tag = "win_arm64".into());
    }),
];
