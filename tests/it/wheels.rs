//! `pbs link --requirement`: wheels made here, embedded, and run as their users would.

pub(crate) mod make;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use self::make::Wheel;
use crate::linking::{link_to, said};
use crate::support::{built_distribution, requires, variable};

fn link(dist: &Path, output: &Path, words: &[&str]) -> Output {
    link_to(Path::new(env!("CARGO_MANIFEST_DIR")), dist, output, words)
}

/// Links and returns what was said.
fn linked(dist: &Path, output: &Path, words: &[&str]) -> String {
    let done = link(dist, output, words);
    assert!(done.status.success(), "{}", said(&done));
    said(&done)
}

/// Runs an executable with nothing that could help it; what it writes.
fn run(executable: &Path, words: &[&str]) -> String {
    let done = Command::new(executable)
        .args(words)
        .env_clear()
        .current_dir("/")
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", said(&done));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

const SHOP: &str = r#"
import importlib.metadata, importlib.resources
def main():
    read = importlib.resources.files(__package__).joinpath("goods.txt").read_text().strip()
    (command,) = importlib.metadata.entry_points(group="console_scripts", name="sell")
    names = sorted(map(str, importlib.metadata.files("shop")))
    print(read, importlib.metadata.version("Shop"), command.value, "more.py" in names, __file__[-30:])
    import more, shop.old_template
"#;

#[test]
fn a_wheel_is_in_the_file_with_all_that_it_says() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let shop = Wheel::new("shop-1.5-py3-none-any.whl")
        .file("shop/__init__.py", SHOP)
        .file("shop/goods.txt", "bread\n")
        .file(
            "shop.py",
            "1 / 0  # never imported, as there is a package of its name\n",
        )
        .file("shop/old_template.py", "print 'of another Python'\n")
        .file("dataclasses.py", "1 / 0\n")
        .file("math/__init__.py", "1 / 0\n")
        .file("shop-1.5.data/purelib/more.py", "print('more')\n")
        .file("shop-1.5.data/scripts/sell.sh", "#!/bin/sh\n")
        .info("entry_points.txt", "[console_scripts]\nsell = shop:main\n")
        .info("LICENSE", "bread is free\n")
        .metadata("Requires-Dist: till>=2 ; python_version >= '3'\nRequires-Dist: bag ; os_name == 'nt'\n")
        .write(&out.path().join("wheels"));
    let executable = out.path().join("sell");
    // The wheel itself, and the directory that it is in.
    let directory = out.path().join("wheels");
    let words = [
        "-r",
        text(&directory),
        "--requirement",
        text(&shop),
        "--module",
        "shop:main",
    ];
    let told = linked(place.path(), &executable, &words);
    for expected in [
        "shop 1.5: 3 modules, ",
        "`dataclasses`, `math` is left out",
        "1 files of `scripts` are left out",
        "1 files are no Python of this version",
        "site-packages/shop/old_template.py:1",
        "warning: shop requires `till>=2 ; python_version >= '3'`, which no wheel is",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    assert!(!told.contains("bag"), "{told}");
    let done = Command::new(&executable).env_clear().output().unwrap();
    let expected = "bread 1.5 shop:main True site-packages/shop/__init__.py\nmore\n";
    assert_eq!(String::from_utf8_lossy(&done.stdout), expected, "{}", said(&done));
    assert!(said(&done).contains("SyntaxError"), "{}", said(&done));
    let licenses = Command::new(&executable)
        .env_clear()
        .env("PBS_BUNDLE", "licenses")
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&licenses.stdout).contains("bread is free"));

    let again = out.path().join("again");
    linked(place.path(), &again, &words);
    assert!(
        fs_err::read(&executable).unwrap() == fs_err::read(&again).unwrap(),
        "the same inputs give the same bytes"
    );
}

