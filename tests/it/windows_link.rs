//! `pbs link` for Windows: what is linked of a built distribution, looked at and run by Wine.

use std::path::{Path, PathBuf};
use std::process::Output;

use pbs::inspect::{Pe, Subsystem};

use crate::linking::{link_to, said, single};
use crate::support::{requires, unpacked, variable};
use crate::wine::Wine;

fn built() -> Option<tempfile::TempDir> {
    Some(unpacked(&variable("PBS_TEST_WINDOWS_DIST")?))
}

fn link(dist: &Path, output: &Path, words: &[&str]) -> Output {
    link_to(&single(), dist, output, words)
}

fn linked(dist: &Path, output: &Path, words: &[&str]) -> Pe {
    let done = link(dist, output, words);
    assert!(done.status.success(), "{}", said(&done));
    let program = Pe::parse(&fs_err::read(output).unwrap()).unwrap();
    for dll in program.imports.keys().chain(program.delayed.keys()) {
        let dll = dll.to_ascii_lowercase();
        let python = dll.starts_with("python") || dll.starts_with("lib");
        assert!(!python, "{dll} is neither the system's nor vcruntime140.dll");
    }
    program
}

fn refused(dist: &Path, words: &[&str], why: &str) {
    let output = dist.join("never.exe");
    let done = link(dist, &output, words);
    assert_eq!(done.status.code(), Some(1), "{words:?}: {}", said(&done));
    assert!(said(&done).contains(why), "{}", said(&done));
    assert!(!output.exists());
}

fn written(place: &Path, name: &str, text: &str) -> PathBuf {
    let path = place.join(name);
    fs_err::write(&path, text).unwrap();
    path
}

