//! Makes a tiny distribution for macOS: objects, images and their signatures are written here.

use object::macho;
use pbs::manifest::{Description, Facts, Manifest};
use pbs::model::{AppleSdk, ObjectFormat, Os, Target};
use pbs::verify::Limits;
use serde_json::json;

use super::made_macho::{Image, SYSTEM, object};
use super::make::{Parts, ar, assemble_parts, description};
use super::{Distribution, path};

const FRAMEWORK: &str = "/System/Library/Frameworks/CoreFoundation.framework/Versions/A/CoreFoundation";

const INTERFACE: [&str; 4] = [
    "_Py_BytesMain",
    "_Py_CompileString",
    "_Py_Initialize",
    "_PyList_New",
];

const STUBS: &str = "--- !tapi-tbd
tbd-version: 4
targets: [ x86_64-macos, arm64-macos ]
install-name: '/usr/lib/libSystem.B.dylib'
exports:
  - targets: [ x86_64-macos, arm64-macos ]
    symbols: [ ___stack_chk_fail, ___strcpy_chk, _cos, _exit, _new_in_twelve ]
  - targets: [ x86_64-macos ]
    symbols: [ _of_intel ]
...
";

const FRAMEWORK_STUBS: &str = "--- !tapi-tbd
tbd-version: 4
targets: [ x86_64-macos, arm64-macos ]
install-name: '/System/Library/Frameworks/CoreFoundation.framework/Versions/A/CoreFoundation'
exports:
  - targets: [ x86_64-macos, arm64-macos ]
    symbols: [ _CFRelease ]
...
";

const SYSCONFIG: &str = "# system configuration generated and used by the sysconfig module\n\
                         build_time_vars = {'ABIFLAGS': '',\n 'prefix': '/install'}\n";

/// An image of the distribution: where it stands, and how it is made.
pub(crate) fn image(name: &str) -> (&'static str, Image<'static>) {
    let mut image = match name {
        "python3.13" => Image::executable(),
        "libpython3.13.dylib" => Image::dylib("@rpath/libpython3.13.dylib"),
        _ => Image::dylib(""),
    };
    let linked = [
        ("___stack_chk_fail", 1, false),
        ("___strcpy_chk", 1, false),
        ("_new_in_twelve", 1, true),
        ("_CFRelease", 2, false),
    ];
    match name {
        "python3.13" => {
            image.defined.extend(INTERFACE);
            image.dylibs.push((macho::LC_LOAD_DYLIB, FRAMEWORK));
            image.undefined = linked.to_vec();
            ("install/bin/python3.13", image)
        }
        "libpython3.13.dylib" => {
            image.uuid = Some([8; 16]);
            image.defined = INTERFACE.to_vec();
            image.dylibs.push((macho::LC_LOAD_DYLIB, FRAMEWORK));
            image.undefined = linked.to_vec();
            image.signature = Some(("libpython3.13.dylib", super::made_macho::LINKER_SIGNED));
            ("install/lib/libpython3.13.dylib", image)
        }
        "_testcapi.so" => {
            image.kind = macho::MH_BUNDLE;
            image.install_name = None;
            image.uuid = Some([9; 16]);
            image.defined = vec!["_PyInit__testcapi"];
            // Whoever loads it has the one, the system the other.
            image.undefined = vec![("_PyList_New", 0xfe, false), ("_cos", 1, false)];
            ("install/lib/python3.13/lib-dynload/_testcapi.so", image)
        }
        other => panic!("there is no image `{other}`"),
    }
}