#[test]
fn presets_keep_wheels_whole_and_what_they_import() {
    let dist = built_distribution();
    requires!("dist", dist.is_some());
    let (dist, place) = (dist.unwrap(), tempfile::tempdir().unwrap());
    let wheel = Wheel::new("shop-1.0-py3-none-any.whl")
        .file(
            "shop/__init__.py",
            "import zlib\nfrom importlib import import_module\n",
        )
        .file("shop/plugin.py", "name = 'found'\n")
        .write(place.path());
    let script = place.path().join("app.py");
    let code = "import shop, sys\nprint(shop.import_module('shop.plugin').name, '_ssl' in sys.builtin_module_names)\n";
    fs_err::write(&script, code).unwrap();
    let executable = place.path().join("app");
    let words = [
        "--script",
        text(&script),
        "--requirement",
        text(&wheel),
        "--preset",
        "auto",
    ];
    let said = linked(dist.path(), &executable, &words);
    assert!(said.contains("kept     zlib"), "{said}");
    assert!(
        said.contains("nothing imports it: ") && said.contains(" _ssl"),
        "{said}"
    );
    assert_eq!(run(&executable, &[]), "found False");
}

#[test]
fn an_interpreter_has_the_wheels_that_are_wanted_of_it() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let init = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n";
    for name in ["one", "two"] {
        Wheel::new(&format!("acme_{name}-1-py3-none-any.whl"))
            .file("acme/__init__.py", init)
            .file(&format!("acme/{name}/__init__.py"), "")
            .file(&format!("acme/{name}/tests/test_it.py"), "")
            .file(&format!("space/{name}.py"), "")
            .file("README.md", name)
            .write(out.path());
    }
    let executable = out.path().join("py");
    let told = linked(
        place.path(),
        &executable,
        &["-r", text(out.path()), "--exclude-package", "acme.two.tests"],
    );
    assert!(told.contains("README.md`; that of the first"), "{told}");
    let code = "import importlib.util as u, acme.one, acme.two, space.one, space.two\n\
                print([u.find_spec(n) is not None for n in ('acme.one.tests.test_it', 'acme.two.tests')])";
    assert_eq!(run(&executable, &["-c", code]), "[True, False]");
}

