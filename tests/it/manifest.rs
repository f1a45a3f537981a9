//! From what was built to `PYTHON.json`, to archives, to selections and to link plans.

use std::collections::BTreeSet;

use camino::Utf8Path;
use pbs::link::{Form, plan};
use pbs::manifest::{Disagreement, Manifest, SelectError, Selection, select, select_flavor};
use pbs::model::{Digest, TreePath};
use pbs::plan::{Flavor, Linkage};
use pbs::verify::relink;

use crate::distribution::{
    Distribution, Parts, cc, made, made_macos, made_macos_parts, made_parts, made_windows,
    made_windows_parts, needs_cc, needs_lld_link, path, remake,
};

#[test]
fn a_manifest_says_what_was_observed() {
    needs_cc!();
    let manifest = made().manifest();
    let build = manifest.build_info.as_ref().unwrap();
    assert_eq!(
        build.extensions.keys().collect::<Vec<_>>(),
        ["_imp", "_testcapi", "math", "zlib"]
    );
    let zlib = &manifest.pbs.extensions["zlib"];
    assert!(zlib.size > 0 && zlib.library_size > 0, "{zlib:?}");
    assert_eq!(manifest.pbs.extensions["math"].library_size, 0);
    assert_eq!(manifest.pbs.extensions["_tkinter"].why.as_deref(), Some("no Tk"));
    assert_eq!(
        build.extensions["zlib"][0].license_paths,
        Some(vec![path("licenses/LICENSE.zlib.txt")])
    );
    assert_eq!(manifest.license_path, Some(path("licenses/LICENSE.cpython.txt")));
    assert!(manifest.pbs.interpreter.loader.is_some() && !manifest.pbs.interpreter.position_independent);
    assert!(manifest.pbs.interpreter.symbol_versions.contains_key("GLIBC"));
    assert_eq!(manifest.python_config_vars["Py_DEBUG"], "0");
    assert!(manifest.pbs.files.contains_key(&manifest.python_exe));
    assert!(!manifest.pbs.files.contains_key(&path("PYTHON.json")));
}

#[test]
fn a_manifest_for_macos_says_what_was_observed() {
    let manifest = made_macos().manifest();
    let build = manifest.build_info.as_ref().unwrap();
    assert_eq!(build.object_file_format, "mach-o");
    let said = [
        &manifest.apple_sdk_canonical_name,
        &manifest.apple_sdk_platform,
        &manifest.apple_sdk_version,
        &manifest.apple_sdk_deployment_target,
    ];
    let said = said.map(|text| text.as_deref().unwrap());
    assert_eq!(said, ["macosx14.0", "macosx", "14.0", "11.0"]);
    let [framework] = build.core.links.as_slice() else {
        panic!("{:?}", build.core.links)
    };
    assert_eq!((framework.framework, framework.system), (Some(true), None));
    let interpreter = &manifest.pbs.interpreter;
    assert_eq!(interpreter.stack, Some(0x0100_0000));
    assert_eq!(interpreter.loader.as_deref(), Some("/usr/lib/dyld"));
    assert_eq!(interpreter.needed.len(), 2, "{:?}", interpreter.needed);
    assert!(interpreter.position_independent && interpreter.symbol_versions.is_empty());
    assert_eq!(manifest.pbs.worker.observed, ["Clang", "lld 22.0"]);
    let zlib = &manifest.pbs.extensions["zlib"];
    assert_eq!((zlib.size, zlib.library_size), (4, 4));
    disagrees(made_macos_parts(), "position-independent executable", |parts| {
        remake(&mut parts.distribution, "python3.13", |image| {
            image.flags &= !object::macho::MH_PIE.0;
        });
    });
    disagrees(made_macos_parts(), "which is not there", |parts| {
        parts
            .distribution
            .tree
            .remove(&path("python/build/Python/core.o"));
    });
}

/// Changes parts so that no manifest can be derived; why is told.
fn disagrees(mut parts: Parts, expected: &str, change: fn(&mut Parts)) {
    change(&mut parts);
    let problems = parts.derive().unwrap_err().0;
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(
        told.iter().any(|problem| problem.contains(expected)),
        "{expected}: {told:?}"
    );
}

