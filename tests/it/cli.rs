//! The command line: the real binary in a workspace of its own; exit code, output and messages.

use std::fmt::Write as _;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use pbs::model::Digest;
use pbs::store::Store;

/// A copy of the toy recipes, a store and a home that nobody else uses.
struct Place {
    _dir: tempfile::TempDir,
    root: Utf8PathBuf,
}

impl Place {
    fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(dir.path())
            .unwrap()
            .canonicalize_utf8()
            .unwrap();
        Self { _dir: dir, root }
    }

    /// With the toy recipes of `tests/fixtures/mini`.
    fn with_recipes() -> Self {
        let place = Self::empty();
        let fixture = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mini");
        for entry in walkdir::WalkDir::new(&fixture) {
            let entry = entry.unwrap();
            let path = Utf8Path::from_path(entry.path()).unwrap();
            let to = place.root.join(path.strip_prefix(&fixture).unwrap());
            if entry.file_type().is_dir() {
                fs_err::create_dir_all(to).unwrap();
            } else {
                fs_err::copy(path, to).unwrap();
            }
        }
        place
    }

    /// Replaces a text in a file, which must be there.
    fn edit(&self, file: &str, old: &str, new: &str) {
        let path = self.root.join(file);
        let text = fs_err::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{file} has no `{old}`:\n{text}");
        fs_err::write(path, text.replacen(old, new, 1)).unwrap();
    }

    /// Runs `pbs` with these words; exit code, standard output and standard error as one text.
    fn pbs(&self, args: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_pbs"))
            .args(args)
            .current_dir(&self.root)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", &self.root)
            // This machine's containers are not for these tests.
            .env("DOCKER_HOST", "unix:///nobody/listens")
            .output()
            .unwrap();
        let mut text = String::new();
        let _ = writeln!(text, "exit code {}", output.status.code().unwrap_or(-1));
        for (name, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            let out = String::from_utf8_lossy(bytes);
            let out = out
                .replace(self.root.as_str(), "[ROOT]")
                .replace(env!("CARGO_MANIFEST_DIR"), "[CHECKOUT]");
            if !out.is_empty() {
                let _ = writeln!(text, "--- {name}\n{}", out.trim_end());
            }
        }
        text
    }
}

fn starts(text: &str, code: u8) {
    assert!(text.starts_with(&format!("exit code {code}\n")), "{text}");
}

#[test]
fn help_of_every_command() {
    let place = Place::empty();
    let commands: &[&[&str]] = &[
        &["--help"],
        &["build", "--help"],
        &["plan", "--help"],
        &["explain", "--help"],
        &["shell", "--help"],
        &["sources", "list", "--help"],
        &["sources", "fetch", "--help"],
        &["sources", "mirror", "--help"],
        &["image", "lock", "--help"],
        &["image", "tree", "--help"],
        &["image", "unpack", "--help"],
        &["cache", "list", "--help"],
        &["cache", "size", "--help"],
        &["cache", "gc", "--help"],
        &["cache", "verify", "--help"],
        &["verify", "--help"],
        &["test", "--help"],
        &["fetch", "--help"],
        &["inspect", "--help"],
        &["link", "--help"],
        &["diff", "--help"],
        &["reproduce", "--help"],
        &["publish", "--help"],
        &["publish", "key", "new", "--help"],
        &["targets", "--help"],
        &["doctor", "--help"],
        &["ci", "matrix", "--help"],
    ];
    let mut all = String::new();
    for command in commands {
        let _ = writeln!(all, "$ pbs {}\n{}", command.join(" "), place.pbs(command));
    }
    insta::with_settings!({snapshot_path => "../snapshots/cli", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("help", all);
    });
}

