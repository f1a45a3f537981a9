//! A profile through the whole driver: recorded, used, trained for one build, damaged, outdated.

use pbs::model::Digest;

use super::toy::{Ran, Toy};
use super::{BUILD, NOTHING};

const RECORD: &str = "recipes/cpython/profiles/3.99.1.yaml";
const ARCHIVE: &str = "recipes/cpython/profiles/3.99.1.profile.tar.zst";
const FULL: &str = "dist/cpython-3.99.1+20260101-x86_64-unknown-linux-gnu-pgo-full.tar.zst";

fn train(toy: &Toy, words: &[&str]) -> Ran {
    let words = [&["train", "--log", "json"], &toy.running()[..], words].concat();
    Ran::of(toy.pbs(&[], &words).output().unwrap())
}

/// `pbs.profile` of the full archive's manifest.
fn profile(toy: &Toy) -> serde_json::Value {
    let file = fs_err::File::open(toy.path(FULL)).unwrap();
    let mut archive = tar::Archive::new(zstd::Decoder::new(file).unwrap());
    let first = archive.entries().unwrap().next().unwrap().unwrap();
    let manifest: serde_json::Value = serde_json::from_reader(first).unwrap();
    manifest["pbs"]["profile"].clone()
}

#[test]
fn a_recorded_profile_is_used_and_nothing_is_trained() {
    let Some(toy) = Toy::new("toy") else { return };
    // Without one, the way to get one is said before anything is done.
    let ran = toy.build(&["--options", "pgo"]);
    ran.check(1);
    assert_eq!(
        ran.message(),
        "error: no profile of CPython 3.99.1 is recorded, and `pgo` compiles with one\n\n\
         hint: `pbs train --python 3.99.1` records one; `--train` trains for this build alone\n"
    );

    let trained = train(&toy, &["--options", "pgo"]);
    trained.check(0);
    assert_eq!(trained.stdout, format!("{ARCHIVE}\n{RECORD}\n"));
    let steps = trained.steps("step-finished");
    assert!(steps.contains(&"cpython/train".to_owned()), "{steps:?}");
    assert!(!steps.contains(&"cpython/build".to_owned()), "{steps:?}");
    let record = fs_err::read_to_string(toy.path(RECORD)).unwrap();
    for line in [
        "options: \"pgo\"",
        "  \"functions\": \"3\"",
        "  \"workload\": \"counted to 4\"",
    ] {
        assert!(record.contains(line), "{record}");
    }
    // Training again records the same bytes.
    let archive = fs_err::read(toy.path(ARCHIVE)).unwrap();
    train(&toy, &["--options", "pgo", "--store", "another"]).check(0);
    assert!(fs_err::read(toy.path(ARCHIVE)).unwrap() == archive);
    assert_eq!(fs_err::read_to_string(toy.path(RECORD)).unwrap(), record);

    let ran = toy.built(&["--options", "pgo", "--store", "a third"]);
    let steps = ran.steps("step-finished");
    assert!(steps.contains(&"cpython/profile".to_owned()), "{steps:?}");
    assert!(!steps.contains(&"cpython/instrument".to_owned()), "{steps:?}");
    let found = profile(&toy);
    assert_eq!((&found["functions"], &found["dropped"]), (&3.into(), &1.into()));
    let recorded = found["archive"].as_str().unwrap();
    assert_eq!(recorded, Digest::of(&archive).to_string());

    // For one build alone: the same profile, so the same interpreter; the record stays as it was.
    let ran = toy.built(&["--options", "pgo", "--train", "--store", "a third"]);
    let steps = ran.steps("step-finished");
    assert!(steps.contains(&"cpython/train".to_owned()), "{steps:?}");
    assert!(!steps.contains(&"cpython/build".to_owned()), "{steps:?}");
    assert_eq!(profile(&toy)["archive"], serde_json::Value::Null);
    assert_eq!(fs_err::read_to_string(toy.path(RECORD)).unwrap(), record);
}

#[test]
fn training_that_fails_records_nothing() {
    let Some(toy) = Toy::new("toy") else { return };
    toy.append("recipes/cpython/train.sh", "echo 'a test failed'; exit 3\n");
    let ran = train(&toy, &["--options", "pgo"]);
    ran.check(2);
    assert!(ran.message().contains("  | a test failed\n"), "{}", ran.message());
    assert!(!toy.path("recipes/cpython/profiles").exists());

    let ran = train(&toy, &["--options", "noopt"]);
    ran.check(1);
    assert_eq!(
        ran.message(),
        "error: `noopt` compiles without a profile: there is nothing to train\n\n\
         hint: with a profile there is: pgo\n"
    );
}

#[test]
fn a_profile_that_is_damaged_or_of_another_time_is_told() {
    let Some(toy) = Toy::new("toy") else { return };
    train(&toy, &["--options", "pgo"]).check(0);

    // What has changed since is said; whether it still fits the step itself measures.
    let record = fs_err::read_to_string(toy.path(RECORD)).unwrap();
    let then = record.replace(": \"1.0-1\"", ": \"0.9-1\"");
    assert_ne!(record, then);
    fs_err::write(toy.path(RECORD), then).unwrap();
    let ran = toy.built(&["--options", "pgo"]);
    assert!(
        ran.message()
            .contains("the recorded profile was made when toycompiler was 0.9-1, now it is 1.0-1"),
        "{}",
        ran.message()
    );
    fs_err::remove_dir_all(toy.path("dist")).unwrap();

    let archive = fs_err::read(toy.path(ARCHIVE)).unwrap();
    fs_err::write(toy.path(ARCHIVE), &archive[..archive.len() / 2]).unwrap();
    let ran = toy.build(&["--options", "pgo", "--store", "new"]);
    ran.check(1);
    let message = ran.message();
    assert!(message.contains("3.99.1.profile.tar.zst`"), "{message}");
    assert!(message.contains("`pbs train` records it anew"), "{message}");
    assert!(!toy.path("dist").exists());
    fs_err::write(toy.path(ARCHIVE), &archive).unwrap();

    // The step refuses what does not fit, in its own words.
    toy.append(
        BUILD,
        "if [ -e /in/profile ]; then echo 'too many do not fit'; exit 1; fi\n",
    );
    let ran = toy.build(&["--options", "pgo"]);
    ran.check(2);
    assert!(ran.message().contains("too many do not fit"), "{}", ran.message());
    assert_eq!(toy.built(&[]).steps("step-failed"), NOTHING);
}
