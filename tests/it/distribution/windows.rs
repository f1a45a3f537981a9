//! Makes a tiny distribution for Windows with the machine's `lld-link`: the objects are written here.

use std::collections::BTreeMap;
use std::process::Command;

use camino::Utf8Path;
use object::write::{Object, Symbol, SymbolSection};
use object::{Architecture, BinaryFormat, Endianness, SectionKind, SymbolFlags, SymbolKind, SymbolScope};
use pbs::manifest::{Description, Facts};
use pbs::model::{ObjectFormat, Os, Target};
use pbs::verify::Limits;
use serde_json::json;

use super::make::{Parts, ar, assemble_parts, description};
use super::{Distribution, path};

/// Leaves a test that makes a distribution for Windows where there is no linker for it.
macro_rules! needs_lld_link {
    () => {
        $crate::support::requires!(
            "lld-link",
            std::process::Command::new("lld-link")
                .arg("/?")
                .output()
                .is_ok()
        );
    };
}
pub(crate) use needs_lld_link;

/// An object that defines functions and refers to others, with words for the linker.
pub(crate) fn object(defined: &[&str], wanted: &[&str], directives: &str) -> Vec<u8> {
    let mut object = Object::new(BinaryFormat::Coff, Architecture::X86_64, Endianness::Little);
    let code = object.add_section(Vec::new(), b".text".to_vec(), SectionKind::Text);
    object.append_section_data(code, &[0xc3; 16], 16);
    if !directives.is_empty() {
        let words = object.add_section(Vec::new(), b".drectve".to_vec(), SectionKind::Linker);
        object.append_section_data(words, directives.as_bytes(), 1);
    }
    let here = defined.iter().map(|name| (name, SymbolSection::Section(code)));
    let elsewhere = wanted.iter().map(|name| (name, SymbolSection::Undefined));
    for (name, section) in here.chain(elsewhere) {
        object.add_symbol(Symbol {
            name: name.as_bytes().to_vec(),
            value: 0,
            size: 0,
            kind: SymbolKind::Text,
            scope: SymbolScope::Linkage,
            weak: false,
            section,
            flags: SymbolFlags::None,
        });
    }
    object.write().unwrap()
}

/// Runs `lld-link`, which must succeed.
pub(crate) fn lld_link(place: &Utf8Path, words: &[&str]) {
    let output = Command::new("lld-link")
        .args(words)
        .current_dir(place)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "lld-link {words:?}: {said}");
}

const OBJECTS: [(&str, &[&str], &[&str], &str); 9] = [
    (
        "core",
        &[
            "Py_Initialize",
            "PyList_New",
            "Py_CompileString",
            "Py_BytesMain",
            "PyInit__imp",
        ],
        &[
            "_PyImport_Inittab",
            "__security_check_cookie",
            "__imp_GetTickCount",
        ],
        "",
    ),
    ("python", &["wmain"], &["__imp_Py_BytesMain"], ""),
    (
        "config",
        &["_PyImport_Inittab"],
        &["PyInit__imp", "PyInit_math", "PyInit_zlib"],
        "",
    ),
    ("zlibmodule", &["PyInit_zlib"], &["inflate"], ""),
    ("mathmodule", &["PyInit_math"], &["__imp_cos"], ""),
    ("_testcapi", &["PyInit__testcapi"], &["__imp_PyList_New"], ""),
    ("inflate", &["inflate"], &[], ""),
    (
        "cookie",
        &["__security_check_cookie"],
        &[],
        "/DEFAULTLIB:ucrt.lib",
    ),
    ("nothing", &["nothing"], &[], ""),
];

