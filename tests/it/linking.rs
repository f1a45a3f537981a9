//! `pbs link` as tests call it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Where the applications stand that tests link.
pub(crate) fn single() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/single")
}

/// Links a distribution; paths among the words are relative to `here`.
pub(crate) fn link(here: &Path, dist: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pbs"))
        .args(["--log", "plain", "link"])
        .arg(dist)
        .args(words)
        .current_dir(here)
        .output()
        .unwrap()
}

/// The same, to a file.
pub(crate) fn link_to(here: &Path, dist: &Path, output: &Path, words: &[&str]) -> Output {
    link(
        here,
        dist,
        &[&["--output", output.to_str().unwrap()], words].concat(),
    )
}

/// What a program said to people.
pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
