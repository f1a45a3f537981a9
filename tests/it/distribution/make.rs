//! Makes a tiny distribution with the machine's `cc`: laid out, described and linked as a real one.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use camino::Utf8Path;
use pbs::link::{InittabEntry, write_inittab};
use pbs::manifest::{
    Component, DeriveInputs, Description, Facts, Inventory, LayoutInputs, WorkerIdentity, assemble, derive,
};
use pbs::model::{Arch, Digest, ObjectFormat, Os, Target};
use pbs::plan::{Assemble, LicenseFile, Linkage, Module};
use pbs::verify::Limits;
use serde_json::json;

use super::{Distribution, path};

/// What a distribution is derived from.
pub(crate) struct Parts {
    pub(crate) distribution: Distribution,
    pub(crate) description: Description,
    pub(crate) facts: Facts,
}

impl Parts {
    pub(crate) fn derive(&self) -> Result<pbs::manifest::Manifest, pbs::manifest::DeriveError> {
        let read = |digest: &Digest| self.distribution.read_blob(digest);
        let inventory = Inventory::observe(&self.distribution.tree, &read, NonZeroUsize::MIN).unwrap();
        derive(DeriveInputs {
            description: &self.description,
            facts: &self.facts,
            inventory: &inventory,
        })
    }

    /// Writes the manifest, and gives it the archive of a good packer.
    pub(super) fn finish(self) -> Distribution {
        let manifest = self.derive().unwrap();
        let mut distribution = self.distribution;
        distribution.set_manifest(&manifest);
        distribution.pack();
        distribution
    }
}

fn arch() -> (Arch, &'static str) {
    if cfg!(target_arch = "aarch64") {
        (Arch::Aarch64, "aarch64")
    } else {
        (Arch::X86_64, "x86_64")
    }
}

/// Runs the machine's C compiler, which must succeed.
pub(crate) fn cc(dir: &Utf8Path, args: &[impl AsRef<str>]) {
    let args: Vec<&str> = args.iter().map(AsRef::as_ref).collect();
    let done = duct::cmd("cc", &args)
        .dir(dir)
        .stderr_to_stdout()
        .unchecked()
        .stdout_capture()
        .run()
        .unwrap();
    assert!(
        done.status.success(),
        "cc {args:?}: {}",
        String::from_utf8_lossy(&done.stdout)
    );
}

/// A static library of one object, as `ar rcsD` would make it.
pub(crate) fn ar(name: &str, object: &[u8]) -> Vec<u8> {
    let mut bytes = b"!<arch>\n".to_vec();
    let name = format!("{name}/");
    bytes.extend(
        format!(
            "{name:<16}0           0     0     644     {:<10}`\n",
            object.len()
        )
        .bytes(),
    );
    bytes.extend_from_slice(object);
    if object.len() % 2 == 1 {
        bytes.push(b'\n');
    }
    bytes
}

