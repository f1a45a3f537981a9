//! What is done to a distribution for macOS, and the rule that has to notice it.

use object::{Architecture, macho};
use pbs::model::TreePath;

use super::damage::{Damage, an_object, date_first_member, linking_module, of_exe, python, stdlib};
use crate::distribution::made_macho::{LINKER_SIGNED, object, object_for, universal};
use crate::distribution::{Distribution, ar, path, remake};

const EXE: &str = "python3.13";
const LIBRARY: &str = "libpython3.13.dylib";
const MODULE: &str = "_testcapi.so";

fn build(name: &str) -> TreePath {
    path("python/build").join(&path(name))
}

/// Puts a file that was not there, so that the manifest does not tell.
fn add(d: &mut Distribution, at: &TreePath, bytes: Vec<u8>) {
    d.put(at, bytes, false);
    d.digest_again();
}

/// Changes the one word of the manifest that every file is held to.
fn promise(d: &mut Distribution, oldest: &str) {
    d.describe(|manifest| {
        manifest.apple_sdk_deployment_target = Some(oldest.to_owned());
        manifest.python_platform_tag = format!("macosx-{oldest}-arm64");
    });
}

/// Everything that is done to a distribution for macOS, each time to a good one.
pub(super) const DAMAGE: &[Damage] = &[
    ("a program for newer systems", "minimum-system", |d| {
        remake(d, EXE, |image| image.system = Some((1, 12 << 16, 14 << 16)));
    }),
    ("objects for newer systems", "minimum-system", |d| {
        promise(d, "10.15")
    }),
    ("a library of another system", "minimum-system", |d| {
        let platform = macho::PLATFORM_IOS.0;
        remake(d, LIBRARY, |image| {
            image.system = Some((platform, 11 << 16, 14 << 16))
        });
    }),
    ("a module of another SDK", "minimum-system", |d| {
        remake(d, MODULE, |image| image.system = Some((1, 11 << 16, 13 << 16)));
    }),
    ("a program for no system", "minimum-system", |d| {
        remake(d, EXE, |image| image.system = None);
    }),
    ("a manifest without an SDK", "minimum-system", |d| {
        d.describe(|manifest| manifest.apple_sdk_version = None);
    }),
    ("a platform tag of a newer system", "minimum-system", |d| {
        d.describe(|manifest| manifest.python_platform_tag = "macosx-12.0-arm64".into());
    }),
    ("a library that is true in one place", "install-names", |d| {
        remake(d, LIBRARY, |image| {
            image.install_name = Some("/install/lib/libpython3.13.dylib")
        });
    }),
    ("a library without a name", "install-names", |d| {
        remake(d, LIBRARY, |image| image.install_name = None);
    }),
    ("a module with a name", "install-names", |d| {
        remake(d, MODULE, |image| {
            image.install_name = Some("@rpath/_testcapi.so")
        });
    }),
    (
        "a program that nothing tells from others",
        "build-identifiers",
        |d| {
            remake(d, EXE, |image| image.uuid = None);
        },
    ),
    ("two files with one identifier", "build-identifiers", |d| {
        remake(d, EXE, |image| image.uuid = Some([8; 16]));
    }),
    ("a program that nobody signed", "signatures", |d| {
        remake(d, EXE, |image| image.signature = None);
    }),
    (
        "a program that was changed after it was signed",
        "signatures",
        |d| {
            of_exe(d, |d, at| d.replace(at, "_PyList_New\0", "_PyLisp_New\0"));
        },
    ),
    ("a signature that is not ad hoc", "signatures", |d| {
        remake(d, LIBRARY, |image| image.signature = Some((LIBRARY, 0)));
    }),
    ("a signature that names a path", "signatures", |d| {
        remake(d, EXE, |image| {
            image.signature = Some(("/work/python", LINKER_SIGNED))
        });
    }),
    ("a symbol that no system has", "availability", |d| {
        remake(d, EXE, |image| image.undefined.push(("_of_nobody", 1, false)));
    }),
    (
        "a symbol that the other processor's system has",
        "availability",
        |d| {
            remake(d, EXE, |image| image.undefined.push(("_of_intel", 1, false)));
        },
    ),
    ("a symbol that another library has", "availability", |d| {
        remake(d, EXE, |image| image.undefined.push(("_CFRelease", 1, false)));
    }),
    (
        "a symbol that the interpreter does not have",
        "availability",
        |d| {
            remake(d, MODULE, |image| {
                image.undefined.push(("_Py_Nothing", 0xfe, false))
            });
        },
    ),
    ("names that are looked for anywhere", "availability", |d| {
        remake(d, LIBRARY, |image| image.flags &= !macho::MH_TWOLEVEL.0);
    }),
    (
        "a program that cannot do without what is new",
        "availability",
        |d| {
            remake(d, EXE, |image| image.undefined[2].2 = false);
        },
    ),
    (
        "an object that cannot do without what is new",
        "availability",
        |d| {
            let at = an_object(d);
            add(
                d,
                &at,
                object(&[], &["PyInit_zlib"], &["inflate", "new_in_twelve"]),
            );
        },
    ),
    ("a stub that is none", "availability", |d| {
        add(d, &build("link/libother.tbd"), b"{}".to_vec());
    }),
    ("a list of new symbols that is none", "availability", |d| {
        add(d, &build("link/newer.txt"), b"_new_in_twelve\n".to_vec());
    }),
    ("a small stack", "stack-size", |d| {
        remake(d, EXE, |image| image.stack = Some(0x0080_0000));
    }),
    ("a stack that the system decides on", "stack-size", |d| {
        remake(d, EXE, |image| image.stack = Some(0));
    }),
    ("an address that is always the same", "random-addresses", |d| {
        remake(d, EXE, |image| image.flags &= !macho::MH_PIE.0);
    }),
    ("a run path to one place", "run-paths", |d| {
        remake(d, MODULE, |image| image.rpaths.push("/usr/local/lib"));
    }),
    ("a run path that is not that of the file", "run-paths", |d| {
        remake(d, MODULE, |image| image.rpaths.push("@loader_pathology/lib"));
    }),
    ("code that can be written", "writable-code", |d| {
        remake(d, LIBRARY, |image| image.code |= macho::VM_PROT_WRITE.0);
    }),
    ("an executable stack", "executable-stack", |d| {
        remake(d, EXE, |image| image.flags |= macho::MH_ALLOW_STACK_EXECUTION.0);
    }),
    ("a banned function", "banned-symbols", |d| {
        d.limits.banned_symbols.push("cos".to_owned());
    }),
    ("a library that the target lacks", "libraries", |d| {
        let other = (macho::LC_LOAD_DYLIB, "/opt/homebrew/lib/libz.dylib");
        remake(d, EXE, |image| image.dylibs.push(other));
    }),
    ("a library that is not there", "libraries", |d| {
        let own = (macho::LC_LOAD_DYLIB, "@rpath/libpython3.13.dylib");
        remake(d, MODULE, |image| image.dylibs.push(own));
    }),
    ("a framework that the manifest does not name", "libraries", |d| {
        d.describe(|manifest| manifest.build_info.as_mut().unwrap().core.links.clear());
    }),
    ("a library beside the interpreter's", "stray-libraries", |d| {
        let bytes = crate::distribution::image(LIBRARY).1.write();
        add(d, &path("python/install/lib/libother.dylib"), bytes);
    }),
    (
        "a module of a wheel among the standard library's",
        "stray-libraries",
        |d| {
            let at = stdlib(d, "lib-dynload/other.so");
            let bytes = crate::distribution::image(MODULE).1.write();
            add(d, &at, bytes);
        },
    ),
    ("an object for another machine", "machine", |d| {
        let at = an_object(d);
        let bytes = object_for(Architecture::X86_64, &[], &["PyInit_zlib"], &["inflate"]);
        add(d, &at, bytes);
    }),
    ("an object for another system", "machine", |d| {
        let bytes =
            pbs::link::write_inittab(pbs::model::ObjectFormat::Elf, pbs::model::Arch::Aarch64, &[]).unwrap();
        add(d, &build("link/stray.o"), bytes);
    }),
    ("a file for two machines", "machine", |d| {
        let (arm, intel) = (macho::CPU_TYPE_ARM64, macho::CPU_TYPE_X86_64);
        let mut image = crate::distribution::image(LIBRARY).1;
        let one = image.write();
        image.arch = Architecture::X86_64;
        let both = universal(&[(arm, 0, &one), (intel, 3, &image.write())]);
        add(d, &path("python/install/lib/libpython3.13.dylib"), both);
    }),
    ("a C interface that is hidden", "c-interface", |d| {
        remake(d, EXE, |image| {
            image.defined.retain(|name| *name != "_PyList_New")
        });
    }),
    ("no library of Python", "c-interface", |d| {
        d.tree.remove(&path("python/install/lib/libpython3.13.dylib"));
        d.digest_again();
    }),
    ("a dependency's symbol exported", "dependency-symbols", |d| {
        remake(d, LIBRARY, |image| image.defined.push("_inflate"));
    }),
    (
        "a module that does not export what makes it",
        "init-functions",
        |d| {
            remake(d, MODULE, |image| image.defined = vec!["_PyInit__testcopy"]);
        },
    ),
    ("an init function that no object defines", "init-functions", |d| {
        let at = an_object(d);
        add(d, &at, object(&["PyInit_other"], &[], &["inflate"]));
    }),
    ("a module that the core calls", "required-extensions", |d| {
        let wanted = ["__stack_chk_fail", "PyInit_zlib"];
        add(d, &build("Python/core.o"), object(&[], &["PyInit__imp"], &wanted));
    }),
    ("no stack protector", "stack-protector", |d| {
        remake(d, EXE, |image| image.undefined[0].0 = "_exit");
    }),
    ("no checked functions", "stack-protector", |d| {
        remake(d, EXE, |image| image.undefined[1].0 = "_exit");
    }),
    ("a module of no name", "extensions", |d| {
        let at = stdlib(d, "lib-dynload/other.so");
        let bytes = crate::distribution::image(MODULE).1.write();
        add(d, &at, bytes);
    }),
    ("a truncated object", "broken", |d| {
        let at = an_object(d);
        d.edit(&at, |bytes| bytes.truncate(bytes.len() / 2));
        d.digest_again();
    }),
    ("a truncated program", "broken", |d| {
        of_exe(d, |d, at| d.edit(at, |bytes| bytes.truncate(0x4100)));
    }),
    ("a library instead of an object", "paths", |d| {
        let (_, library) = linking_module(d);
        let (at, bytes) = (an_object(d), d.bytes(&python(&library)));
        add(d, &at, bytes);
    }),
    ("a program that is none", "interpreter", |d| {
        remake(d, EXE, |image| image.kind = macho::MH_BUNDLE);
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
    ("bitcode in a static library", "native-objects", |d| {
        let (_, library) = linking_module(d);
        add(d, &python(&library), ar("inflate.o", b"BC\xc0\xde"));
    }),
    ("an object that nobody claims", "unclaimed", |d| {
        add(d, &build("Modules/stray.o"), object(&["stray"], &[], &[]));
    }),
    ("objects for debuggers by their place", "build-paths", |d| {
        remake(d, EXE, |image| image.debug_map.push("/work/Python/core.o"));
    }),
    ("an interpreter that may not be executed", "modes", |d| {
        let at = path("python/install/bin/python3.13");
        let bytes = d.bytes(&at);
        d.put(&at, bytes, false);
    }),
    ("a platform tag of another machine", "tags", |d| {
        d.describe(|manifest| manifest.python_platform_tag = "macosx-11.0-x86_64".into());
    }),
];