#[test]
fn what_cannot_be_embedded_is_refused() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let plain = |file: &str| Wheel::new(file).file("shop.py", "");
    let put = |name: &str, wheel: Wheel| wheel.write(&out.path().join(name));
    let misfit = |name: &str, tags: &str| put(name, plain(&format!("shop-1-{tags}.whl")));
    let file = |path: &str, content: &[u8]| {
        let path = out.path().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, content).unwrap();
        path
    };
    let good = put("good", plain("shop-1-py3-none-any.whl"));
    let whole = fs_err::read(&good).unwrap();
    let record = plain("shop-1-py3-none-any.whl").record();
    let other = plain("shop-1-py3-none-any.whl").file("shop.py", "import os\n");
    let more = plain("shop-1-py3-none-any.whl").file("more.py", "");
    let newer = plain("shop-1-py3-none-any.whl").info("WHEEL", "Wheel-Version: 2.0\n");
    let later = plain("shop-1-py3-none-any.whl").metadata("Requires-Python: >=4\n");
    let up = plain("shop-1-py3-none-any.whl").file("../up.py", "");
    let app = file("app/shop.py", b"");
    let script =
        plain("shop-1-py3-none-any.whl").info("entry_points.txt", "[console_scripts]\nsell = shop:main\n");
    let nowhere = out.path().join("nowhere");
    let directory = out.path().join("empty");
    fs_err::create_dir_all(&directory).unwrap();
    let cases: Vec<(Vec<PathBuf>, &str)> = vec![
        (vec![misfit("a", "cp26-cp26-any")], "is made for another Python"),
        (
            vec![misfit("b", "cp37-abi3-musllinux_1_2_x86_64")],
            "another platform",
        ),
        (
            vec![misfit("c", "cp37-abi3-macosx_11_0_arm64")],
            "`cp37-abi3-macosx_11_0_arm64`",
        ),
        (
            vec![misfit("d", "py3-none-win_amd64")],
            "the distribution takes `cp3",
        ),
        (vec![file("e/shop-1.tar.gz", b"x")], "does not end in `.whl`"),
        (vec![file("f/shop.whl", b"x")], "is not the name of a wheel"),
        (
            vec![file("g/shop-1-py3-none-any.whl", b"no zip")],
            "it is no zip archive",
        ),
        (
            vec![file("h/shop-1-py3-none-any.whl", &whole[..whole.len() / 2])],
            "the archive is damaged",
        ),
        (
            vec![other.write_with(&out.path().join("i"), &record)],
            "`shop.py` is not the file that `RECORD` lists",
        ),
        (
            vec![more.write_with(&out.path().join("j"), &record)],
            "`more.py` is in the wheel and not in `RECORD`",
        ),
        (vec![put("k", newer)], "version 2.0, which is newer"),
        (vec![put("l", later)], "asks for Python `>=4`"),
        (vec![put("m", up)], "leaves the archive's directory"),
        (
            vec![good.clone(), put("n", plain("Shop-2-py3-none-any.whl"))],
            "are both of the project `shop`",
        ),
        (
            vec![
                good.clone(),
                put("o", plain("stall-1-py3-none-any.whl").file("shop.py", "1")),
            ],
            "both have the module `shop`",
        ),
        (vec![nowhere], "`pip download --only-binary :all:"),
        (vec![directory], "there is no wheel in"),
    ];
    let refused = |words: &[&str], expected: &str| {
        let output = out.path().join("out");
        let done = link(place.path(), &output, words);
        assert_eq!(done.status.code(), Some(1), "{words:?}: {}", said(&done));
        assert!(said(&done).contains(expected), "{expected}: {}", said(&done));
        assert!(!output.exists());
    };
    for (wheels, expected) in &cases {
        let words: Vec<&str> = wheels.iter().flat_map(|wheel| ["-r", text(wheel)]).collect();
        refused(&words, expected);
    }
    refused(
        &[
            "-r",
            text(&good),
            "--app",
            text(app.parent().unwrap()),
            "--module",
            "shop",
        ],
        "`shop-1-py3-none-any.whl` and `app/shop.py` both have the module `shop`",
    );
    let script = put("p", script);
    refused(
        &["-r", text(&script), "--module", "sell"],
        "has a command of that name, which runs `shop:main`",
    );
    refused(
        &["-r", text(&good), "--stdlib", "files"],
        "`--requirement` is of what is embedded",
    );
}

/// Two libraries that need each other.
const BASE: &str =
    "int tally_times(void); static int total; int base_add(int n) { return total += n * tally_times(); }";
const TALLY: &str =
    "int base_add(int); int tally_times(void) { return 1; } int tally(int n) { return base_add(n); }";
/// A module with a function `call(n)`, and one for others who link to it.
const MODULE: &str = r#"
#include <Python.h>
extern int CALLED(int);
int SHARED(int n) { return CALLED(n); }
static PyObject *call(PyObject *self, PyObject *n) { return PyLong_FromLong(CALLED((int)PyLong_AsLong(n))); }
static PyMethodDef methods[] = {{"call", call, METH_O, NULL}, {NULL}};
static PyModuleDef_Slot slots[] = {{0, NULL}};
static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "m", .m_methods = methods, .m_slots = slots
};
PyMODINIT_FUNC START(void) { return PyModuleDef_Init(&module); }
"#;

const APP: &str = r#"
import os, sys
names = sys.argv[1:]
if names:
    import fast, fast._core
    print(fast._core.call(5))
    # An application may close what it does not know, and libraries that need each other are known by number.
    os.closerange(3, 200)
    import fast._more, fast._whole
    print(fast._more.call(20), fast._core.call(100))
    del sys.modules["fast._core"]
    import fast._core as again
    print(again.call(1000), fast._whole.call(3))
    print(fast._core.__file__.rpartition("site-packages")[2])
    links = [f"/proc/self/fd/{file}" for file in os.listdir("/proc/self/fd")]
    files = [os.readlink(link) for link in links if os.path.exists(link)]
    print(len([file for file in files if "memfd" in file]))
"#;

