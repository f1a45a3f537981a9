//! `pbs link --stdlib files` on a built distribution: every linker there is, on this machine and without its compiler.

use std::path::Path;
use std::process::{Command, Output};

use crate::linking::link_to;
use crate::support::{built_distribution, requires};

const LINKERS: [&str; 4] = ["lld", "rust-lld", "mold", "ld"];

/// Imports every module that is built in, and calculates.
const SNIPPET: &str = "import importlib, sys, json, ssl, sqlite3\n\
    for name in sys.builtin_module_names: importlib.import_module(name)\n\
    print(len(sys.builtin_module_names), json.dumps({'sum': sum(range(1000))}), sqlite3.connect(':memory:').execute('select 6*7').fetchone())";

fn link(dist: &Path, output: &Path, words: &[&str]) -> Output {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    link_to(here, dist, output, &[&["--stdlib", "files"], words].concat())
}

fn ok(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn run(interpreter: &Path, home: &Path, code: &str) -> String {
    let output = Command::new(interpreter)
        .args(["-s", "-c", code])
        .env("PYTHONHOME", home)
        .output()
        .unwrap();
    ok(&output)
}

#[test]
fn every_linker_makes_an_interpreter_that_works() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let home = place.path().join("python/install");
    let own = run(&home.join("bin/python3"), &home, SNIPPET);
    for linker in LINKERS {
        let executable = out.path().join(linker);
        let first = link(place.path(), &executable, &["--linker", linker]);
        let missing = String::from_utf8_lossy(&first.stderr).contains("there is no linker");
        requires!("linkers", !missing);
        assert_eq!(ok(&first).trim(), executable.to_str().unwrap());
        assert_eq!(run(&executable, &home, SNIPPET), own, "{linker}");
        let again = out.path().join("again");
        ok(&link(place.path(), &again, &["--linker", linker]));
        let same = fs_err::read(&executable).unwrap() == fs_err::read(&again).unwrap();
        assert!(same, "{linker} does not give the same bytes twice");
    }
}

#[test]
fn what_is_left_out_is_not_there() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let home = place.path().join("python/install");
    let size = |path: &Path| fs_err::metadata(path).unwrap().len();
    let have = |name: &str| format!("import importlib.util as u; print(u.find_spec('{name}') is not None)");

    let [less, least] = ["less", "least"].map(|name| out.path().join(name));
    let words = [
        "--exclude-extension=_ssl",
        "--exclude-extension=_hashlib",
        "--format=json",
    ];
    let outcome: serde_json::Value = serde_json::from_str(&ok(&link(place.path(), &less, &words))).unwrap();
    assert_eq!(outcome["dropped"]["_ssl"], "excluded");
    assert_eq!(outcome["size"], size(&less));
    assert_eq!(run(&less, &home, &have("_ssl")).trim(), "False");
    assert_eq!(run(&less, &home, &have("_socket")).trim(), "True");

    ok(&link(
        place.path(),
        &least,
        &["--preset=minimal", "--include-extension=_json"],
    ));
    assert_eq!(run(&least, &home, &have("_json")).trim(), "True");
    assert_eq!(run(&least, &home, &have("zlib")).trim(), "False");
    assert!(size(&least) < size(&less));

    let refused = link(
        place.path(),
        &out.path().join("none"),
        &["--exclude-extension=_jsom"],
    );
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("did you mean `_json`?"), "{said}");
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(!out.path().join("none").exists());
    let left: Vec<_> = fs_err::read_dir(out.path()).unwrap().collect();
    assert_eq!(left.len(), 2, "scratch is left: {left:?}");
}