/// Each mistake with what is said about it, so that a change of any message is seen.
#[test]
fn bad_input_is_told_with_a_hint() {
    let good = Place::with_recipes();
    let mut all = String::new();
    let mut say = |what: &str, text: String| {
        let _ = writeln!(all, "# {what}\n{text}");
    };
    say(
        "unknown target",
        good.pbs(&["plan", "--target", "x86_64-unknown-linux-gnus"]),
    );
    say("no triple", good.pbs(&["plan", "--target", "linux"]));
    say("unknown version", good.pbs(&["plan", "--python", "3.99.9"]));
    say("unknown options", good.pbs(&["plan", "--options", "nopt"]));
    say(
        "twice the same option",
        good.pbs(&["plan", "--options", "debug+debug"]),
    );
    say("pin without version", good.pbs(&["plan", "--pin", "toylib1"]));
    say("pin of nothing", good.pbs(&["plan", "--pin", "toylib9=1.0"]));
    say(
        "pin twice",
        good.pbs(&["plan", "--pin", "toylib1=1.0", "--pin", "toylib1=1.0"]),
    );
    say(
        "unknown version of a pin",
        good.pbs(&["plan", "--pin", "toylib1=9"]),
    );
    say("unknown step", good.pbs(&["explain", "toylib1/biuld"]));
    say("unknown word", good.pbs(&["build", "--sandbox", "chroot"]));
    say("no jobs", good.pbs(&["build", "--jobs", "0"]));
    say("no distribution", good.pbs(&["verify", "nothing.tar.zst"]));
    fs_err::write(good.root.join("text.tar.zst"), "no archive").unwrap();
    say("no archive", good.pbs(&["inspect", "text.tar.zst"]));
    fs_err::create_dir_all(good.root.join("unpacked/python")).unwrap();
    fs_err::write(good.root.join("unpacked/python/PYTHON.json"), "{\"version\": 9}").unwrap();
    say("no manifest", good.pbs(&["inspect", "unpacked"]));
    say(
        "diff with no distribution",
        good.pbs(&["diff", "unpacked", "nothing"]),
    );
    say(
        "unknown kind of difference",
        good.pbs(&["diff", "a", "b", "--ignore", "times"]),
    );
    say("reproduce no distribution", good.pbs(&["reproduce", "nothing"]));
    say("reproduce a newer one", good.pbs(&["reproduce", "unpacked"]));
    let manifest = good.root.join("unpacked/python/PYTHON.json");
    fs_err::write(&manifest, "{\"version\": \"8\"").unwrap();
    say("reproduce a damaged one", good.pbs(&["reproduce", "unpacked"]));
    let sample = include_str!("../fixtures/manifest/sample.json");
    fs_err::write(&manifest, sample).unwrap();
    say(
        "reproduce an unknown version",
        good.pbs(&["reproduce", "unpacked"]),
    );
    let elsewhere = sample.replace("x86_64-unknown-linux-gnu", "riscv64-unknown-linux-gnu");
    fs_err::write(&manifest, elsewhere).unwrap();
    say(
        "reproduce for an unknown target",
        good.pbs(&["reproduce", "unpacked"]),
    );
    fs_err::write(good.root.join("a-file"), "").unwrap();
    say(
        "the store is a file",
        good.pbs(&["cache", "size", "--store", "a-file"]),
    );
    say("bad size", good.pbs(&["cache", "gc", "--max-size", "10X"]));
    say("no image", good.pbs(&["image", "lock", "nothing"]));
    say(
        "no image to unpack",
        good.pbs(&["image", "unpack", "nothing", "x"]),
    );
    say(
        "the directory is there",
        good.pbs(&["image", "unpack", "worker", "unpacked"]),
    );

    say(
        "link with an unknown linker",
        good.pbs(&["link", "unpacked", "--linker", "gold"]),
    );
    say(
        "link with a linker that is not there",
        good.pbs(&["link", "unpacked", "--linker", "tools/ld"]),
    );
    say(
        "link nothing",
        good.pbs(&["link", "nothing", "--linker", "/bin/sh"]),
    );
    say(
        "link with an addition to everything",
        good.pbs(&["link", "unpacked", "--include-extension", "zlib"]),
    );
    say("no recipes", good.pbs(&["plan", "--recipes", "nothing"]));

    let broken = Place::with_recipes();
    broken.edit("recipes/toylib1/recipe.yaml", "steps:", "stepps:");
    say("unknown field", broken.pbs(&["plan"]));
    let doctor = broken.pbs(&["doctor"]);
    starts(&doctor, 3);
    assert!(
        doctor
            .contains("BAD      recipes: there are mistakes in them\n         error: unknown field `stepps`"),
        "{doctor}"
    );
    let broken = Place::with_recipes();
    broken.edit("recipes/release.yaml", "epoch:", "epoch: [");
    say("malformed YAML", broken.pbs(&["plan"]));
    let broken = Place::with_recipes();
    fs_err::write(broken.root.join("recipes/release.yaml"), [0xff]).unwrap();
    say("no text", broken.pbs(&["plan"]));
    let broken = Place::with_recipes();
    fs_err::remove_dir_all(broken.root.join("recipes/targets")).unwrap();
    say("no target at all", broken.pbs(&["plan"]));
    insta::with_settings!({snapshot_path => "../snapshots/cli", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("bad_input", all);
    });
}