/// Compiles a shared library.
fn compile(directory: &Path, name: &str, source: &str, words: &[&str]) -> Vec<u8> {
    let path = directory.join(name);
    let input = directory.join(format!("{name}.c"));
    fs_err::write(&input, source).unwrap();
    let soname = format!("-Wl,-soname,{name}");
    let done = Command::new("cc")
        .args(["-shared", "-fPIC", &soname, "-o", text(&path), text(&input)])
        .args(words)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", said(&done));
    fs_err::read(path).unwrap()
}

#[test]
fn extension_modules_load_without_a_file() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    requires!("cc", Command::new("cc").arg("--version").output().is_ok());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let manifest = fs_err::read(place.path().join("python/PYTHON.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let tag = manifest["python_tag"].as_str().unwrap();
    let suffix = manifest["python_suffixes"]["extension"][0].as_str().unwrap();
    let include = manifest["python_paths"]["include"].as_str().unwrap();
    let include = format!("-I{}", place.path().join("python").join(include).display());

    let place_of = |name: &str| out.path().join(name);
    let libraries = place_of("libraries");
    fs_err::create_dir_all(&libraries).unwrap();
    let here = format!("-L{}", libraries.display());
    let rpath = "-Wl,-rpath,$ORIGIN/../fast.libs";
    // With versions of symbols, which have names of libraries, too.
    let script = place_of("versions");
    fs_err::write(&script, "FAST_1 { *; };").unwrap();
    let versions = format!("-Wl,--version-script={}", script.display());
    let versions = versions.as_str();
    let (base_name, tally_name) = ("libbase-1a2b3c4d.so", "libtally-5e6f7a8b.so.1");
    let [to_base, to_tally] = [base_name, tally_name].map(|name| format!("-l:{name}"));
    compile(&libraries, base_name, BASE, &[versions]);
    let tally = compile(&libraries, tally_name, TALLY, &[versions, &here, &to_base]);
    let base = compile(&libraries, base_name, BASE, &[versions, &here, &to_tally]);
    let module = |name: &str, called: &str, shared: &str, needs: &str, words: &[&str]| {
        let source = MODULE.replace("CALLED", called).replace("SHARED", shared);
        let stem = name.split('.').next().unwrap();
        let source = source.replace("START", &format!("PyInit_{stem}"));
        let needs = format!("-l:{needs}");
        compile(
            &libraries,
            name,
            &source,
            &[words, &[&include, &here, &needs, rpath]].concat(),
        )
    };
    let core = format!("_core{suffix}");
    let core_bytes = module(&core, "tally", "core", tally_name, &[]);
    let more = module("_more.abi3.so", "tally", "more", tally_name, &[]);
    let whole = module(
        "_whole.so",
        "core",
        "whole",
        &core,
        &["-Wl,--no-as-needed", "-lrt", "-lm"],
    );
    let wheel = Wheel::new(&format!("fast-1-{tag}-{tag}-manylinux_2_99_x86_64.whl"))
        .file("fast/__init__.py", "")
        .file("fast/_core.py", "1 / 0\n")
        .file(&format!("fast/{core}"), core_bytes)
        .file("fast/_more.abi3.so", more)
        .file("fast/_whole.so", whole)
        .file(&format!("fast.libs/{base_name}"), base)
        .file(&format!("fast.libs/{tally_name}"), tally)
        .write(&place_of("wheels"));
    let script = place_of("app.py");
    fs_err::write(&script, APP).unwrap();
    for (name, packing) in [("plain", &[][..]), ("packed", &["--compress"][..])] {
        let executable = place_of(name);
        let words = ["-r", text(&wheel), "--script", text(&script)];
        let told = linked(place.path(), &executable, &[&words[..], packing].concat());
        assert!(told.contains("needs version 2.99 of the C library"), "{told}");
        assert!(!told.contains("warning"), "{told}");
        let expected = format!("5\n25 125\n1125 1128\n/fast/{core}\n0");
        assert_eq!(run(&executable, &["all"]), expected);
        requires!("strace", Command::new("strace").arg("-V").output().is_ok());
        let opened = |words: &[&str]| {
            let trace = place_of("trace");
            let done = Command::new("strace")
                .args(["-f", "-e", "trace=%file,getdents64", "-o"])
                .arg(&trace)
                .arg(&executable)
                .args(words)
                .env_clear()
                .current_dir("/")
                .output()
                .unwrap();
            assert!(done.status.success(), "{}", said(&done));
            let calls = fs_err::read_to_string(&trace).unwrap();
            let paths = calls.lines().filter_map(|line| line.split('"').nth(1));
            paths.map(str::to_owned).collect::<BTreeSet<_>>()
        };
        let before = opened(&[]);
        assert!(!before.is_empty());
        let after = opened(&["all"]);
        let is_memory = |path: &str| {
            let file = path.strip_prefix("/proc/self/fd");
            file.is_some_and(|file| file.chars().all(|c| c.is_ascii_digit() || matches!(c, '/' | '.')))
        };
        let system = ["librt.so.1", "libm.so.6", "ld.so.cache"];
        let new: Vec<_> = after
            .difference(&before)
            .filter(|path| !is_memory(path) && !system.iter().any(|name| path.ends_with(name)))
            .collect();
        assert!(new.is_empty(), "{new:?}");
    }
}

#[test]
fn libraries_that_are_nowhere_are_said() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    requires!("cc", Command::new("cc").arg("--version").output().is_ok());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let nowhere = compile(
        out.path(),
        "libnowhere.so.5",
        "int nowhere(void) { return 1; }",
        &[],
    );
    assert!(!nowhere.is_empty());
    let here = format!("-L{}", out.path().display());
    let code = "extern int nowhere(void); int PyInit__x(void) { return nowhere(); }";
    let library = compile(out.path(), "_x.so", code, &[&here, "-l:libnowhere.so.5"]);
    let wheel = Wheel::new("lost-1-py3-none-linux_x86_64.whl")
        .file("lost/_x.so", library)
        .file("lost/_y.so", b"\x7fELF, and no more")
        .write(out.path());
    let told = linked(place.path(), &out.path().join("py"), &["-r", text(&wheel)]);
    assert!(
        told.contains("lost/_x.so` needs `libnowhere.so.5`, which is in no wheel"),
        "{told}"
    );
    assert!(
        told.contains("lost/_y.so` is no library that this target loads"),
        "{told}"
    );
}

