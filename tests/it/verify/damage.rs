//! Every damage that is done to a distribution, and the rule that has to notice it.

use pbs::manifest::Manifest;
use pbs::model::TreePath;
use pbs::plan::Linkage;
use pbs::verify::ArchiveMember;

use crate::distribution::{Distribution, path};

/// What is done, and the rule that has to notice.
pub(super) type Damage = (&'static str, &'static str, fn(&mut Distribution));

pub(super) fn python(at: &TreePath) -> TreePath {
    Distribution::below(at)
}

pub(super) fn exe(distribution: &Distribution) -> TreePath {
    python(&distribution.manifest().python_exe)
}

/// A file of the standard library.
pub(super) fn stdlib(distribution: &Distribution, name: &str) -> TreePath {
    python(&distribution.manifest().python_paths["stdlib"]).join(&path(name))
}

/// A built-in module that links a static library: its name, and the library.
pub(super) fn linking_module(distribution: &Distribution) -> (String, TreePath) {
    let build = distribution.manifest().build_info.unwrap();
    build
        .extensions
        .into_iter()
        .find_map(|(name, variants)| {
            Some((
                name,
                variants[0]
                    .links
                    .iter()
                    .find_map(|link| link.path_static.clone())?,
            ))
        })
        .unwrap()
}

/// An object of that module.
pub(super) fn an_object(distribution: &Distribution) -> TreePath {
    let (module, _) = linking_module(distribution);
    python(&distribution.manifest().build_info.unwrap().extensions[&module][0].objs[0])
}

/// The first file that is meant.
fn find(distribution: &Distribution, is_meant: impl Fn(&TreePath) -> bool) -> TreePath {
    let mut files = distribution.tree.files().map(|(at, _, _)| at);
    files.find(|at| is_meant(at)).unwrap().clone()
}

/// Damages the interpreter so that the manifest does not tell.
pub(super) fn of_exe(distribution: &mut Distribution, damage: impl FnOnce(&mut Distribution, &TreePath)) {
    let exe = exe(distribution);
    damage(distribution, &exe);
    distribution.digest_again();
}

fn set_executable(distribution: &mut Distribution, at: &TreePath, executable: bool) {
    let bytes = distribution.bytes(at);
    distribution.put(at, bytes, executable);
}

fn member<'a>(distribution: &'a mut Distribution, at: &str) -> &'a mut ArchiveMember {
    let members = &mut distribution.archive.as_mut().unwrap().members;
    members.iter_mut().find(|member| member.path == at).unwrap()
}

fn exe_member(distribution: &mut Distribution) -> &mut ArchiveMember {
    let exe = exe(distribution);
    member(distribution, exe.as_str())
}

/// Writes a time into the header of the first member that is no table of the archive's own.
pub(super) fn date_first_member(bytes: &mut [u8]) {
    let mut at = 8;
    while bytes[at] == b'/' {
        let size: usize = String::from_utf8_lossy(&bytes[at + 48..at + 58])
            .trim()
            .parse()
            .unwrap();
        at += 60 + size + size % 2;
    }
    bytes[at + 16..at + 26].copy_from_slice(b"1700000000");
}

