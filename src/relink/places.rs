//! Where this machine may have linkers.

use camino::{Utf8Path, Utf8PathBuf};

use crate::link::Places;

/// The directories of `path`, and those where Rust's toolchains keep their linker: rustup's below `rustup`, and a
/// distribution's.
#[must_use]
pub fn linkers(path: &str, rustup: Option<&Utf8Path>) -> Places {
    let mut rust = Vec::new();
    let toolchains = rustup.map(|home| home.join("toolchains"));
    for toolchain in toolchains.iter().flat_map(|dir| entries(dir)) {
        rust.extend(programs(&toolchain.join("lib/rustlib")));
    }
    rust.extend(programs(Utf8Path::new("/usr/lib/rustlib")));
    Places {
        path: std::env::split_paths(path)
            .filter_map(|dir| Utf8PathBuf::from_path_buf(dir).ok())
            .filter(|dir| dir.is_absolute())
            .collect(),
        rust,
    }
}

/// `bin` of each of Rust's targets.
fn programs(rustlib: &Utf8Path) -> impl Iterator<Item = Utf8PathBuf> {
    let bins = entries(rustlib).into_iter().map(|target| target.join("bin"));
    bins.filter(|bin| bin.is_dir())
}

/// What is in a directory, by name; nothing where there is none.
fn entries(dir: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut found: Vec<Utf8PathBuf> = dir
        .read_dir_utf8()
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.into_path()))
        .collect();
    found.sort();
    found
}