#[test]
fn where_facts_and_tree_disagree_there_is_no_manifest() {
    needs_cc!();
    let check = |expected, change| disagrees(made_parts(), expected, change);
    check(
        "names `build/Modules/zlibmodule.o`, which is not there",
        |parts| {
            parts
                .distribution
                .tree
                .remove(&path("python/build/Modules/zlibmodule.o"));
        },
    );
    check("`build/stray.o` is there, but neither", |parts| {
        let bytes = parts.distribution.bytes(&path("python/build/Python/core.o"));
        parts
            .distribution
            .put(&path("python/build/stray.o"), bytes, false);
    });
    check("names `build/Python/core.o`, which is no object", |parts| {
        parts
            .distribution
            .put(&path("python/build/Python/core.o"), b"text".to_vec(), false);
    });
    check("`build/Modules/mathmodule.o` is broken", |parts| {
        parts
            .distribution
            .edit(&path("python/build/Modules/mathmodule.o"), |bytes| {
                bytes.truncate(70)
            });
    });
    check(
        "belongs to the extension module `math` and to the extension module `zlib`",
        |parts| {
            let math = parts.facts.build.extensions["math"].objects.clone();
            parts
                .facts
                .build
                .extensions
                .get_mut("zlib")
                .unwrap()
                .objects
                .extend(math);
        },
    );
    check("`math` is known to the build only", |parts| {
        drop(parts.description.modules.remove("math"))
    });
    check("`zlib` is known to the recipes only", |parts| {
        drop(parts.facts.build.extensions.remove("zlib"))
    });
    check("should be Shared", |parts| {
        parts.description.modules.get_mut("math").unwrap().linkage = Linkage::Shared
    });
    check("links `z` of `zlib`, which is not among its `needs`", |parts| {
        parts.description.modules.get_mut("zlib").unwrap().needs.clear();
    });
    check("nothing says where it comes from", |parts| {
        parts.facts.build.extensions.get_mut("zlib").unwrap().links[0].path = None;
    });
    check("`version` is `3.13.5` as built, but `3.13.6`", |parts| {
        parts.description.python.patch = 6
    });
    check("which is no position-independent executable", |parts| {
        parts.facts.build.position_independent_executable = true;
    });
    let mut parts = made_parts();
    parts.description.python.patch = 6;
    assert!(matches!(
        parts.derive().unwrap_err().0.as_slice(),
        [Disagreement::Differs { what: "version", .. }]
    ));
}

/// The archive of a flavour, as a distribution of its own.
fn flavor(full: &Distribution, flavor: Flavor, stripped: Option<&Distribution>) -> Distribution {
    let stripped_tree = stripped.map(|stripped| &stripped.tree);
    let (tree, manifest) = select_flavor(&full.tree, &full.manifest(), flavor, stripped_tree).unwrap();
    let mut archive = full.clone();
    archive.tree = tree;
    archive.blobs.extend(
        stripped
            .map(|stripped| stripped.blobs.clone())
            .unwrap_or_default(),
    );
    archive.set_manifest(&manifest);
    archive.pack();
    archive
}

#[test]
fn every_flavour_keeps_the_rules() {
    needs_cc!();
    let full = made();
    let install = flavor(&full, Flavor::InstallOnly, None);
    let has = |archive: &Distribution, at: &str| archive.tree.get(&path(at)).is_some();
    for there in [
        "bin/python3.13",
        "lib/python3.13/os.py",
        "licenses/LICENSE.zlib.txt",
        "PYTHON.json",
    ] {
        assert!(has(&install, &format!("python/{there}")), "{there}");
    }
    for gone in [
        "build",
        "install",
        "lib/libpython3.13.a",
        "lib/python3.13/config-3.13/libpython3.13.a",
        "lib/python3.13/test",
        "lib/python3.13/lib-dynload",
    ] {
        assert!(!has(&install, &format!("python/{gone}")), "{gone}");
    }
    assert!(install.verify().passed(), "{}", install.verify().render());
    // A stripped file takes the place of the one with symbols, and keeps its mode.
    let mut stripped = Distribution::default();
    let mut bytes = full.bytes(&path("python/install/bin/python3.13"));
    bytes.push(0);
    stripped.put(&path("bin/python3.13"), bytes.clone(), false);
    let archive = flavor(&full, Flavor::InstallOnlyStripped, Some(&stripped));
    assert_eq!(archive.bytes(&path("python/bin/python3.13")), bytes);
    assert!(archive.verify().passed(), "{}", archive.verify().render());
    let (same, manifest) = select_flavor(&full.tree, &full.manifest(), Flavor::Full, None).unwrap();
    assert_eq!(manifest, full.manifest());
    assert_eq!(same.len() + 1, full.tree.len());
}

