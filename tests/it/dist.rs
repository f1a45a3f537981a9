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

/// The sections that are loaded, in order: name, address, bytes.
fn loaded(file: &Path) -> Vec<(String, u64, Vec<u8>)> {
    use object::{Object as _, ObjectSection as _};
    let bytes = fs_err::read(file).unwrap();
    let elf = object::File::parse(&*bytes).unwrap();
    // What is not loaded has no address.
    elf.sections()
        .filter(|section| section.address() != 0)
        .map(|section| {
            (
                section.name().unwrap().to_owned(),
                section.address(),
                section.data().unwrap().to_vec(),
            )
        })
        .collect()
}

#[test]
fn stripping_changes_nothing_that_is_loaded() {
    let archives = install_archives();
    requires!("dist", archives.is_some());
    let places: Vec<_> = archives
        .unwrap()
        .iter()
        .map(|archive| unpacked(archive))
        .collect();
    let [plain, stripped] = places.as_slice() else {
        panic!("there are two install archives");
    };
    let bin = fs_err::canonicalize(interpreter(plain.path())).unwrap();
    let bin = bin.strip_prefix(plain.path().canonicalize().unwrap()).unwrap();
    let libraries = fs_err::read_dir(plain.path().join("python/lib")).unwrap();
    let libraries = libraries.map(|entry| Path::new("python/lib").join(entry.unwrap().file_name()));
    let libraries: Vec<_> = libraries
        .filter(|file| file.to_string_lossy().contains(".so"))
        .collect();
    assert!(!libraries.is_empty());
    for file in libraries.iter().map(PathBuf::as_path).chain([bin]) {
        let [before, after] = [plain, stripped].map(|place| loaded(&place.path().join(file)));
        assert!(
            before
                .iter()
                .any(|(name, _, bytes)| name == ".dynsym" && !bytes.is_empty())
        );
        assert_eq!(before.len(), after.len(), "{}", file.display());
        for (one, other) in before.iter().zip(&after) {
            assert!(one == other, "{}: {} differs", file.display(), one.0);
        }
    }
    let size = |place: &Path| fs_err::metadata(place.join(bin)).unwrap().len();
    assert!(size(stripped.path()) < size(plain.path()));
}

#[test]
fn features() {
    run("test_features.py");
}

#[test]
fn starting() {
    run("test_starting.py");
}

#[test]
fn counting() {
    run("test_counting.py");
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
