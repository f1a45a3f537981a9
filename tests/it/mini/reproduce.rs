//! The toy made again from what its manifest says, by the real driver.

use camino::Utf8PathBuf;
use serde_json::Value;

use super::toy::{FINISH, PATCH, Ran, TOYLIB1, TOYLIB2, Toy};
use super::{ARCHIVES, FULL, NOTHING};

fn reproduce(toy: &Toy, dist: &str, args: &[&str]) -> Ran {
    let words = [&["reproduce", dist, "--log", "json"][..], &toy.running(), args].concat();
    Ran::of(toy.pbs(&[], &words).output().unwrap())
}

fn dist(archive: &str) -> String {
    format!("dist/{archive}")
}

#[test]
fn what_was_built_is_reproduced_from_its_manifest() {
    let Some(toy) = Toy::new("toy") else { return };
    toy.built(&[]);
    // A comment is no input.
    toy.append(TOYLIB1, "# Nothing more.\n\n");
    let described = ARCHIVES.into_iter().filter(|name| !name.contains("debuginfo"));
    for archive in described {
        let ran = reproduce(&toy, &dist(archive), &["--keep", "again"]);
        ran.check(0);
        let digest = pbs::model::Digest::of(&fs_err::read(toy.path(&dist(archive))).unwrap());
        assert_eq!(
            ran.stdout,
            format!("reproduced, byte by byte: dist/{archive} {digest}\n")
        );
        // Only what is known by its digest comes from the store.
        let cached = ran.steps("step-cached");
        let is_known = |step: &String| step.ends_with("/source") || step.ends_with("/root");
        assert!(!cached.is_empty() && cached.iter().all(is_known), "{cached:?}");
        assert!(ran.steps("step-finished").contains(&"dist/verify".to_owned()));
        assert_eq!(ran.steps("step-differs"), NOTHING);
    }
    let mut built = toy.archives("dist");
    built.retain(|(name, _)| !name.contains("debuginfo"));
    assert!(toy.archives("again") == built);

    // A store that knows nothing will do; so will a directory.
    let other = reproduce(&toy, &unpacked(&toy), &["--store", "another"]);
    other.check(0);
    assert!(
        other
            .stdout
            .starts_with("reproduced, every file of it: unpacked "),
        "{}",
        other.stdout
    );
    assert!(other.steps("step-started").contains(&"worker/root".to_owned()));

    let ran = reproduce(&toy, &dist(ARCHIVES[0]), &["--format", "json"]);
    let outcome: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&outcome["verdict"], &outcome["version"]),
        (&"reproduced".into(), &1.into())
    );

    // The original is not written over.
    let ran = reproduce(&toy, &dist(ARCHIVES[0]), &["--keep", "dist"]);
    ran.check(1);
    assert!(ran.message().contains("in place of"), "{}", ran.message());
}

/// The full archive, unpacked.
fn unpacked(toy: &Toy) -> String {
    let file = fs_err::File::open(toy.path(&dist(FULL))).unwrap();
    let place: Utf8PathBuf = toy.path("unpacked");
    tar::Archive::new(zstd::Decoder::new(file).unwrap())
        .unpack(place)
        .unwrap();
    "unpacked".to_owned()
}

#[test]
fn what_was_published_is_enough() {
    let Some(toy) = Toy::new("toy") else { return };
    toy.built(&[]);
    let key = Ran::of(toy.pbs(&[], &["publish", "key", "new", "key"]).output().unwrap());
    key.check(0);
    let archives = ARCHIVES.map(dist);
    let mut words = vec!["publish", "--key", "key", "--to", "public"];
    words.extend(archives.iter().map(String::as_str));
    Ran::of(toy.pbs(&[], &words).output().unwrap()).check(0);
    // Nothing else is left of what was built, and another store knows nothing.
    fs_err::remove_dir_all(toy.path("dist")).unwrap();
    let archive = format!("public/archives/{}", ARCHIVES[1]);
    for flavour in ARCHIVES {
        let published = format!("public/archives/{flavour}");
        let words = [
            "verify",
            published.as_str(),
            "--evidence",
            "public",
            "--key",
            "key.pub",
        ];
        Ran::of(toy.pbs(&[], &words).output().unwrap()).check(0);
    }
    let ran = reproduce(&toy, &archive, &["--store", "another"]);
    ran.check(0);
    assert!(
        ran.stdout.starts_with("reproduced, byte by byte: "),
        "{}",
        ran.stdout
    );
    // Provenance names the inputs, but there is nothing to compare with.
    let statement = format!("public/evidence/{}.provenance.json", ARCHIVES[1]);
    let ran = reproduce(&toy, &statement, &[]);
    ran.check(1);
    assert!(
        ran.message().contains("hint: name the archive that it is about"),
        "{}",
        ran.message()
    );
}