fn compile(place: &Utf8Path) -> BTreeMap<&'static str, Vec<u8>> {
    let mut files = BTreeMap::new();
    for (name, defined, wanted, directives) in OBJECTS {
        let bytes = object(defined, wanted, directives);
        fs_err::write(place.join(format!("{name}.obj")), &bytes).unwrap();
        files.insert(name, bytes);
    }
    for (name, member) in [("zlib.lib", "inflate"), ("msvcrt.lib", "cookie")] {
        files.insert(name, ar(&format!("{member}.obj"), &files[member]));
    }
    let link = |words: &[&str]| {
        let all = ["/nologo", "/nodefaultlib", "/opt:noref", "/brepro"];
        lld_link(place, &[&all[..], words].concat());
    };
    // The system's libraries, of which only the names are wanted.
    for (library, dll, function) in [
        ("kernel32.lib", "KERNEL32.dll", "GetTickCount"),
        ("ucrt.lib", "api-ms-win-crt-math-l1-1-0.dll", "cos"),
    ] {
        let (out, export) = (format!("/out:{dll}"), format!("/export:{function}"));
        fs_err::write(place.join("system.obj"), object(&[function], &[], "")).unwrap();
        let words = [
            "/dll",
            "/noentry",
            "system.obj",
            &out,
            &export,
            &format!("/implib:{library}"),
        ];
        link(&words);
        files.insert(library, fs_err::read(place.join(library)).unwrap());
    }
    let interface = ["Py_Initialize", "PyList_New", "Py_CompileString", "Py_BytesMain"];
    let exports = interface.map(|name| format!("/export:{name}"));
    let exports: Vec<&str> = exports.iter().map(String::as_str).collect();
    let parts = [
        "core.obj",
        "config.obj",
        "zlibmodule.obj",
        "mathmodule.obj",
        "inflate.obj",
        "cookie.obj",
    ];
    let dll = [
        "/dll",
        "/noentry",
        "/out:python313.dll",
        "kernel32.lib",
        "ucrt.lib",
    ];
    link(&[&dll[..], &exports, &parts].concat());
    let stable = [
        "/dll",
        "/noentry",
        "/out:python3.dll",
        "/export:PyList_New=python313.PyList_New",
    ];
    link(&[&stable[..], &["nothing.obj", "python313.lib"]].concat());
    let module = [
        "/dll",
        "/noentry",
        "/out:_testcapi.pyd",
        "/export:PyInit__testcapi",
    ];
    link(&[&module[..], &["_testcapi.obj", "python313.lib"]].concat());
    let program = ["/entry:wmain", "/stack:2000000", "python.obj", "python313.lib"];
    link(&[&program[..], &["/subsystem:console", "/out:python.exe"]].concat());
    link(&[&program[..], &["/subsystem:windows", "/out:pythonw.exe"]].concat());
    for name in [
        "python313.dll",
        "python313.lib",
        "python3.dll",
        "_testcapi.pyd",
        "python.exe",
        "pythonw.exe",
    ] {
        files.insert(name, fs_err::read(place.join(name)).unwrap());
    }
    files
}

/// Lays out CPython's output: install/, build/, facts/.
fn cpython_output(files: &BTreeMap<&str, Vec<u8>>) -> Distribution {
    let mut output = Distribution::default();
    let mut put = |at: &str, bytes: &[u8]| output.put(&path(at), bytes.to_vec(), false);
    for (at, file) in [
        ("build/obj/python/python.obj", "python"),
        ("build/obj/core/core.obj", "core"),
        ("build/obj/core/config.obj", "config"),
        ("build/obj/core/zlibmodule.obj", "zlibmodule"),
        ("build/obj/core/mathmodule.obj", "mathmodule"),
        ("build/obj/_testcapi/_testcapi.obj", "_testcapi"),
        ("build/link/msvcrt.lib", "msvcrt.lib"),
        ("build/link/kernel32.lib", "kernel32.lib"),
        ("build/link/ucrt.lib", "ucrt.lib"),
        ("install/python.exe", "python.exe"),
        ("install/pythonw.exe", "pythonw.exe"),
        ("install/python3.dll", "python3.dll"),
        ("install/python313.dll", "python313.dll"),
        ("install/libs/python313.lib", "python313.lib"),
        ("install/DLLs/_testcapi.pyd", "_testcapi.pyd"),
        // What a wheel brought may be for another machine, and older than its distribution.
        ("install/Lib/site-packages/launcher.exe", "wheel"),
    ] {
        put(at, files.get(file).unwrap_or(&foreign(&files["python.exe"])));
    }
    let table = "    {\"_imp\", PyInit__imp},\n    {\"math\", PyInit_math},\n    {\"zlib\", PyInit_zlib},\n    {0, 0}\n";
    put("build/config.c", table.as_bytes());
    put("build/run_tests.py", b"#!/usr/bin/env python3\n");
    put("install/LICENSE.txt", b"You may.\n");
    put("install/include/Python.h", b"/* */\n");
    put("install/Lib/os.py", b"# os\n");
    put("install/Lib/test/test_os.py", b"# test\n");
    let mut pyc = vec![0xf3, 0x0d, b'\r', b'\n', 1, 0, 0, 0];
    pyc.extend([7; 16]);
    put("install/Lib/__pycache__/os.cpython-313.pyc", &pyc);
    output
}

/// A program for ARM64 that keeps no rule.
fn foreign(program: &[u8]) -> Vec<u8> {
    let mut bytes = program.to_vec();
    let at = usize::from(u16::from_le_bytes([bytes[0x3c], bytes[0x3d]]));
    bytes[at + 4..at + 6].copy_from_slice(&0xaa64_u16.to_le_bytes());
    bytes[at + 24 + 70..at + 24 + 72].fill(0);
    bytes
}

