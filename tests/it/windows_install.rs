//! What users do with an installation for Windows, under Wine: environments, wheels, processes, sockets, faults.

use std::path::{Path, PathBuf};

use crate::support::{requires, tool, unpacked, variable};
use crate::wine::Wine;

/// A file of `tests/windows`.
fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/windows")
        .join(name)
}

/// Runs a program, which must succeed and say this last.
fn says(wine: &Wine, program: &Path, arguments: &[&str], last: &str) {
    let output = wine.run(program, arguments);
    let (said, warned) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    assert!(
        output.status.success(),
        "{program:?} {arguments:?}: {said}{warned}"
    );
    let found = said.trim_end().lines().last().unwrap_or_default();
    assert!(
        found.starts_with(last),
        "{program:?} {arguments:?}: {said}{warned}"
    );
}

#[test]
fn an_installation_does_what_users_do() {
    let distribution = variable("PBS_TEST_WINDOWS_DIST");
    requires!("windows-dist", distribution.is_some());
    requires!("wine", Wine::is_there());
    let wheels = tool("python").map(|python| python.with_file_name("../wheels-windows"));
    let wheels = wheels.filter(|wheels| wheels.is_dir());
    requires!("wheels", wheels.is_some());
    let (place, wine) = (unpacked(&distribution.unwrap()), Wine::new());
    let python = place.path().join("python/install/python.exe");

    let of_system = script("system.py");
    says(&wine, &python, &[of_system.to_str().unwrap()], "all well");

    let environment = place.path().join("environment");
    says(&wine, &python, &["-m", "venv", environment.to_str().unwrap()], "");
    let scripts = environment.join("Scripts");
    // Where Wine sees them, wherever the tools are.
    let seen = place.path().join("wheels");
    fs_err::create_dir(&seen).unwrap();
    for wheel in fs_err::read_dir(wheels.unwrap()).unwrap() {
        let wheel = wheel.unwrap();
        fs_err::copy(wheel.path(), seen.join(wheel.file_name())).unwrap();
    }
    let words = [
        "install",
        "--no-index",
        "--disable-pip-version-check",
        "--find-links",
        seen.to_str().unwrap(),
        "cffi",
        "cryptography",
        "lxml",
        "markupsafe",
        "pillow",
        "pydantic_core",
        "pyyaml",
    ];
    says(&wine, &scripts.join("pip.exe"), &words, "Successfully installed");
    let of_wheels = script("wheels.py");
    says(
        &wine,
        &scripts.join("python.exe"),
        &[of_wheels.to_str().unwrap()],
        "all compute",
    );
}