#[test]
fn a_plan_is_data_on_standard_output() {
    let place = Place::with_recipes();
    let text = place.pbs(&["plan"]);
    starts(&text, 0);
    assert!(!text.contains("--- stderr"), "{text}");
    assert!(text.contains("wanted: full from dist/pack-full"), "{text}");
    let json = place.pbs(&["plan", "--format", "json"]);
    let json = json.split_once("--- stdout\n").unwrap().1;
    serde_json::from_str::<serde_json::Value>(json).unwrap();
    // Nothing has been made: not even a store.
    assert!(!place.root.join(".cache").exists());
}

#[test]
fn a_collection_keeps_sources_where_it_is_asked_to() {
    let place = Place::with_recipes();
    let recipe = "recipes/toylib1/versions/1.0.yaml";
    let text = fs_err::read_to_string(place.root.join(recipe)).unwrap();
    let (_, pin) = text.split_once("sha256:").unwrap();
    let pin: String = pin.trim_start().chars().take(64).collect();
    let archive = Digest::of(b"an archive");
    place.edit(recipe, &pin, &archive.hex());
    place.edit(recipe, "size: 4096", &format!("size: {}", archive.size));
    let has = || Store::open(&place.root.join("store")).unwrap().has_blob(&archive);
    Store::open(&place.root.join("store"))
        .unwrap()
        .put_bytes(b"an archive")
        .unwrap();
    let gc = |args: &[&str]| place.pbs(&[&["cache", "gc", "--store", "store"], args].concat());
    let text = gc(&["--keep-sources"]);
    starts(&text, 0);
    assert!(has(), "{text}");
    let text = gc(&[]);
    assert!(!has(), "{text}");
    assert!(
        text.contains("removed 0 results and 1 blobs; 10 B freed, 0 B left"),
        "{text}"
    );
    assert!(text.contains("removed 0 logs and 0 container images"), "{text}");
}

#[test]
fn a_source_that_nobody_has_names_every_place() {
    let place = Place::with_recipes();
    let text = place.pbs(&["build", "--offline", "--store", "store"]);
    starts(&text, 3);
    assert!(text.contains("not asked, because of `--offline`"), "{text}");
    assert!(text.contains("hint: "), "{text}");
    assert!(!text.contains("--- stdout"), "{text}");
    // Nothing half-done: it fails in the same way again.
    starts(&place.pbs(&["build", "--offline", "--store", "store"]), 3);
}

#[test]
fn json_lines_say_their_version() {
    let place = Place::with_recipes();
    let text = place.pbs(&["build", "--offline", "--store", "store", "--log", "json"]);
    let lines = text.split_once("--- stderr\n").unwrap().1.lines();
    let events: Vec<serde_json::Value> = lines.filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert_eq!(events[0]["event"], "plan-ready");
    assert!(events.iter().all(|event| event["version"] == 1));
    assert_eq!(events.last().unwrap()["event"], "done");
}

#[test]
fn every_variable_that_is_read_is_documented() {
    let source = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let known: Vec<&str> = pbs::cli::VARIABLES.iter().map(|variable| variable.name).collect();
    for entry in walkdir::WalkDir::new(source) {
        let entry = entry.unwrap();
        if entry.path().extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = fs_err::read_to_string(entry.path()).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for (at, _) in code.match_indices("\"PBS_") {
            let name: String = code[at + 1..].chars().take_while(|c| *c != '"').collect();
            if !name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') {
                continue;
            }
            // The one variable of our tests that stands in a file of tests only.
            let of_tests = name == "PBS_BLESS";
            assert!(
                of_tests || known.contains(&name.as_str()),
                "{} reads {name}",
                entry.path().display()
            );
        }
    }
    let help = Place::empty().pbs(&["--help"]);
    for name in known {
        assert!(help.contains(name), "`pbs --help` does not name {name}");
    }
}