fn facts() -> Facts {
    let stdlib = "install/Lib";
    let python = json!({
        "version": "3.13.5", "major_minor": "3.13", "abi_flags": "", "hex_version": 51185136,
        "implementation": { "name": "cpython", "cache_tag": "cpython-313", "hex_version": 51185136,
            "version": ["3", "13", "5", "final", "0"] },
        "compiler": "clang",
        "tags": { "python": "cp313", "abi": "cp313", "platform": "win_amd64" },
        "config_vars": { "EXT_SUFFIX": ".cp313-win_amd64.pyd" },
        "suffixes": { "source": [".py", ".pyw"], "extension": [".cp313-win_amd64.pyd", ".pyd"] },
        "bytecode_magic_number": "f30d0d0a",
        "paths": { "data": "install", "stdlib": stdlib, "include": "install/include",
            "purelib": format!("{stdlib}/site-packages"), "platlib": format!("{stdlib}/site-packages") },
        "paths_abstract": { "data": "{base}" },
        "exe": "install/python.exe",
        "stdlib_platform_config": null,
        "stdlib_test_packages": ["test"]
    });
    let module = |object: &str, links: serde_json::Value| {
        let name = object.trim_end_matches("module");
        json!({ "linkage": "builtin", "in_core": false, "init_fn": format!("PyInit_{name}"),
            "objects": [format!("build/obj/core/{object}.obj")], "sources": [], "links": links })
    };
    let table =
        ["_imp", "math", "zlib"].map(|name| json!({ "name": name, "init_fn": format!("PyInit_{name}") }));
    let zlib = json!([{ "name": "zlib", "package": "zlib", "static": "build/lib/zlib.lib" }]);
    let build = json!({
        "core": { "objects": ["build/obj/core/core.obj"], "main_object": "build/obj/python/python.obj",
            "links": [{ "name": "kernel32", "system": true }], "shared_lib": "install/python313.dll",
            "static_lib": null },
        "inittab": { "source": "build/config.c", "template": "build/config.c",
            "object": "build/obj/core/config.obj", "cflags": [], "table": table },
        "start": { "directory": "build/link", "first": [], "first_position_independent": [], "last": [],
            "builtins": "build/link/msvcrt.lib", "nonshared": [] },
        "extensions": {
            "_imp": { "linkage": "builtin", "in_core": true, "init_fn": "PyInit__imp", "objects": [],
                "sources": [], "links": [] },
            "math": module("mathmodule", json!([])),
            "zlib": module("zlibmodule", zlib),
            "_testcapi": { "linkage": "shared", "in_core": false, "init_fn": "PyInit__testcapi",
                "objects": ["build/obj/_testcapi/_testcapi.obj"], "sources": [], "links": [],
                "shared_lib": "install/DLLs/_testcapi.pyd" },
            "_tkinter": { "linkage": "absent", "in_core": false, "init_fn": null, "objects": [], "sources": [],
                "links": [] }
        },
        "test_extensions": ["_testcapi"], "link_commands": {}, "position_independent_executable": true
    });
    Facts::read(python.to_string().as_bytes(), build.to_string().as_bytes()).unwrap()
}

fn described() -> Description {
    let mut description = description();
    description.target = Target::parse("x86_64-pc-windows-msvc").unwrap();
    description.os = Os::Windows;
    description.object_format = ObjectFormat::Coff;
    description.crt_features = vec!["vcruntime:140".to_owned()];
    description.platform_tag = "win_amd64".to_owned();
    description.components[1].libraries = vec!["zlib.lib".to_owned()];
    description
}

/// Makes the parts of a distribution for Windows, assembled but without a manifest; links once.
pub(crate) fn made_windows_parts() -> Parts {
    static FILES: std::sync::OnceLock<BTreeMap<&str, Vec<u8>>> = std::sync::OnceLock::new();
    let files = FILES.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        compile(Utf8Path::from_path(dir.path()).unwrap())
    });
    let (mut distribution, cpython) = (Distribution::default(), cpython_output(files));
    distribution.limits = Limits {
        allowed_libraries: vec!["kernel32.DLL".to_owned(), "api-ms-win-crt-*".to_owned()],
        stack_reserve: Some(2_000_000),
        ..Limits::default()
    };
    assemble_parts(
        distribution,
        &cpython,
        "zlib.lib",
        &files["zlib.lib"],
        described(),
        facts(),
    )
}

/// Makes a distribution for Windows that breaks no rule.
pub(crate) fn made_windows() -> Distribution {
    made_windows_parts().finish()
}