/// Everything that is done to a distribution, each time to a good one.
pub(super) const DAMAGE: &[Damage] = &[
    ("manifest gone", "manifest", |d| {
        d.tree.remove(&path(Manifest::PATH));
    }),
    ("manifest of another version", "manifest", |d| {
        d.edit(&path(Manifest::PATH), |bytes| {
            *bytes = String::from_utf8_lossy(bytes)
                .replacen("\"8\"", "\"7\"", 1)
                .into()
        });
    }),
    ("manifest not first", "manifest", |d| {
        let members = &mut d.archive.as_mut().unwrap().members;
        let at = members
            .iter()
            .position(|member| member.path == Manifest::PATH)
            .unwrap();
        let manifest = members.remove(at);
        members.push(manifest);
    }),
    ("manifest twice", "manifest", |d| {
        let manifest = member(d, Manifest::PATH).clone();
        d.archive.as_mut().unwrap().members.push(manifest);
    }),
    ("members out of order", "archive-order", |d| {
        let last = d.archive.as_mut().unwrap().members.pop().unwrap();
        d.archive.as_mut().unwrap().members.insert(2, last);
    }),
    ("a member twice", "archive-order", |d| {
        let exe = exe(d);
        let again = member(d, exe.as_str()).clone();
        d.archive.as_mut().unwrap().members.push(again);
    }),
    ("a time of today", "archive-owner", |d| {
        exe_member(d).mtime += 1;
    }),
    ("an owner", "archive-owner", |d| {
        exe_member(d).owner = (1000, 1000);
    }),
    ("a file that all may write", "archive-owner", |d| {
        exe_member(d).mode = 0o777;
    }),
    ("two names that differ in case", "collisions", |d| {
        let at = stdlib(d, "OS.py");
        d.put(&at, b"#\n".to_vec(), false);
        d.digest_again();
    }),
    ("a file beside python/", "strays", |d| {
        d.put(&path("README"), b"x".to_vec(), false)
    }),
    ("a leftover of patch", "strays", |d| {
        let at = stdlib(d, "os.py.orig");
        d.put(&at, b"#\n".to_vec(), false);
        d.digest_again();
    }),
    ("a link that leaves", "symlinks", |d| {
        let at = stdlib(d, "away");
        d.link(&at, "../../../../../etc/passwd");
    }),
    ("an absolute link", "symlinks", |d| {
        let at = stdlib(d, "away");
        d.link(&at, "/etc/passwd");
    }),
    ("an interpreter that may not be run", "modes", |d| {
        let exe = exe(d);
        set_executable(d, &exe, false);
    }),
    ("an executable header", "modes", |d| {
        let at = python(&d.manifest().python_paths["include"]).join(&path("Python.h"));
        set_executable(d, &at, true);
    }),
    ("a changed file", "digests", |d| {
        let at = stdlib(d, "os.py");
        d.edit(&at, |bytes| bytes.push(b'#'));
    }),
    ("a file that nobody lists", "digests", |d| {
        let at = stdlib(d, "antigravity2.py");
        d.put(&at, b"#\n".to_vec(), false);
    }),
    ("a truncated object", "broken", |d| {
        let at = an_object(d);
        d.edit(&at, |bytes| bytes.truncate(bytes.len() / 2));
        d.digest_again();
    }),
    ("an object gone", "paths", |d| {
        let at = an_object(d);
        d.tree.remove(&at);
        d.digest_again();
    }),
    ("a static library gone", "paths", |d| {
        let (_, library) = linking_module(d);
        d.tree.remove(&python(&library));
        d.digest_again();
    }),
    ("an object that is named as a library too", "paths", |d| {
        d.describe(|manifest| {
            let object = manifest.build_info.as_ref().unwrap().core.objs[0].clone();
            manifest.pbs.components[0].libraries.push(object);
        });
    }),
    ("the inittab's source gone", "paths", |d| {
        let at = d.manifest().build_info.unwrap().inittab_source;
        d.tree.remove(&python(&at));
        d.digest_again();
    }),
    ("an object that nobody claims", "unclaimed", |d| {
        let bytes = d.bytes(&an_object(d));
        d.put(&path("python/build/Modules/stray.o"), bytes, false);
        d.digest_again();
    }),
    ("a licence gone", "licenses", |d| {
        let at = d.manifest().pbs.components.last().unwrap().license_paths[0].clone();
        d.tree.remove(&python(&at));
        d.digest_again();
    }),
    ("an extension module without its licence", "licenses", |d| {
        let (module, _) = linking_module(d);
        d.describe(|manifest| {
            let build = manifest.build_info.as_mut().unwrap();
            build.extensions.get_mut(&module).unwrap()[0].license_paths = None;
        });
    }),
    ("a component from nowhere", "components", |d| {
        d.describe(|manifest| {
            let component = manifest
                .pbs
                .components
                .iter_mut()
                .find(|component| component.linked)
                .unwrap();
            component.archive = None;
            component.tree = None;
        });
    }),
    ("a build path in a text", "build-paths", |d| {
        let at = stdlib(d, "os.py");
        d.edit(&at, |bytes| bytes.extend(b"# -I/in/zlib/include\n"));
        d.digest_again();
    }),
    ("a build path in a binary", "build-paths", |d| {
        of_exe(d, |d, exe| {
            d.edit(exe, |bytes| bytes.extend(b"\0/work/Modules/getpath.c\0"));
        });
    }),
    ("a shebang of the build", "shebangs", |d| {
        let at = exe(d).parent().unwrap().join(&path("pip3"));
        d.put(&at, b"#!/install/bin/python3\n".to_vec(), true);
        d.digest_again();
    }),
    ("another first line of sysconfig's data", "sysconfig", |d| {
        let at = find(d, |at| {
            at.name().starts_with("_sysconfigdata_") && at.name().ends_with(".py")
        });
        d.edit(&at, |bytes| drop(bytes.splice(0..1, *b"# Made by hand\n#")));
        d.digest_again();
    }),
    ("bytecode with a time", "bytecode", |d| {
        let at = find(d, |at| at.name().ends_with(".pyc"));
        d.edit(&at, |bytes| bytes[4] = 0);
        d.digest_again();
    }),
    ("bytecode of another Python", "bytecode", |d| {
        let at = find(d, |at| at.name().ends_with(".pyc"));
        d.edit(&at, |bytes| bytes[0] ^= 1);
        d.digest_again();
    }),
    ("no bin/python3", "interpreter", |d| {
        let at = exe(d).parent().unwrap().join(&path("python3"));
        d.tree.remove(&at);
    }),
    ("a standard library without its landmark", "python-paths", |d| {
        let at = stdlib(d, "os.py");
        d.tree.remove(&at);
        d.digest_again();
    }),
    ("a path of sysconfig that is not there", "python-paths", |d| {
        d.describe(|manifest| {
            drop(
                manifest
                    .python_paths
                    .insert("scripts".into(), path("install/sbin")),
            )
        });
    }),
    ("ABI flags of a debug build", "tags", |d| {
        d.describe(|manifest| manifest.python_abi_tag = Some("cp313d".into()));
    }),
    ("a platform tag of another machine", "tags", |d| {
        d.describe(|manifest| manifest.python_platform_tag = "linux-riscv64".into());
    }),
    ("an object for another machine", "machine", |d| {
        let at = an_object(d);
        d.wrong_machine(&at);
        d.digest_again();
    }),
    ("a library that the target lacks", "libraries", |d| {
        of_exe(d, |d, exe| d.replace(exe, "libm.so.6\0", "libX.so.6\0"))
    }),
    ("a library that the manifest does not name", "libraries", |d| {
        d.describe(|manifest| {
            let build = manifest.build_info.as_mut().unwrap();
            build.core.links.retain(|link| link.name != "m");
            let variants = build.extensions.values_mut().flatten();
            variants.for_each(|variant| variant.links.retain(|link| link.name != "m"));
        });
    }),
    ("a newer C library", "symbol-versions", |d| {
        d.limits.max_symbol_versions.insert("GLIBC".into(), "2.1".into());
    }),
    ("a banned symbol", "banned-symbols", |d| {
        d.limits.banned_symbols.push("__stack_chk_fail".into())
    }),
    ("a dependency's symbol exported", "dependency-symbols", |d| {
        // The object that defines the name goes into a static library, as if it came from there.
        let core = d.manifest().build_info.unwrap().core;
        let library = python(core.static_lib.as_ref().unwrap());
        let bytes = d.bytes(&library);
        d.put(&path("python/build/lib/libforeign.a"), bytes, false);
        for object in core.objs {
            d.tree.remove(&python(&object));
        }
        d.digest_again();
    }),
    ("a C interface that is hidden", "c-interface", |d| {
        of_exe(d, |d, exe| d.replace(exe, "\0PyList_New\0", "\0PyLisp_New\0"))
    }),
    ("no shared library of Python", "c-interface", |d| {
        let at = d.manifest().build_info.unwrap().core.shared_lib.unwrap();
        d.tree.remove(&python(&at));
        d.digest_again();
    }),
    ("an executable stack", "executable-stack", |d| {
        of_exe(d, Distribution::executable_stack)
    }),
    ("no read-only relocations", "relro", |d| {
        of_exe(d, Distribution::no_relro)
    }),
    ("late binding", "relro", |d| of_exe(d, Distribution::late_binding)),
    ("code that is relocated", "text-relocations", |d| {
        of_exe(d, Distribution::text_relocations)
    }),
    ("code that can be written", "writable-code", |d| {
        of_exe(d, Distribution::writable_code)
    }),
    ("no stack protector", "stack-protector", |d| {
        of_exe(d, |d, exe| {
            d.replace(exe, "\0__stack_chk_fail\0", "\0__stack_chk_fain\0")
        })
    }),
    ("bitcode instead of an object", "native-objects", |d| {
        let at = an_object(d);
        d.edit(&at, |bytes| bytes[..4].copy_from_slice(b"BC\xc0\xde"));
        d.digest_again();
    }),
    ("a static library with a time", "static-libraries", |d| {
        let (_, library) = linking_module(d);
        d.edit(&python(&library), |bytes| date_first_member(bytes));
        d.digest_again();
    }),
    (
        "an extension module that recipes do not know",
        "extensions",
        |d| {
            let (module, _) = linking_module(d);
            d.describe(|manifest| drop(manifest.pbs.extensions.remove(&module)));
        },
    ),
    ("an absent module without a reason", "extensions", |d| {
        d.describe(|manifest| {
            let mut records = manifest.pbs.extensions.values_mut();
            records
                .find(|record| record.linkage == Linkage::Absent)
                .unwrap()
                .why = None;
        });
    }),
    ("a library in lib-dynload of no module", "extensions", |d| {
        let at = find(d, |at| at.as_str().contains("/lib-dynload/"));
        let bytes = d.bytes(&at);
        d.put(&at.parent().unwrap().join(&path("stray.so")), bytes, true);
        d.digest_again();
    }),
    ("a module missing in config.c", "extensions", |d| {
        let (module, _) = linking_module(d);
        let at = python(&d.manifest().build_info.unwrap().inittab_source);
        d.edit(&at, |bytes| {
            *bytes = String::from_utf8_lossy(bytes)
                .replace(&format!("{{\"{module}\""), "{\"other\"")
                .into();
        });
        d.digest_again();
    }),
    ("an init function that no object defines", "init-functions", |d| {
        let (module, _) = linking_module(d);
        d.describe(|manifest| {
            let build = manifest.build_info.as_mut().unwrap();
            build.extensions.get_mut(&module).unwrap()[0].init_fn = "PyInit_other".into();
        });
    }),
    (
        "the core calls a module that may go",
        "required-extensions",
        |d| {
            d.describe(|manifest| {
                let build = manifest.build_info.as_mut().unwrap();
                let main = manifest.pbs.interpreter.main_object.clone().unwrap();
                let rest: Vec<_> = build
                    .core
                    .objs
                    .iter()
                    .filter(|object| **object != main)
                    .cloned()
                    .collect();
                build.core.objs.retain(|object| *object == main);
                let (_, variants) = build
                    .extensions
                    .iter_mut()
                    .find(|(_, all)| !all[0].required && !all[0].in_core && all[0].shared_lib.is_none())
                    .unwrap();
                variants[0].objs.extend(rest);
            });
        },
    ),
];
