//! A built distribution, tested by its own interpreter outside of any sandbox (`tests/dist/`).
//!
//! `PBS_TEST_DIST` names the archive; each file of tests runs in a process of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{requires, variable};

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dist")
}

/// Unpacks the archive and returns its interpreter.
fn interpreter(archive: &str, into: &Path) -> PathBuf {
    let file = fs_err::File::open(archive).expect("PBS_TEST_DIST names an archive");
    let reader: Box<dyn std::io::Read> = if archive.ends_with(".zst") {
        Box::new(zstd::Decoder::new(file).unwrap())
    } else {
        Box::new(flate2::read::GzDecoder::new(file))
    };
    tar::Archive::new(reader).unpack(into).unwrap();
    let full = into.join("python/install/bin/python3");
    if full.exists() {
        full
    } else {
        into.join("python/bin/python3")
    }
}

fn run(file: &str) {
    let archive = variable("PBS_TEST_DIST");
    requires!("dist", archive.is_some());
    let place = tempfile::Builder::new().prefix("pbs-dist-").tempdir().unwrap();
    let python = interpreter(&archive.unwrap_or_default(), place.path());
    let output = Command::new(python)
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
fn features() {
    run("test_features.py");
}

#[test]
fn packages() {
    run("test_packages.py");
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