/// Lines of what a program wrote; it ended well.
fn lines(output: &Output) -> Vec<String> {
    assert!(output.status.success(), "{}", said(output));
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// One Windows for all that is run: to make it takes longer than the rest.
#[test]
fn executables_for_windows_run() {
    let place = built();
    requires!("windows-dist", place.is_some());
    requires!("wine", Wine::is_there());
    let (place, out, wine) = (place.unwrap(), tempfile::tempdir().unwrap(), Wine::new());
    let at = |name: &str| out.path().join(name);

    let features = at("features.exe");
    linked(place.path(), &features, &["--script", "features.py"]);
    let done = wine.run(&features, &["-v"]);
    assert!(done.status.success(), "{}", said(&done));
    assert!(said(&done).contains("test_of_multiprocessing"), "{}", said(&done));

    // The one has what compilers count on from Microsoft's package, the other from Windows alone.
    let vcruntime = |program: &Pe| {
        let names = program.imports.keys().chain(program.delayed.keys());
        names
            .map(|dll| dll.to_ascii_lowercase())
            .any(|dll| dll.starts_with("vcruntime"))
    };
    let interpreter = at("python.exe");
    assert!(vcruntime(&linked(place.path(), &interpreter, &[])));
    assert!(!vcruntime(&linked(place.path(), &interpreter, &["--static-crt"])));
    let code = "import importlib, sys, ssl, sqlite3, ctypes, winreg\n\
                for name in sys.builtin_module_names: importlib.import_module(name)\n\
                print(sys.winver, sys.getwindowsversion().major, sys.dllhandle != 0)\n\
                print(sqlite3.connect(':memory:').execute('select 6*7').fetchone()[0])";
    let tell = "import sys; print('%d.%d' % sys.version_info[:2])";
    let series = lines(&wine.run(&interpreter, &["-c", tell])).concat();
    assert_eq!(
        lines(&wine.run(&interpreter, &["-c", code])),
        [format!("{series} 10 True"), "42".to_owned()]
    );

    // Characters that no code page has together, and codes.
    let script = "import sys\nprint(ascii(sys.argv[1:]))\nsys.exit(int(sys.argv[1]))\n";
    let script = written(out.path(), "echo.py", script);
    let echo = at("echo.exe");
    linked(
        place.path(),
        &echo,
        &[
            "--preset",
            "auto",
            "--compress",
            "--script",
            script.to_str().unwrap(),
        ],
    );
    let done = wine.run(&echo, &["7", "äб日𝄞", "a \"b\" \\", "*.py"]);
    assert_eq!(done.status.code(), Some(7), "{}", said(&done));
    let text = String::from_utf8_lossy(&done.stdout).trim().to_owned();
    assert_eq!(text, r#"['7', '\xe4\u0431\u65e5\U0001d11e', 'a "b" \\', '*.py']"#);
    let done = wine.run(&echo, &["what"]);
    assert_eq!(done.status.code(), Some(1));
    assert!(
        said(&done).contains("sys.exit(int(sys.argv[1]))"),
        "{}",
        said(&done)
    );
    let done = wine
        .program(&echo)
        .env("PBS_BUNDLE", "licenses")
        .output()
        .unwrap();
    assert!(
        lines(&done)
            .iter()
            .any(|line| line.contains("LICENSE.cpython.txt"))
    );

    // What the installation has beside it is used by an interpreter that is linked without it.
    let beside = place.path().join("python/install/one.exe");
    linked(place.path(), &beside, &["--stdlib", "files"]);
    let code = "import sys, os, json; print(os.path.relpath(json.__file__, sys.prefix), sys.winver)";
    let told = lines(&wine.run(&beside, &["-c", code]));
    assert_eq!(told, [format!(r"Lib\json\__init__.py {series}")]);

    // What a program without a console says is read by those who start it.
    let gui = at("gui.exe");
    linked(
        place.path(),
        &gui,
        &["--gui", "--script", script.to_str().unwrap()],
    );
    assert_eq!(wine.run(&gui, &["3"]).status.code(), Some(3));
}

#[test]
fn executables_for_windows_are_the_same_each_time_and_say_what_they_are() {
    let place = built();
    requires!("windows-dist", place.is_some());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let at = |name: &str| out.path().join(name);
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let version = written(
        out.path(),
        "version.yaml",
        "file-version: 1.2.3.4\nproduct-name: Shop\n",
    );
    let icon = at("shop.ico");
    let image =
        b"\x00\x00\x01\x00\x01\x00\x10\x10\x00\x00\x01\x00\x20\x00\x04\x00\x00\x00\x16\x00\x00\x00icon";
    fs_err::write(&icon, image).unwrap();
    let script = written(out.path(), "shop.py", "print('open')\n");
    let words = [
        "--gui".to_owned(),
        format!("--icon={}", path(&icon)),
        format!("--version-info={}", path(&version)),
        format!("--script={}", path(&script)),
    ];
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    for linker in ["lld", "rust-lld"] {
        let (first, again) = (at("a/shop.exe"), at("b/shop.exe"));
        let words = [&words[..], &["--linker", linker]].concat();
        let program = linked(place.path(), &first, &words);
        assert_eq!(program.subsystem, Subsystem::Gui);
        assert!(program.reproducible() && program.protection.high_entropy && program.protection.no_execute);
        assert!(program.sections.iter().any(|section| section.name == ".pbs"));
        linked(place.path(), &again, &words);
        let bytes = fs_err::read(&first).unwrap();
        assert!(
            bytes == fs_err::read(&again).unwrap(),
            "{linker} does not give the same bytes twice"
        );
        let has = |text: &[u8]| memchr::memmem::find(&bytes, text).is_some();
        assert!(has(b"icon") && has(b"longPathAware") && has(b"S\0h\0o\0p\0"));
    }
    let report = at("shop.json");
    let words = [&words[..], &["--report", report.to_str().unwrap()]].concat();
    linked(place.path(), &at("shop.exe"), &words);
    let report: serde_json::Value = serde_json::from_slice(&fs_err::read(&report).unwrap()).unwrap();
    let size = fs_err::metadata(at("shop.exe")).unwrap().len();
    assert_eq!(report["executable"]["size"], size);
    let parts = report["parts"].as_array().unwrap();
    let sizes = parts.iter().map(|part| part["size"].as_u64().unwrap_or_default());
    assert_eq!(sizes.sum::<u64>(), size, "{parts:?}");
}

#[test]
fn what_cannot_be_linked_for_windows_is_refused() {
    let place = built();
    requires!("windows-dist", place.is_some());
    let place = place.unwrap();
    let dist = place.path();
    refused(dist, &["--kind", "staticlib"], "only executables are linked");
    refused(
        dist,
        &["--linker", "mold"],
        "`mold` links no objects of the format `coff`",
    );
    let linux = written(dist, "a-1-cp313-cp313-manylinux_2_17_x86_64.whl", "");
    refused(
        dist,
        &["--requirement", linux.to_str().unwrap()],
        "another platform",
    );
    let own = written(dist, "a-1-cp313-cp313-win_amd64.whl", "");
    refused(
        dist,
        &["--requirement", own.to_str().unwrap()],
        "loads extension modules from files alone",
    );
    let app = dist.join("app");
    fs_err::create_dir(&app).unwrap();
    written(&app, "__main__.py", "import fast\n");
    written(&app, "fast.pyd", "MZ");
    refused(
        dist,
        &["--app", app.to_str().unwrap()],
        "`app/fast.pyd` is an extension module",
    );
    let manifest = dist.join("python/PYTHON.json");
    let whole = fs_err::read_to_string(&manifest).unwrap();
    fs_err::write(&manifest, whole.replace("/ucrt-private.lib", "/ucrt-other.lib")).unwrap();
    refused(
        dist,
        &["--static-crt"],
        "no `ucrt-private.lib`, by which `--static-crt` links",
    );
    fs_err::write(&manifest, whole).unwrap();
    let picture = written(dist, "picture.ico", "\u{89}PNG");
    refused(dist, &["--icon", picture.to_str().unwrap()], "cannot be the icon");
    let version = written(dist, "version.yaml", "file-version: new\n");
    refused(
        dist,
        &["--version-info", version.to_str().unwrap()],
        "`file-version: new` is no version",
    );
}
