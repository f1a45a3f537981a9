//! A built distribution, tested by its own interpreter outside of any sandbox (`tests/dist/`).
//!
//! `PBS_TEST_DIST` names the archive; each file of tests runs in a process of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{built_distribution, install_archives, requires, unpacked};

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dist")
}

/// The interpreter of an unpacked archive, of the full one or of an install archive.
fn interpreter(place: &Path) -> PathBuf {
    let full = place.join("python/install/bin/python3");
    if full.exists() {
        full
    } else {
        place.join("python/bin/python3")
    }
}

fn run(file: &str) {
    let place = built_distribution();
    requires!("dist", place.is_some());
    run_in(place.unwrap().path(), file);
}

fn run_in(place: &Path, file: &str) {
    let output = Command::new(interpreter(place))
        .arg("-B")
        .arg(tests().join(file))
        .arg("-v")
        .env_remove("PYTHONPATH")
        .env_remove("PYTHONHOME")
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{file}:\n{}\n{shown}",
        String::from_utf8_lossy(&output.stdout)
    );
    let ran = shown
        .lines()
        .any(|line| line.starts_with("Ran ") && !line.starts_with("Ran 0 "));
    assert!(ran, "{file} ran no test:\n{shown}");
}

#[test]
fn relocation() {
    run("test_relocation.py");
}

#[test]
fn install_archives_work_anywhere() {
    let archives = install_archives();
    requires!("dist", archives.is_some());
    let archives = archives.unwrap();
    assert!(!archives.is_empty(), "install archives are beside the full one");
    for archive in archives {
        run_in(unpacked(&archive).path(), "test_relocation.py");
    }
}

#[test]
fn features() {
    run("test_features.py");
}

#[test]
fn packages() {
    run("test_packages.py");
}

#[test]
fn debugging() {
    run("test_debugging.py");
}

#[test]
fn training() {
    run("test_training.py");
}

#[test]
fn certificates() {
    run("test_certificates.py");
}

#[test]
fn every_file_of_tests_is_run() {
    let this =
        fs_err::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/dist.rs")).unwrap();
    for entry in fs_err::read_dir(tests()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.starts_with("test_") {
            assert!(this.contains(&format!("run(\"{name}\")")), "{name} is not run");
        }
    }
}
