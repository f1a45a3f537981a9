//! `pbs link --preset`: what an application can reach stays, and it is said why.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::{built_distribution, requires};

struct Linked {
    executable: PathBuf,
    report: Value,
}

impl Linked {
    fn kept(&self, name: &str) -> Option<&str> {
        self.report["kept"][name].as_str()
    }

    fn dropped(&self, name: &str) -> Option<&str> {
        self.report["dropped"][name].as_str()
    }

    fn run(&self) -> Output {
        let mut command = Command::new(&self.executable);
        command.env_clear().current_dir("/").output().unwrap()
    }

    fn prints(&self) -> String {
        let done = self.run();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }
}

fn pbs(dist: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pbs"));
    command
        .args(["--log", "plain", "link"])
        .arg(dist)
        .args(words)
        .output()
        .unwrap()
}

/// Links a script with `words`, and reads what is said for programs.
fn link(dist: &Path, place: &Path, script: &str, words: &[&str]) -> Linked {
    let (file, executable) = (place.join("app.py"), place.join("app"));
    fs_err::write(&file, script).unwrap();
    let (file, output) = (file.to_str().unwrap(), executable.to_str().unwrap());
    let fixed = ["--script", file, "--output", output, "--format", "json"];
    let done = pbs(dist, &[&fixed[..], words].concat());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Linked {
        executable,
        report: serde_json::from_slice(&done.stdout).unwrap(),
    }
}

#[test]
fn auto_keeps_what_imports_can_reach() {
    let dist = built_distribution();
    requires!("dist", dist.is_some());
    let (dist, place) = (dist.unwrap(), tempfile::tempdir().unwrap());
    let script = "import json, zlib\n\
                  def later():\n    import csv\n    return csv\n\
                  print(json.dumps([len(zlib.compress(bytes(999))) < 99, later().__name__]))\n";
    let auto = link(dist.path(), place.path(), script, &["--preset", "auto"]);
    assert_eq!(auto.prints(), "[true, \"csv\"]");
    assert_eq!(auto.kept("zlib"), Some("imported by app (line 1)"));
    let json = auto.kept("_json").unwrap();
    assert!(
        json.starts_with("imported by json.") && json.ends_with("imported by app"),
        "{json}"
    );
    assert!(auto.kept("_csv").unwrap().contains("imported by csv"));
    assert_eq!(auto.kept("sys"), Some("no interpreter works without it"));
    for gone in ["_ssl", "_sqlite3", "_curses", "readline"] {
        assert_eq!(auto.dropped(gone), Some("nothing imports it"), "{gone}");
    }
    let all = link(dist.path(), place.path(), script, &[]);
    let size = |linked: &Linked| linked.report["size"].as_u64().unwrap();
    assert!(size(&auto) < size(&all) / 2, "{} {}", size(&auto), size(&all));
}

#[test]
fn what_auto_cannot_see_can_be_named() {
    let dist = built_distribution();
    requires!("dist", dist.is_some());
    let (dist, place) = (dist.unwrap(), tempfile::tempdir().unwrap());
    let script = "import importlib\n\
                  for name in ('sqlite3', 'encodings.cp1252'):\n    importlib.import_module(name)\n\
                  print('found')\n";
    let blind = link(dist.path(), place.path(), script, &["--preset", "auto"]);
    let done = blind.run();
    assert!(String::from_utf8_lossy(&done.stderr).contains("No module named 'sqlite3'"));
    assert_eq!(blind.report["dynamic"]["app/app.py"], serde_json::json!([3]));
    let words = [
        "--preset",
        "auto",
        "--include-package",
        "sqlite3",
        "--include-package",
        "encodings",
    ];
    let told = link(dist.path(), place.path(), script, &words);
    assert_eq!(told.prints(), "found");
    assert!(told.kept("_sqlite3").unwrap().contains("imported by sqlite3"));
    assert_eq!(told.kept("_ssl"), None);

    let words = [
        "--preset",
        "auto",
        "--include-extension",
        "_bz2",
        "--exclude-extension",
        "_struct",
    ];
    let chosen = link(dist.path(), place.path(), "import struct\nprint('found')", &words);
    assert_eq!(chosen.kept("_bz2"), Some("named by --include-extension"));
    assert_eq!(chosen.dropped("_struct"), Some("excluded"));
    assert!(
        chosen.report["missing"]["_struct"]
            .as_str()
            .unwrap()
            .starts_with("imported by ")
    );
}

