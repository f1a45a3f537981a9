//! What is talked of: an archive and the manifest in it.

use crate::manifest::{ComponentRecord, Manifest};
use crate::model::Digest;
use crate::plan::LockedPackage;

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
    /// The packages of the machine that steps ran in, where its lock is at hand.
    pub packages: &'a [LockedPackage],
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

/// What a directory in the place of a sysroot is called in bills and provenance.
pub(super) const SYSROOT: &str = "given sysroot";

/// A text where there is one.
pub(super) fn some(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::manifest::SysrootRecord;
    use crate::model::TreeDigest;

    /// A distribution with a component that is linked and one that is not.
    pub(crate) fn with_subject<T>(use_it: impl FnOnce(&Subject<'_>) -> T) -> T {
        with(None, use_it)
    }

    /// The same, made with a sysroot that somebody gave.
    pub(crate) fn with_given<T>(use_it: impl FnOnce(&Subject<'_>) -> T) -> T {
        let given = SysrootRecord {
            layout: "toy".to_owned(),
            tree: TreeDigest(Digest::of(b"given")),
            terms: SysrootRecord::TERMS.to_owned(),
        };
        with(Some(given), use_it)
    }

    fn with<T>(sysroot: Option<SysrootRecord>, use_it: impl FnOnce(&Subject<'_>) -> T) -> T {
        let sample = include_bytes!("../../tests/fixtures/manifest/sample.json");
        let mut manifest = Manifest::read(sample).unwrap();
        let zlib = &mut manifest.pbs.components[0];
        zlib.cpe = Some("cpe:2.3:a:zlib:zlib:1.3.1:*:*:*:*:*:*:*".to_owned());
        zlib.url = Some("https://example.org/zlib-1.3.1.tar.xz".to_owned());
        let mut toolchain = zlib.clone();
        toolchain.name = "toolchain".to_owned();
        toolchain.linked = false;
        manifest.pbs.components.push(toolchain);
        manifest.pbs.sysroot = sysroot;
        let compiler = ("clang-22".to_owned(), "1:22.1.8+x".to_owned());
        manifest.pbs.worker.toolchain.extend([compiler]);
        let package = LockedPackage {
            package: "clang-22".to_owned(),
            version: "1:22.1.8+x".to_owned(),
            architecture: "amd64".to_owned(),
            suite: "trixie".to_owned(),
            filename: "pool/main/clang-22.deb".to_owned(),
            size: 1,
            sha256: "0".repeat(64),
        };
        use_it(&Subject {
            name: "cpython-3.13.5+20260101-a-b-c-noopt-full.tar.zst",
            digest: Digest::of(b"archive"),
            manifest_digest: Digest::of(sample),
            manifest: &manifest,
            packages: &[package],
        })
    }
}