#[test]
fn a_manifest_for_windows_says_what_was_observed() {
    needs_lld_link!();
    let manifest = made_windows().manifest();
    let text = String::from_utf8(manifest.write()).unwrap();
    for said in [
        r#""target_triple": "x86_64-pc-windows-msvc""#,
        r#""object_file_format": "coff""#,
        r#""libpython_link_mode": "shared""#,
        r#""python_symbol_visibility": "dllexport""#,
        r#""python_exe": "install/python.exe""#,
        r#""include": "install/include""#,
    ] {
        assert!(text.contains(said), "{said}");
    }
    assert_eq!(manifest.crt_features, ["vcruntime:140"]);
    assert_eq!(manifest.python_extension_module_loading.len(), 2);
    let interpreter = &manifest.pbs.interpreter;
    assert!(interpreter.position_independent && interpreter.loader.is_none());
    // The program loads the interpreter's library only, which loads the system's.
    assert_eq!(
        interpreter.needed,
        ["KERNEL32.dll", "api-ms-win-crt-math-l1-1-0.dll"]
    );
    let build = manifest.build_info.as_ref().unwrap();
    assert_eq!(
        (build.core.links[0].name.as_str(), build.core.links[0].system),
        ("kernel32", Some(true))
    );
    let zlib = &manifest.pbs.extensions["zlib"];
    assert_eq!((zlib.size, zlib.library_size), (16, 16));
}

#[test]
fn where_facts_and_files_of_windows_disagree_there_is_no_manifest() {
    needs_lld_link!();
    let check = |expected, change| disagrees(made_windows_parts(), expected, change);
    check("names `build/obj/core/core.obj`, which is no object", |parts| {
        let exe = parts.distribution.bytes(&path("python/install/python.exe"));
        parts
            .distribution
            .put(&path("python/build/obj/core/core.obj"), exe, false);
    });
    check("`build/link/stray.obj` is there, but neither", |parts| {
        let object = parts.distribution.bytes(&path("python/build/obj/core/core.obj"));
        parts
            .distribution
            .put(&path("python/build/link/stray.obj"), object, false);
    });
    check("which is no position-independent executable", |parts| {
        parts
            .distribution
            .unprotected(&path("python/install/python.exe"), 0x40);
    });
}

#[test]
fn every_flavour_for_windows_keeps_the_rules() {
    needs_lld_link!();
    let full = made_windows();
    for kind in [Flavor::InstallOnly, Flavor::InstallOnlyStripped] {
        let install = flavor(&full, kind, None);
        let has = |at: &str| install.tree.get(&path(at)).is_some();
        for there in [
            "python.exe",
            "pythonw.exe",
            "python3.dll",
            "python313.dll",
            "libs/python313.lib",
            "include/Python.h",
            "Lib/os.py",
            "LICENSE.txt",
            "licenses/LICENSE.zlib.txt",
            "PYTHON.json",
        ] {
            assert!(has(&format!("python/{there}")), "{there}");
        }
        for gone in ["build", "install", "DLLs/_testcapi.pyd", "Lib/test"] {
            assert!(!has(&format!("python/{gone}")), "{gone}");
        }
        assert!(install.verify().passed(), "{}", install.verify().render());
        assert_eq!(install.manifest().python_exe, path("python.exe"));
        let mut strange = install.clone();
        strange.put(&path("python/bin/python"), b"x".to_vec(), false);
        strange.digest_again();
        assert!(strange.verify().broken_rules().contains("strays"));
    }
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn selections_keep_what_is_needed_and_say_why() {
    needs_cc!();
    let manifest = made().manifest();
    let kept = |selection: &Selection| {
        let selected = select(&manifest, selection).unwrap();
        selected.kept.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(kept(&Selection::All), ["_imp", "math", "zlib"]);
    assert_eq!(kept(&Selection::Minimal), ["_imp"]);
    assert_eq!(kept(&Selection::Only(names(&["math"]))), ["_imp", "math"]);
    assert_eq!(kept(&Selection::Without(names(&["zlib"]))), ["_imp", "math"]);
    let error = |selection| select(&manifest, &selection).unwrap_err();
    assert_eq!(
        error(Selection::Without(names(&["_imp"]))),
        SelectError::Required { name: "_imp".into() }
    );
    assert_eq!(
        error(Selection::Only(names(&["zlip"]))).to_string(),
        "there is no built-in module `zlip`; did you mean `zlib`?"
    );
    // `math` calls code of `zlib`: it comes along, and cannot be left out alone.
    let mut calling = manifest.clone();
    calling
        .pbs
        .extensions
        .get_mut("math")
        .unwrap()
        .calls
        .push("zlib".into());
    let selected = select(&calling, &Selection::Only(names(&["math"]))).unwrap();
    assert_eq!(selected.kept["zlib"].to_string(), "`math` calls its code");
    assert!(matches!(
        select(&calling, &Selection::Without(names(&["zlib"]))),
        Err(SelectError::Needed { name, by }) if name == "zlib" && by == "math"
    ));
}

#[test]
fn a_link_plan_leaves_out_what_is_not_selected() {
    needs_cc!();
    let manifest = made().manifest();
    let link = plan(
        &manifest,
        &select(&manifest, &Selection::Without(names(&["zlib"]))).unwrap(),
        Form::Installed,
    )
    .unwrap();
    let objects: Vec<_> = link.objects.iter().map(TreePath::as_str).collect();
    assert_eq!(
        objects,
        [
            "build/Programs/python.o",
            "build/Python/core.o",
            "build/Modules/mathmodule.o"
        ]
    );
    assert_eq!(
        (link.archives.len(), link.system.as_slice()),
        (0, &["m".to_owned()][..])
    );
    assert_eq!(link.inittab.len(), 2);
    let all = plan(
        &manifest,
        &select(&manifest, &Selection::All).unwrap(),
        Form::Installed,
    )
    .unwrap();
    assert_eq!(all.archives, [path("build/lib/libz.a")]);
}

#[test]
fn a_relink_is_planned_the_same_each_time() {
    needs_cc!();
    let manifest = made().manifest();
    let cases = relink::plan(&manifest).unwrap();
    assert_eq!(cases, relink::plan(&manifest).unwrap());
    let names: Vec<_> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names, ["all", "minimal", "random-1", "random-2"]);
    let files = relink::files(&cases);
    assert!(files.contains_key(&path("relink.sh")) && files.contains_key(&path("minimal/inittab.o")));
    // An archive without objects cannot be relinked, and says so.
    let (_, install) = select_flavor(&made().tree, &manifest, Flavor::InstallOnly, None).unwrap();
    let error = relink::plan(&install).unwrap_err();
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        SelectError::NoObjects.to_string()
    );
    assert!(Manifest::read(&install.write()).is_ok());
}