#[test]
fn minimal_has_what_no_interpreter_works_without() {
    let dist = built_distribution();
    requires!("dist", dist.is_some());
    let (dist, place) = (dist.unwrap(), tempfile::tempdir().unwrap());
    let words = ["--preset", "minimal", "--strip"];
    let hello = link(dist.path(), place.path(), "print('hello')", &words);
    assert_eq!(hello.prints(), "hello");
    assert_eq!(hello.dropped("zlib"), Some("not chosen"));
    assert_eq!(hello.report["missing"], serde_json::json!({}));
    let broken = link(dist.path(), place.path(), "import zlib", &words);
    assert_eq!(broken.report["missing"]["zlib"], "imported by app (line 1)");
    let words = [&words[..], &["--include-extension", "zlib"]].concat();
    let whole = link(
        dist.path(),
        place.path(),
        "import zlib\nprint(zlib.adler32(b''))",
        &words,
    );
    assert_eq!(whole.prints(), "1");
}

#[test]
fn no_copyleft_leaves_out_what_brings_in_such_a_licence() {
    let dist = built_distribution();
    requires!("dist", dist.is_some());
    let (dist, place) = (dist.unwrap(), tempfile::tempdir().unwrap());
    let script = "import dbm.dumb, ssl\ntry:\n    import _dbm\nexcept ImportError:\n    print('without')\n";
    let free = link(dist.path(), place.path(), script, &["--preset", "no-copyleft"]);
    assert_eq!(free.prints(), "without");
    assert!(free.dropped("_dbm").unwrap().contains("Sleepycat is copyleft"));
    assert_eq!(free.report["dropped"].as_object().unwrap().len(), 1);
    let mut command = Command::new(&free.executable);
    let texts = command.env("PBS_BUNDLE", "licenses").output().unwrap().stdout;
    let texts = String::from_utf8_lossy(&texts);
    assert!(texts.contains("Apache License") && !texts.contains("Sleepycat"));
}

#[test]
fn presets_say_what_does_not_fit() {
    let dist = built_distribution();
    requires!("dist", dist.is_some());
    let (dist, place) = (dist.unwrap(), tempfile::tempdir().unwrap());
    let (script, output) = (place.path().join("app.py"), place.path().join("app"));
    fs_err::write(&script, "print(1)").unwrap();
    let (script, output) = (script.to_str().unwrap(), output.to_str().unwrap());
    let cases: [(&[&str], &str, &str); 6] = [
        (&["--preset", "auto"], "there is no application", "--script FILE"),
        (
            &["--preset", "auto", "--stdlib", "files"],
            "`--preset auto` follows what is embedded",
            "leave one of the two out",
        ),
        (
            &["--script", script, "--include-extension", "zlib"],
            "`--include-extension` adds to the presets",
            "--preset minimal",
        ),
        (
            &[
                "--script",
                script,
                "--preset",
                "auto",
                "--include-extension",
                "zlip",
            ],
            "did you mean `zlib`?",
            "pbs inspect",
        ),
        (
            &[
                "--script",
                script,
                "--preset",
                "auto",
                "--include-package",
                "sqlite",
            ],
            "did you mean `sqlite3`?",
            "pbs inspect",
        ),
        (
            &[
                "--script",
                script,
                "--preset",
                "auto",
                "--exclude-extension",
                "sys",
            ],
            "`sys` cannot be left out",
            "",
        ),
    ];
    for (words, says, hint) in cases {
        let done = pbs(dist.path(), &[&["--output", output][..], words].concat());
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{words:?}: {said}");
        assert!(said.contains(says) && said.contains(hint), "{words:?}: {said}");
        assert!(!Path::new(output).exists(), "{words:?}");
        assert!(done.stdout.is_empty());
    }
}

#[test]
fn a_file_says_the_same_words() {
    let dist = built_distribution();
    requires!("dist", dist.is_some());
    let (dist, place) = (dist.unwrap(), tempfile::tempdir().unwrap());
    let file = place.path().join("link.yaml");
    let text = format!(
        "distribution: {}\nscript: app.py\noutput: out/app\npreset: minimal\ninclude-extension: [zlib]\nstrip: true\n",
        dist.path().display()
    );
    fs_err::write(
        place.path().join("app.py"),
        "import sys, zlib\nprint(zlib.crc32(b''), sys.argv[1:])",
    )
    .unwrap();
    fs_err::write(&file, text).unwrap();
    let link = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pbs"));
        command
            .args(["link", "--file"])
            .arg(&file)
            .args(words)
            .current_dir("/")
            .output()
            .unwrap()
    };
    let done = link(&[]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let executable = place.path().join("out/app");
    assert_eq!(
        String::from_utf8_lossy(&done.stdout).trim(),
        executable.to_str().unwrap()
    );
    let ran = Command::new(&executable).arg("x").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&ran.stdout), "0 ['x']\n");

    fs_err::write(&file, "script: app.py\npresets: auto\n").unwrap();
    let done = link(&[]);
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{said}");
    for word in ["link.yaml:2", "`presets`", "`preset`"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    fs_err::write(&file, "script: app.py\n").unwrap();
    let said = link(&[]).stderr;
    assert!(String::from_utf8_lossy(&said).contains("nothing says which distribution"));
}
