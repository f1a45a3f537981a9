//! What tests share: saying what they need beyond Rust.

use std::path::{Path, PathBuf};

/// Whether a test's need is met; prints `SKIP <need>` where it is not, and fails where
/// `PBS_TEST_REQUIRE` (comma-separated) names it.
pub(crate) fn met(need: &str, met: bool) -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are configured by the environment"
    )]
    let required = std::env::var("PBS_TEST_REQUIRE").unwrap_or_default();
    assert!(
        met || !required.split(',').any(|name| name == need),
        "`{need}` is required but not there"
    );
    if !met {
        #[expect(clippy::print_stderr, reason = "a skipped test says so")]
        {
            eprintln!("SKIP {need}");
        }
    }
    met
}

/// The value of a variable that configures tests.
pub(crate) fn variable(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are configured by the environment"
    )]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Leaves the test, with a `SKIP` line, unless the condition holds: `requires!("cc", path.exists())`.
macro_rules! requires {
    ($need:literal, $met:expr) => {
        if !$crate::support::met($need, $met) {
            return;
        }
    };
}
pub(crate) use requires;

/// A program on the PATH.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = variable("PATH")?;
    let mut places = std::env::split_paths(&path).map(|directory| directory.join(name));
    places.find(|path| path.is_file())
}

/// A program that `ci/test-tools` installs from PyPI: where PBS_TEST_TOOLS says, or in `target/test-tools`.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let directory = variable("PBS_TEST_TOOLS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-tools"),
        PathBuf::from,
    );
    Some(directory.join("bin").join(name)).filter(|path| path.is_file())
}

/// Whether namespaces of its own can be had without being root.
pub(crate) fn has_unshare() -> bool {
    let status = std::process::Command::new("unshare")
        .args(["-Urm", "true"])
        .status();
    status.is_ok_and(|status| status.success())
}

/// Unpacks the archive that `PBS_TEST_DIST` names, or nothing where it names none.
pub(crate) fn built_distribution() -> Option<tempfile::TempDir> {
    Some(unpacked(&variable("PBS_TEST_DIST")?))
}

/// The install archives beside the one that `PBS_TEST_DIST` names, or nothing where it names none.
pub(crate) fn install_archives() -> Option<Vec<String>> {
    let archive = camino::Utf8PathBuf::from(variable("PBS_TEST_DIST")?);
    let beside = archive.parent().unwrap().read_dir_utf8().unwrap();
    let paths = beside.map(|entry| entry.unwrap().into_path().into_string());
    let mut paths: Vec<String> = paths.filter(|path| path.contains("-install_only")).collect();
    paths.sort();
    Some(paths)
}

/// Unpacks an archive.
pub(crate) fn unpacked(archive: &str) -> tempfile::TempDir {
    let file = fs_err::File::open(archive).expect("there is an archive");
    let reader: Box<dyn std::io::Read> = if archive.ends_with(".zst") {
        Box::new(zstd::Decoder::new(file).unwrap())
    } else {
        Box::new(flate2::read::GzDecoder::new(file))
    };
    let place = tempfile::Builder::new().prefix("pbs-dist-").tempdir().unwrap();
    tar::Archive::new(reader).unpack(place.path()).unwrap();
    place
}
