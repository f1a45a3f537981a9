//! The toy with a directory in the place of its sysroot, by the real driver.

use camino::{Utf8Path, Utf8PathBuf};
use pbs::model::Digest;
use serde_json::Value;

use super::toy::{Ran, Toy};
use super::{ARCHIVES, FULL, NOTHING};

/// What the recipes would make, in a directory of somebody's.
fn given(toy: &Toy) -> Utf8PathBuf {
    let printed = toy.built(&["--only", "sysroot/build"]).stdout;
    let given = toy.path("given");
    let words = ["cp", "-R", printed.trim(), given.as_str()];
    assert!(toy.program(&words).status().unwrap().success());
    given
}

fn manifest(toy: &Toy, archive: &str) -> Value {
    let file = fs_err::File::open(toy.path("dist").join(archive)).unwrap();
    let mut archive = tar::Archive::new(zstd::Decoder::new(file).unwrap());
    let mut entries = archive.entries().unwrap().map(Result::unwrap);
    let first = entries.next().unwrap();
    assert_eq!(first.path().unwrap().to_str(), Some("python/PYTHON.json"));
    serde_json::from_reader(first).unwrap()
}

fn run(toy: &Toy, words: &[&str]) -> Ran {
    Ran::of(toy.pbs(&[], words).output().unwrap())
}

fn reproduce(toy: &Toy, args: &[&str]) -> Ran {
    let dist = format!("dist/{FULL}");
    run(toy, &[&["reproduce", &dist][..], &toy.running(), args].concat())
}

#[test]
fn a_given_sysroot_makes_the_same_of_everything_else() {
    let Some(toy) = Toy::new("toy") else { return };
    let made = toy.built(&[]);
    assert!(made.steps("step-started").contains(&"sysroot/build".to_owned()));
    let own = manifest(&toy, FULL);
    assert!(own["pbs"].get("sysroot").is_none());
    let sysroot = given(&toy);
    let before = fs_err::metadata(sysroot.join("lib/crt1.o")).unwrap();

    let ran = toy.built(&["--sysroot", "given"]);
    // It has the content that the recipes' own has: nothing that sees it is done again.
    let mut started = ran.steps("step-started");
    started.retain(|step| !step.starts_with("dist/"));
    assert_eq!(started, ["sysroot/build"]);
    let after = fs_err::metadata(sysroot.join("lib/crt1.o")).unwrap();
    assert_eq!(before.modified().unwrap(), after.modified().unwrap());

    // What is told of it is that it was given, and what is in it.
    let told = manifest(&toy, FULL);
    let tree = told["pbs"]["sysroot"]["tree"].as_str().unwrap().to_owned();
    assert_eq!(told["pbs"]["sysroot"]["layout"], "one directory lib");
    let names = |manifest: &Value| -> Vec<String> {
        let components = manifest["pbs"]["components"].as_array().unwrap();
        let names = components
            .iter()
            .map(|one| one["name"].as_str().unwrap().to_owned());
        names.collect()
    };
    let mut expected = names(&own);
    expected.retain(|name| name != "sysroot");
    assert_eq!(names(&told), expected);
    // What is told of all the others is what it was: their recipes, too.
    let others = |manifest: &Value| -> Vec<Value> {
        let components = manifest["pbs"]["components"].as_array().unwrap().iter();
        components
            .filter(|one| one["name"] != "sysroot")
            .cloned()
            .collect()
    };
    assert_eq!(others(&own), others(&told));
    assert!(
        !told.to_string().contains(toy.root.as_str()),
        "a host path is told"
    );
    let dist = format!("dist/{FULL}");
    let shown = run(&toy, &["inspect", &dist]).stdout;
    assert!(
        shown.contains(&format!(
            "\ngiven sysroot: {tree} (one directory lib); whoever gave"
        )),
        "{shown}"
    );
    run(&toy, &[&["verify", &dist][..], &toy.running()].concat()).check(0);

    // Where it stands is no part of anything.
    fs_err::rename(&sysroot, toy.path("elsewhere")).unwrap();
    let ran = toy.built(&["--sysroot", "elsewhere"]);
    assert_eq!(ran.steps("step-started"), NOTHING);

    // It can be made again by those who have it.
    let ran = reproduce(&toy, &["--sysroot", "elsewhere"]);
    ran.check(0);
    let digest = Digest::of(&fs_err::read(toy.path(&format!("dist/{FULL}"))).unwrap());
    assert_eq!(
        ran.stdout,
        format!("reproduced, byte by byte: dist/{FULL} {digest}\n")
    );
    let ran = reproduce(&toy, &[]);
    ran.check(1);
    assert_eq!(
        ran.message(),
        format!(
            "error: the recipes here would not build `dist/{FULL}`: one input differs\n  \
             given sysroot: {tree} (one directory lib) there, none here\n\n\
             hint: give the directory with that digest: `--sysroot DIR`\n"
        )
    );
    fs_err::write(toy.path("elsewhere/lib/more"), "more").unwrap();
    let ran = reproduce(&toy, &["--sysroot", "elsewhere"]);
    ran.check(1);
    let message = ran.message();
    assert!(message.contains("one input differs"), "{message}");
    assert!(message.contains(&format!("given sysroot: {tree} (")), "{message}");
    assert!(
        message.contains("hint: give the directory that it was made with"),
        "{message}"
    );

    // Other content is another build of all that sees it.
    let ran = toy.built(&["--sysroot", "elsewhere", "--only", "toylib1/build"]);
    assert_eq!(ran.steps("step-started"), ["sysroot/build", "toylib1/build"]);
    let words = ["explain", "cpython/build", "--sysroot", "elsewhere"];
    let ran = run(&toy, &words);
    ran.check(0);
    assert!(ran.stdout.contains("input `sysroot` changed"), "{}", ran.stdout);
    assert_eq!(toy.archives("dist").len(), ARCHIVES.len());

    // One that was made with the recipes' own is not made again with another.
    toy.built(&[]);
    let ran = reproduce(&toy, &["--sysroot", "elsewhere"]);
    ran.check(1);
    assert!(
        ran.message().contains("hint: leave `--sysroot` out"),
        "{}",
        ran.message()
    );
}