const SCIENCE: &str = r#"
import importlib.metadata, numpy, pydantic
class Point(pydantic.BaseModel):
    x: int
    y: list[float]
print(round(numpy.linalg.det(numpy.eye(3) * 2)), (numpy.arange(10) ** 2).sum())
print(numpy.fft.fft(numpy.ones(4)).real.tolist(), numpy.random.default_rng(7).integers(0, 10, 3).shape)
print(Point.model_validate_json('{"x": "3", "y": [1, 2.5]}'), Point.model_json_schema()["title"])
try:
    Point(x="no", y=[])
except pydantic.ValidationError as error:
    print(error.error_count())
print(importlib.metadata.version("numpy") == numpy.__version__)
"#;

#[test]
fn numpy_and_pydantic_run_in_one_file() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    requires!(
        "registries",
        variable("PBS_TEST_REGISTRIES").as_deref() == Some("1")
    );
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let wheels = out.path().join("wheels");
    let done = Command::new(place.path().join("python/install/bin/python3"))
        .args([
            "-m",
            "pip",
            "download",
            "--quiet",
            "--only-binary=:all:",
            "--dest",
        ])
        .arg(&wheels)
        .args(["numpy", "pydantic"])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", said(&done));
    let script = out.path().join("science.py");
    fs_err::write(&script, SCIENCE).unwrap();
    let executable = out.path().join("science");
    let told = linked(
        place.path(),
        &executable,
        &["-r", text(&wheels), "--script", text(&script)],
    );
    assert!(!told.contains("warning"), "{told}");
    let expected = "8 285\n[4.0, 0.0, 0.0, 0.0] (3,)\nx=3 y=[1.0, 2.5] Point\n1\nTrue";
    assert_eq!(run(&executable, &[]), expected);
}