#[test]
fn a_pinned_version_is_pinned_again() {
    let Some(toy) = Toy::new("toy") else { return };
    toy.built(&["--pin", "toylib1=0.9"]);
    let ran = reproduce(&toy, &dist(ARCHIVES[0]), &[]);
    ran.check(0);
    // Gone from the recipes, it is told.
    fs_err::remove_file(toy.path("recipes/toylib1/versions/0.9.yaml")).unwrap();
    let ran = reproduce(&toy, &dist(ARCHIVES[0]), &[]);
    ran.check(1);
    assert!(
        ran.message()
            .contains("  version of `toylib1`: 0.9 there, 1.0 here\n"),
        "{}",
        ran.message()
    );
}

#[test]
fn moved_recipes_are_told_and_nothing_is_built() {
    let Some(toy) = Toy::new("toy") else { return };
    toy.built(&[]);
    let full = dist(FULL);
    let told = |inputs: &[&str]| {
        let ran = reproduce(&toy, &full, &[]);
        ran.check(1);
        let message = ran.message();
        assert!(
            message.starts_with(&format!("error: the recipes here would not build `{full}`: ")),
            "{message}"
        );
        for input in inputs {
            assert!(message.contains(input), "{input} is not in:\n{message}");
        }
        assert_eq!(message.matches(" there, ").count(), inputs.len(), "{message}");
        assert!(message.contains("hint: check out the revision"), "{message}");
        assert_eq!((ran.steps("step-started"), ran.stdout.as_str()), (vec![], ""));
    };
    // Each undone before the next.
    let with = |file: &str, old: &str, new: &str, inputs: &[&str]| {
        toy.edit(file, old, new);
        told(inputs);
        toy.edit(file, new, old);
    };
    with(
        TOYLIB2,
        "-O1",
        "-O2",
        &["  recipe of `toylib2` (scripts or flags): sha256:"],
    );
    with(
        PATCH,
        "return 42",
        "return 43",
        &["patch of `toylib1`: `toylib1/1.0/"],
    );
    with(
        "recipes/release.yaml",
        "epoch: 1767225600",
        "epoch: 1767225601",
        &["  epoch: 1767225600 there, 1767225601 here\n"],
    );
    with(
        "recipes/cpython/recipe.yaml",
        "a toy that has",
        "a toy which has",
        &["  summary of `cpython`: a toy that has"],
    );
    let lock = "docker/worker/image.lock";
    with(
        lock,
        "version: \"1.0-1\"",
        "version: \"1.0-2\"",
        &[
            "  worker root's lock: ",
            "  worker root: ",
            "  package of the worker root `toycompiler`: 1.0-1 there, 1.0-2 here\n",
        ],
    );

    fs_err::remove_file(toy.path("recipes/cpython/versions/3.99.1.yaml")).unwrap();
    toy.edit("recipes/release.yaml", "3.99.1", "3.98.0");
    let ran = reproduce(&toy, &full, &[]);
    ran.check(1);
    let message = ran.message();
    assert!(
        message.starts_with("error: there is no version of cpython `3.99.1`"),
        "{message}"
    );
    assert!(message.contains("says that it is this build"), "{message}");
}

#[test]
fn an_irreproducible_step_is_named_and_explained() {
    let Some(toy) = Toy::new("toy") else { return };
    // It changes a line of a file that is packed, and a file that nobody packs.
    toy.append(FINISH, "echo \"# $EPOCHREALTIME\" >> \"$OUT/$stdlib/os.py\"\n");
    toy.append(TOYLIB1, "echo \"// $EPOCHREALTIME\" > \"$OUT/include/stamp.h\"\n");
    toy.built(&[]);
    let ran = reproduce(&toy, &dist(FULL), &["--keep", "again"]);
    ran.check(1);
    // What cpython/build makes of the stamp is the same, so that the next one can be held against
    // what is recorded, too.
    let culprits = ["cpython/finish", "toylib1/build"];
    assert_eq!(ran.steps("step-differs"), culprits);
    let (first, rest) = ran.stdout.split_once('\n').unwrap();
    assert!(
        first.starts_with("step `toylib1/build` made another output from the same inputs: sha256:"),
        "{first}"
    );
    assert!(
        rest.contains("  include/stamp.h\n    text, from line 1 on\n      A: // "),
        "{rest}"
    );
    assert!(
        rest.contains("  python/install/lib/python3.99/os.py\n    text, from line "),
        "{rest}"
    );
    let message = ran.message();
    assert!(
        message.starts_with(&format!(
            "error: `dist/{}` is not reproduced\nnot reproducible: `toylib1/build`, `cpython/finish`, which made",
            FULL
        )),
        "{message}"
    );
    assert!(toy.path("again").join(FULL).exists());
    // What was recorded stays, so that it is found as often as one asks.
    assert_eq!(toy.built(&[]).steps("step-started"), NOTHING);
    let again = reproduce(&toy, &dist(FULL), &[]);
    assert_eq!(again.steps("step-differs"), culprits);

    let difference = Ran::of(
        toy.pbs(&[], &["diff", &dist(FULL), &format!("again/{}", FULL)])
            .output()
            .unwrap(),
    );
    difference.check(1);
    assert!(
        difference.stdout.ends_with("different: 2 with other content\n"),
        "{}",
        difference.stdout
    );
}