/// Makes an image again, in another way; the manifest does not tell.
pub(crate) fn remake(distribution: &mut Distribution, name: &str, change: impl FnOnce(&mut Image<'static>)) {
    let (at, mut image) = image(name);
    change(&mut image);
    distribution.put(&Distribution::below(&path(at)), image.write(), true);
    // There is none yet where it is to be made of this.
    if distribution.tree.get(&path(Manifest::PATH)).is_some() {
        distribution.digest_again();
    }
}

/// Lays out CPython's output: install/, build/, facts/.
fn cpython_output() -> Distribution {
    let mut output = Distribution::default();
    let mut put = |at: &str, bytes: Vec<u8>| output.put(&path(at), bytes, false);
    let core: Vec<&str> = INTERFACE.iter().map(|name| &name[1..]).collect();
    for (at, defined, private, wanted) in [
        (
            "build/Programs/python.o",
            &["main"][..],
            &[][..],
            &["Py_BytesMain"][..],
        ),
        (
            "build/Python/core.o",
            &core,
            &["PyInit__imp"],
            &[
                "_PyImport_Inittab",
                "__stack_chk_fail",
                "cos",
                "inflate",
                "CFRelease",
            ],
        ),
        (
            "build/Modules/config.o",
            &["_PyImport_Inittab"],
            &[],
            &["PyInit__imp", "PyInit_math", "PyInit_zlib"],
        ),
        ("build/Modules/zlibmodule.o", &[], &["PyInit_zlib"], &["inflate"]),
        ("build/Modules/mathmodule.o", &[], &["PyInit_math"], &["cos"]),
        (
            "build/Modules/_testcapi.o",
            &["PyInit__testcapi"],
            &[],
            &["PyList_New", "cos"],
        ),
    ] {
        put(at, object(defined, private, wanted));
    }
    put(
        "build/link/libclang_rt.osx.a",
        ar("os.o", &object(&[], &["__isPlatformVersionAtLeast"], &[])),
    );
    put("build/link/libSystem.tbd", STUBS.into());
    put(
        "build/link/CoreFoundation.framework/CoreFoundation.tbd",
        FRAMEWORK_STUBS.into(),
    );
    put(
        "build/link/newer.txt",
        b"# symbol and first version\n_cos 10.4\n_new_in_twelve 12.0\n".to_vec(),
    );
    let table = "    {\"_imp\", PyInit__imp},\n    {\"math\", PyInit_math},\n    {\"zlib\", PyInit_zlib},\n    {0, 0}\n";
    put("build/Modules/config.c", table.into());
    put("build/run_tests.py", b"#!/usr/bin/env python3\n".to_vec());
    put("install/include/python3.13/Python.h", b"/* */\n".to_vec());
    let stdlib = "install/lib/python3.13";
    put(&format!("{stdlib}/os.py"), b"# os\n".to_vec());
    put(&format!("{stdlib}/test/test_os.py"), b"# test\n".to_vec());
    put(
        &format!("{stdlib}/_sysconfigdata__darwin_darwin.py"),
        SYSCONFIG.into(),
    );
    put(
        &format!("{stdlib}/config-3.13-darwin/Makefile"),
        b"prefix=/install\n".to_vec(),
    );
    // What a wheel brought may be for another processor, unsigned, and look for anything anywhere.
    let mut foreign = Image::dylib("/usr/local/lib/libforeign.dylib");
    (foreign.arch, foreign.signature, foreign.uuid) = (object::Architecture::X86_64, None, None);
    foreign
        .dylibs
        .push((macho::LC_LOAD_DYLIB, "@rpath/libother.dylib"));
    put(&format!("{stdlib}/site-packages/foreign.so"), foreign.write());
    for name in ["python3.13", "libpython3.13.dylib", "_testcapi.so"] {
        let (at, image) = image(name);
        output.put(&path(at), image.write(), true);
    }
    for (at, target) in [
        ("install/bin/python", "python3.13"),
        ("install/bin/python3", "python3.13"),
    ] {
        output.link(&path(at), target);
    }
    output
}

fn facts() -> Facts {
    let stdlib = "install/lib/python3.13";
    let python = json!({
        "version": "3.13.5", "major_minor": "3.13", "abi_flags": "", "hex_version": 51185136,
        "implementation": { "name": "cpython", "cache_tag": "cpython-313", "hex_version": 51185136,
            "version": ["3", "13", "5", "final", "0"] },
        "compiler": "Clang",
        "tags": { "python": "cp313", "abi": "cp313", "platform": "macosx-11.0-arm64" },
        "config_vars": { "prefix": "/install", "ABIFLAGS": "" },
        "suffixes": { "source": [".py"], "extension": [".cpython-313-darwin.so", ".so"] },
        "bytecode_magic_number": "f30d0d0a",
        "paths": { "data": "install", "stdlib": stdlib, "include": "install/include/python3.13",
            "purelib": format!("{stdlib}/site-packages"), "platlib": format!("{stdlib}/site-packages") },
        "paths_abstract": { "data": "{base}" },
        "exe": "install/bin/python3.13",
        "stdlib_platform_config": format!("{stdlib}/config-3.13-darwin"),
        "stdlib_test_packages": ["test"]
    });
    let module = |object: &str, links: serde_json::Value| {
        let name = object.trim_end_matches("module");
        json!({ "linkage": "builtin", "in_core": false, "init_fn": format!("PyInit_{name}"),
            "objects": [format!("build/Modules/{object}.o")], "sources": [], "links": links })
    };
    let table =
        ["_imp", "math", "zlib"].map(|name| json!({ "name": name, "init_fn": format!("PyInit_{name}") }));
    let framework = json!({ "name": "CoreFoundation", "system": true, "framework": true });
    let build = json!({
        "core": { "objects": ["build/Programs/python.o", "build/Python/core.o"],
            "main_object": "build/Programs/python.o", "links": [framework],
            "shared_lib": "install/lib/libpython3.13.dylib", "static_lib": null },
        "inittab": { "source": "build/Modules/config.c", "template": "build/Modules/config.c.in",
            "object": "build/Modules/config.o", "cflags": [], "table": table },
        "start": { "directory": "build/link", "first": [], "first_position_independent": [], "last": [],
            "builtins": "build/link/libclang_rt.osx.a", "nonshared": [] },
        "extensions": {
            "_imp": { "linkage": "builtin", "in_core": true, "init_fn": "PyInit__imp", "objects": [],
                "sources": [], "links": [] },
            "math": module("mathmodule", json!([])),
            "zlib": module("zlibmodule", json!([{ "name": "z", "package": "zlib", "static": "build/lib/libz.a" }])),
            "_testcapi": { "linkage": "shared", "in_core": false, "init_fn": "PyInit__testcapi",
                "objects": ["build/Modules/_testcapi.o"], "sources": [], "links": [],
                "shared_lib": format!("{stdlib}/lib-dynload/_testcapi.so") },
            "_tkinter": { "linkage": "absent", "in_core": false, "init_fn": null, "objects": [], "sources": [],
                "links": [] }
        },
        "test_extensions": ["_testcapi"], "link_commands": {}, "position_independent_executable": true
    });
    Facts::read(python.to_string().as_bytes(), build.to_string().as_bytes()).unwrap()
}

fn described() -> Description {
    let mut description = description();
    description.target = Target::parse("aarch64-apple-darwin").unwrap();
    description.os = Os::Darwin;
    description.object_format = ObjectFormat::MachO;
    description.crt_features = vec!["libSystem".to_owned()];
    description.platform_tag = "macosx-11.0-arm64".to_owned();
    description.apple_sdk = Some(AppleSdk {
        name: "macosx14.0".to_owned(),
        platform: "macosx".to_owned(),
        version: "14.0".parse().unwrap(),
        deployment_target: "11.0".parse().unwrap(),
    });
    description
}

/// Makes the parts of a distribution for macOS, assembled but without a manifest.
pub(crate) fn made_macos_parts() -> Parts {
    let distribution = Distribution {
        limits: Limits {
            allowed_libraries: vec![SYSTEM.to_owned(), "/System/Library/Frameworks/*".to_owned()],
            banned_symbols: vec!["sprintf".to_owned()],
            stack_reserve: Some(0x0100_0000),
            ..Limits::default()
        },
        ..Distribution::default()
    };
    let library = ar("inflate.o", &object(&[], &["inflate"], &[]));
    assemble_parts(
        distribution,
        &cpython_output(),
        "libz.a",
        &library,
        described(),
        facts(),
    )
}

/// Makes a distribution for macOS that breaks no rule.
pub(crate) fn made_macos() -> Distribution {
    made_macos_parts().finish()
}
