//! Crate files, through the machine's own cargo.
//!
//! Owns finding a `.crate` in cargo's cache and making cargo put it there. Which registry that
//! is, and how it is reached, is cargo's configuration alone.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;

use super::client::{Client, ClientError};
use crate::model::Pin;
use crate::plan::CrateFile;

/// Cargo's cache, looked through for a crate of the right size; the caller checks its digest.
pub(crate) fn find_cached(home: &Utf8Path, krate: &CrateFile, pin: &Pin) -> Vec<Utf8PathBuf> {
    let CrateFile { name, version } = krate;
    let Ok(registries) = home.join("registry/cache").read_dir_utf8() else {
        return Vec::new();
    };
    let mut found: Vec<_> = registries
        .filter_map(|registry| Some(registry.ok()?.into_path().join(format!("{name}-{version}.crate"))))
        .filter(|file| {
            fs_err::metadata(file).is_ok_and(|metadata| pin.size.is_none_or(|size| size == metadata.len()))
        })
        .collect();
    found.sort();
    found
}

/// Has cargo download a crate into its cache.
pub(crate) fn download(
    scratch: &Utf8Path,
    krate: &CrateFile,
    cancelled: &CancellationToken,
) -> Result<(), ClientError> {
    let CrateFile { name, version } = krate;
    // What stands after the plus is not part of a requirement.
    let requirement = version.split('+').next().unwrap_or_default();
    let cargo = |args: &[&str]| {
        Client {
            program: "cargo",
            args: args.iter().map(|&arg| arg.to_owned()).collect(),
            dir: scratch,
            limit: Duration::from_secs(600),
            cancelled,
        }
        .run()
    };
    // Downloads this one crate and none that it depends on.
    let spec = format!("{name}@{requirement}");
    let Err(error) = cargo(&["info", "--quiet", "--color", "never", &spec]) else {
        return Ok(());
    };
    // A cargo before 1.82 has no `info`. A package that depends on the crate works everywhere,
    // at the price of the crate's own dependencies.
    let manifest = format!(
        "[package]\nname = \"scratch\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[lib]\npath = \"lib.rs\"\n[workspace]\n\
         [dependencies]\nwanted = {{ package = \"{name}\", version = \"={requirement}\", default-features = false }}\n"
    );
    let written = fs_err::write(scratch.join("Cargo.toml"), manifest)
        .and_then(|()| fs_err::write(scratch.join("lib.rs"), ""));
    if written.is_ok() && cargo(&["fetch", "--quiet", "--color", "never"]).is_ok() {
        return Ok(());
    }
    Err(error)
}