const CORE: &str = "
extern void __stack_chk_fail(void); extern int __printf_chk(int, const char *, ...);
extern double cos(double); extern int inflate(void); extern void *_PyImport_Inittab[];
int Py_Initialize(void) { return _PyImport_Inittab[0] != 0; }
int PyList_New(void) { return (int)cos(0); }
int Py_CompileString(void) { __printf_chk(0, \"\"); return 0; }
int Py_BytesMain(int n) { if (n > 99) __stack_chk_fail(); return Py_Initialize() - 1; }
__attribute__((visibility(\"hidden\"))) void *PyInit__imp(void) { return 0; }
";

const HIDDEN: &str = "__attribute__((visibility(\"hidden\"))) ";

const SYSCONFIG: &str = "# system configuration generated and used by the sysconfig module\n\
                         build_time_vars = {'ABIFLAGS': '',\n 'prefix': '/install'}\n";

fn compile(dir: &Utf8Path) -> BTreeMap<&'static str, Vec<u8>> {
    let sources = [
        ("core", CORE.to_owned()),
        ("python", "int Py_BytesMain(int); int main(int n) { return Py_BytesMain(n); }".to_owned()),
        ("zlibmodule", format!("int inflate(void); {HIDDEN}void *PyInit_zlib(void) {{ return inflate() ? 0 : 0; }}")),
        ("mathmodule", format!("{HIDDEN}void *PyInit_math(void) {{ return 0; }}")),
        ("_testcapi", "int PyList_New(void); double cos(double); void *PyInit__testcapi(void) { return PyList_New() + (char *)0; }".to_owned()),
        ("inflate", format!("{HIDDEN}int inflate(void) {{ return 1; }}")),
    ];
    let mut objects = BTreeMap::new();
    for (name, source) in sources {
        fs_err::write(dir.join(format!("{name}.c")), source).unwrap();
        cc(
            dir,
            &["-c", "-O1", "-fPIC", "-g0", "-fno-builtin", &format!("{name}.c")],
        );
        objects.insert(name, fs_err::read(dir.join(format!("{name}.o"))).unwrap());
    }
    let table = ["_imp", "math", "zlib"].map(|name| InittabEntry {
        name: name.to_owned(),
        init_fn: Some(format!("PyInit_{name}")),
    });
    let config = write_inittab(ObjectFormat::Elf, arch().0, &table).unwrap();
    fs_err::write(dir.join("config.o"), &config).unwrap();
    objects.insert("config", config);
    // Without an index GNU ld refuses it; what is linked here is its member.
    objects.insert("libz.a", ar("inflate.o", &objects["inflate"]));
    let all = [
        "core.o",
        "config.o",
        "mathmodule.o",
        "zlibmodule.o",
        "inflate.o",
        "-lm",
    ];
    let hard = ["-Wl,-z,relro,-z,now,-z,noexecstack", "-Wl,--no-as-needed"];
    let link = |first: &[&str]| cc(dir, &[first, &hard, &all].concat());
    link(&["-no-pie", "-rdynamic", "-o", "exe", "python.o"]);
    link(&["-shared", "-Wl,-soname,libpython3.13.so.1.0", "-o", "so"]);
    cc(
        dir,
        &[&["-shared", "-o", "capi", "_testcapi.o"], &hard[..], &["-lm"]].concat(),
    );
    for name in ["exe", "so", "capi"] {
        objects.insert(name, fs_err::read(dir.join(name)).unwrap());
    }
    objects
}

/// Lays out CPython's output: install/, build/, facts/.
fn cpython_output(objects: &BTreeMap<&str, Vec<u8>>) -> Distribution {
    let mut output = Distribution::default();
    let mut put = |at: &str, bytes: &[u8], executable| output.put(&path(at), bytes.to_vec(), executable);
    for (at, object) in [
        ("Programs/python.o", "python"),
        ("Python/core.o", "core"),
        ("Modules/config.o", "config"),
        ("Modules/zlibmodule.o", "zlibmodule"),
        ("Modules/mathmodule.o", "mathmodule"),
        ("Modules/_testcapi.o", "_testcapi"),
        ("link/crt1.o", "mathmodule"),
        ("link/libbuiltins.a", "libz.a"),
    ] {
        put(&format!("build/{at}"), &objects[object], false);
    }
    let table = "    {\"_imp\", PyInit__imp},\n    {\"math\", PyInit_math},\n    {\"zlib\", PyInit_zlib},\n    {0, 0}\n";
    put("build/Modules/config.c", table.as_bytes(), false);
    put("build/run_tests.py", b"#!/usr/bin/env python3\n", false);
    put("install/bin/python3.13", &objects["exe"], true);
    put("install/bin/pydoc3.13", b"#!/bin/sh\n", true);
    put("install/include/python3.13/Python.h", b"/* */\n", false);
    put("install/lib/libpython3.13.so.1.0", &objects["so"], true);
    put(
        "install/lib/libpython3.13.a",
        &ar("core.o", &objects["core"]),
        false,
    );
    put(
        "install/lib/pkgconfig/python3.pc",
        b"prefix=${pcfiledir}/../..\n",
        false,
    );
    let stdlib = "install/lib/python3.13";
    put(&format!("{stdlib}/os.py"), b"# os\n", false);
    put(&format!("{stdlib}/test/test_os.py"), b"# test\n", false);
    put(
        &format!("{stdlib}/config-3.13/Makefile"),
        b"prefix=/install\n",
        false,
    );
    put(&format!("{stdlib}/site-packages/README.txt"), b"here\n", false);
    put(
        &format!("{stdlib}/_sysconfigdata__linux_.py"),
        SYSCONFIG.as_bytes(),
        false,
    );
    put(
        &format!("{stdlib}/lib-dynload/_testcapi.so"),
        &objects["capi"],
        true,
    );
    let mut pyc = vec![0xf3, 0x0d, b'\r', b'\n', 1, 0, 0, 0];
    pyc.extend([7; 16]);
    put(&format!("{stdlib}/__pycache__/os.cpython-313.pyc"), &pyc, false);
    for (at, target) in [
        ("install/bin/python", "python3.13"),
        ("install/bin/python3", "python3.13"),
        ("install/lib/libpython3.13.so", "libpython3.13.so.1.0"),
        (
            "install/lib/python3.13/config-3.13/libpython3.13.a",
            "../../libpython3.13.a",
        ),
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
        "compiler": "cc",
        "tags": { "python": "cp313", "abi": "cp313", "platform": format!("linux-{}", arch().1) },
        "config_vars": { "prefix": "/install", "ABIFLAGS": "", "Py_DEBUG": 0 },
        "suffixes": { "source": [".py"], "extension": [".so"] },
        "bytecode_magic_number": "f30d0d0a",
        "paths": { "data": "install", "stdlib": stdlib, "include": "install/include/python3.13" },
        "paths_abstract": { "data": "{base}" },
        "exe": "install/bin/python3.13",
        "stdlib_platform_config": format!("{stdlib}/config-3.13"),
        "stdlib_test_packages": ["test"]
    });
    let module = |object: &str, links: serde_json::Value| {
        let name = object.trim_end_matches("module");
        json!({ "linkage": "builtin", "in_core": false, "init_fn": format!("PyInit_{name}"),
            "objects": [format!("build/Modules/{object}.o")], "sources": [], "links": links })
    };
    let m = json!({ "name": "m", "system": true });
    let table =
        ["_imp", "math", "zlib"].map(|name| json!({ "name": name, "init_fn": format!("PyInit_{name}") }));
    let build = json!({
        "core": { "objects": ["build/Programs/python.o", "build/Python/core.o"],
            "main_object": "build/Programs/python.o", "links": [m],
            "shared_lib": "install/lib/libpython3.13.so.1.0", "static_lib": "install/lib/libpython3.13.a" },
        "inittab": { "source": "build/Modules/config.c", "template": "build/Modules/config.c.in",
            "object": "build/Modules/config.o", "cflags": [], "table": table },
        "start": { "directory": "build/link", "first": ["build/link/crt1.o"],
            "first_position_independent": ["build/link/crt1.o"], "last": [], "builtins": "build/link/libbuiltins.a",
            "nonshared": [] },
        "extensions": {
            "_imp": { "linkage": "builtin", "in_core": true, "init_fn": "PyInit__imp", "objects": [],
                "sources": [], "links": [] },
            "math": module("mathmodule", json!([m])),
            "zlib": module("zlibmodule", json!([{ "name": "z", "package": "zlib", "static": "build/lib/libz.a" }])),
            "_testcapi": { "linkage": "shared", "in_core": false, "init_fn": "PyInit__testcapi",
                "objects": ["build/Modules/_testcapi.o"], "sources": [], "links": [m],
                "shared_lib": format!("{stdlib}/lib-dynload/_testcapi.so") },
            "_tkinter": { "linkage": "absent", "in_core": false, "init_fn": null, "objects": [], "sources": [],
                "links": [] }
        },
        "test_extensions": ["_testcapi"], "link_commands": {}, "position_independent_executable": false
    });
    Facts::read(python.to_string().as_bytes(), build.to_string().as_bytes()).unwrap()
}

pub(super) fn description() -> Description {
    let component = |name: &str, version: &str, spdx: &str, libraries: &[&str]| Component {
        name: name.into(),
        version: version.into(),
        summary: "for tests".into(),
        homepage: "https://example.org/".into(),
        url: None,
        archive: Some(Digest::of(name.as_bytes()).into()),
        tree: None,
        patches: BTreeMap::new(),
        recipe: Digest::of(b"recipe"),
        licenses: vec![license(name, spdx)],
        libraries: libraries.iter().map(|library| (*library).to_owned()).collect(),
        linked: true,
        cpe: None,
        purl: None,
    };
    let module = |linkage, needs: &[&str], required| Module {
        linkage,
        needs: needs.iter().map(|need| (*need).to_owned()).collect(),
        licenses: needs.iter().map(|_| "Zlib".to_owned()).collect(),
        imports: Vec::new(),
        required,
        test: linkage == Linkage::Shared,
        why: (linkage == Linkage::Absent).then(|| "no Tk".to_owned()),
    };
    let modules = [
        ("_imp", module(Linkage::Builtin, &[], true)),
        ("math", module(Linkage::Builtin, &[], false)),
        ("zlib", module(Linkage::Builtin, &["zlib"], false)),
        ("_testcapi", module(Linkage::Shared, &[], false)),
        ("_tkinter", module(Linkage::Absent, &[], false)),
    ];
    Description {
        python: "3.13.5".parse().unwrap(),
        target: Target::parse(&format!("{}-unknown-linux-gnu", arch().1)).unwrap(),
        os: Os::Linux,
        object_format: ObjectFormat::Elf,
        options: "noopt".parse().unwrap(),
        crt_features: vec!["glibc-dynamic".into(), "glibc-max-symbol-version:9.99".into()],
        apple_sdk: None,
        platform_tag: format!("linux-{}", arch().1),
        tag: "20260101".into(),
        epoch: 1_767_225_600,
        modules: modules
            .into_iter()
            .map(|(name, module)| (name.to_owned(), module))
            .collect(),
        components: vec![
            component("cpython", "3.13.5", "PSF-2.0", &[]),
            component("zlib", "1.3.1", "Zlib", &["libz.a"]),
        ],
        worker: WorkerIdentity {
            image: "worker".into(),
            lock: Digest::of(b"lock"),
            root: Digest::of(b"root"),
            toolchain: BTreeMap::new(),
        },
        profile: None,
        sysroot: None,
    }
}

fn license(package: &str, spdx: &str) -> LicenseFile {
    LicenseFile {
        spdx: spdx.into(),
        file: path("LICENSE"),
        name: format!("LICENSE.{package}.txt"),
    }
}

/// What the recipes allow the made distribution.
fn limits() -> Limits {
    let names = [
        "libc.so.6",
        "libm.so.6",
        "ld-linux-x86-64.so.2",
        "ld-linux-aarch64.so.1",
    ];
    Limits {
        max_symbol_versions: BTreeMap::from([("GLIBC".to_owned(), "9.99".to_owned())]),
        allowed_libraries: names.map(str::to_owned).to_vec(),
        banned_symbols: vec!["pthread_yield".to_owned()],
        ..Limits::default()
    }
}

/// Makes the parts of a distribution, assembled but without a manifest; compiles once.
pub(crate) fn made_parts() -> Parts {
    static OBJECTS: std::sync::OnceLock<BTreeMap<&str, Vec<u8>>> = std::sync::OnceLock::new();
    let objects = OBJECTS.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        compile(Utf8Path::from_path(dir.path()).unwrap())
    });
    let distribution = Distribution {
        limits: limits(),
        ..Distribution::default()
    };
    let cpython = cpython_output(objects);
    assemble_parts(
        distribution,
        &cpython,
        "libz.a",
        &objects["libz.a"],
        description(),
        facts(),
    )
}

/// Lays out CPython's output, one library of another package, and both licences.
pub(super) fn assemble_parts(
    mut distribution: Distribution,
    cpython: &Distribution,
    library: &str,
    content: &[u8],
    description: Description,
    facts: Facts,
) -> Parts {
    let mut package = Distribution::default();
    package.put(&path(&format!("lib/{library}")), content.to_vec(), false);
    let mut source = Distribution::default();
    source.put(&path("LICENSE"), b"You may.\n".to_vec(), false);
    let inputs = LayoutInputs {
        cpython: &cpython.tree,
        packages: BTreeMap::from([("zlib", &package.tree)]),
        sources: BTreeMap::from([("zlib", &source.tree), ("cpython", &source.tree)]),
    };
    let step = Assemble {
        libraries: BTreeMap::from([("zlib".to_owned(), vec![library.to_owned()])]),
        licenses: [("cpython", "PSF-2.0"), ("zlib", "Zlib")]
            .map(|(name, spdx)| (name.to_owned(), vec![license(name, spdx)]))
            .into(),
    };
    distribution.tree = assemble(&inputs, &step).unwrap();
    for part in [cpython, &package, &source] {
        distribution.blobs.extend(part.blobs.clone());
    }
    Parts {
        distribution,
        description,
        facts,
    }
}

/// Makes a distribution that breaks no rule.
pub(crate) fn made() -> Distribution {
    made_parts().finish()
}