#[test]
fn a_directory_that_will_not_do_is_told_before_anything_is_built() {
    let Some(toy) = Toy::new("toy") else { return };
    let place = toy.path("given");
    let refused = |make: &dyn Fn(&Utf8Path)| {
        if place.exists() {
            fs_err::remove_dir_all(&place).unwrap();
        }
        fs_err::create_dir_all(place.join("lib")).unwrap();
        for name in ["libc.so.6", "crt1.o"] {
            fs_err::write(place.join("lib").join(name), name).unwrap();
        }
        make(&place.join("lib"));
        let ran = toy.build(&["--sysroot", "given"]);
        ran.check(1);
        assert_eq!(ran.steps("step-started"), NOTHING);
        ran.message()
    };
    let mut text = String::new();
    text += &refused(&|lib| {
        fs_err::rename(lib.join("crt1.o"), lib.join("CRT1.o")).unwrap();
        fs_err::remove_file(lib.join("libc.so.6")).unwrap();
    });
    text += &refused(&|lib| {
        fs_err::create_dir(lib.with_file_name("inner")).unwrap();
        fs_err::rename(lib, lib.with_file_name("inner").join("lib")).unwrap();
    });
    text += &refused(&|lib| fs_err::os::unix::fs::symlink("/etc/passwd", lib.join("users")).unwrap());
    text += &refused(&|lib| fs_err::os::unix::fs::symlink("../../out", lib.join("out")).unwrap());
    text += &refused(&|lib| drop(std::os::unix::net::UnixListener::bind(lib.join("socket")).unwrap()));
    text += &refused(&|lib| fs_err::write(lib.join("CRT1.O"), "another").unwrap());
    fs_err::remove_dir_all(&place).unwrap();
    text += &toy.build(&["--sysroot", "given"]).message();
    insta::with_settings!({ snapshot_path => "../../snapshots/cli", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("given-refused", text.replace(toy.root.as_str(), "[ROOT]"));
    });
}