/// The C compiler's linker takes our table of modules, and the program runs.
#[test]
fn an_interpreter_links_with_our_table() {
    needs_cc!();
    let distribution = made();
    let manifest = distribution.manifest();
    let dir = tempfile::tempdir().unwrap();
    let link = plan(
        &manifest,
        &select(&manifest, &Selection::Without(names(&["zlib"]))).unwrap(),
        Form::Installed,
    )
    .unwrap();
    let table = pbs::link::write_inittab(
        pbs::model::ObjectFormat::Elf,
        if cfg!(target_arch = "aarch64") {
            pbs::model::Arch::Aarch64
        } else {
            pbs::model::Arch::X86_64
        },
        &link.inittab,
    )
    .unwrap();
    fs_err::write(dir.path().join("inittab.o"), table).unwrap();
    let mut words = vec![
        "-no-pie".to_owned(),
        "-o".into(),
        "python".into(),
        "inittab.o".into(),
    ];
    for (object, number) in link.objects.iter().zip(0..) {
        let name = format!("{number}.o");
        fs_err::write(
            dir.path().join(&name),
            distribution.bytes(&Distribution::below(object)),
        )
        .unwrap();
        words.push(name);
    }
    words.extend(link.system.iter().map(|name| format!("-l{name}")));
    cc(Utf8Path::from_path(dir.path()).unwrap(), &words);
    // It ends with 0 where the first line of the table is there.
    duct::cmd!(dir.path().join("python")).run().unwrap();
}

#[test]
fn inputs_that_moved_are_told() {
    needs_cc!();
    let parts = made_parts();
    let manifest = parts.derive().unwrap();
    let told = |change: fn(&mut pbs::manifest::Description)| -> Vec<String> {
        let mut description = parts.description.clone();
        change(&mut description);
        let moved = pbs::manifest::moved_inputs(&manifest, &description);
        moved.iter().map(ToString::to_string).collect()
    };
    assert_eq!(told(|_| {}), [""; 0]);
    assert_eq!(
        told(|here| here.components[1].version = "1.3.2".into()),
        ["version of `zlib`: 1.3.1 there, 1.3.2 here"]
    );
    let recipe = told(|here| here.components[1].recipe = Digest::of(b"other"));
    assert!(
        recipe[0].starts_with("recipe of `zlib` (scripts or flags): sha256:"),
        "{recipe:?}"
    );
    let source = told(|here| here.components[1].archive = Some(Digest::of(b"other").into()));
    assert!(source[0].starts_with("source of `zlib`: sha256:"), "{source:?}");
    let patch = told(|here| {
        let patches = &mut here.components[0].patches;
        patches.insert("cpython/0001.patch".into(), Digest::of(b"patch"));
    });
    assert!(
        patch[0].starts_with("patch of `cpython`: `cpython/0001.patch`: none there, sha256:"),
        "{patch:?}"
    );
    assert_eq!(
        told(|here| {
            here.components.pop();
        }),
        ["package `zlib`: 1.3.1 there, none here"]
    );
    assert_eq!(
        told(|here| here.epoch += 1),
        ["epoch: 1767225600 there, 1767225601 here"]
    );
    assert_eq!(
        told(|here| here.modules.get_mut("math").unwrap().linkage = pbs::plan::Linkage::Shared),
        ["linkage of the extension module `math`: builtin there, shared here"]
    );
    assert!(told(|here| here.worker.root = Digest::of(b"other"))[0].starts_with("worker root: sha256:"));
}
