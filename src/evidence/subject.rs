//! What is talked of: an archive and the manifest in it.

use crate::manifest::{ComponentRecord, Manifest};
use crate::model::Digest;

/// An archive and its manifest.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The archive's file name.
    pub name: &'a str,
    /// Its digest.
    pub digest: Digest,
    /// The digest of `PYTHON.json` as it stands in the archive.
    pub manifest_digest: Digest,
    /// What `PYTHON.json` says.
    pub manifest: &'a Manifest,
}

impl<'a> Subject<'a> {
    /// The components whose code is in the distribution.
    pub(super) fn linked(&self) -> impl Iterator<Item = &'a ComponentRecord> + use<'a> {
        let components = self.manifest.pbs.components.iter();
        components.filter(|component| component.linked)
    }

    /// One line on what it is.
    pub(super) fn summary(&self) -> String {
        let manifest = self.manifest;
        format!(
            "CPython {} for {} ({}, {}, {})",
            manifest.python_version,
            manifest.target_triple,
            manifest.build_options,
            manifest.pbs.flavor.as_str(),
            manifest.pbs.tag
        )
    }
}

/// Whose word these documents are.
pub(super) const TOOL: &str = "pbs";
/// The version of it.
pub(super) const TOOL_VERSION: &str = env!("CARGO_PKG_VERSION");
/// Where it is at home.
pub(super) const HOME: &str = env!("CARGO_PKG_REPOSITORY");

/// A text where there is one.
pub(super) fn some(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A distribution with a component that is linked and one that is not.
    pub(crate) fn with_subject<T>(use_it: impl FnOnce(&Subject<'_>) -> T) -> T {
        let sample = include_bytes!("../../tests/fixtures/manifest/sample.json");
        let mut manifest = Manifest::read(sample).unwrap();
        let zlib = &mut manifest.pbs.components[0];
        zlib.cpe = Some("cpe:2.3:a:zlib:zlib:1.3.1:*:*:*:*:*:*:*".to_owned());
        zlib.url = Some("https://example.org/zlib-1.3.1.tar.xz".to_owned());
        let mut toolchain = zlib.clone();
        toolchain.name = "toolchain".to_owned();
        toolchain.linked = false;
        manifest.pbs.components.push(toolchain);
        use_it(&Subject {
            name: "cpython-3.13.5+20260101-a-b-c-noopt-full.tar.zst",
            digest: Digest::of(b"archive"),
            manifest_digest: Digest::of(sample),
            manifest: &manifest,
        })
    }
}
