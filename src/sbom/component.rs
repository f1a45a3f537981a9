//! A component that was built from source.

use super::package::{Checksum, Reference};
use super::{NOTHING, Package, Purpose, all_of};

/// A component that was built from source, as manifests and reports both know it.
#[derive(Clone, Debug)]
pub(crate) struct Component<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    pub(crate) purpose: Purpose,
    pub(crate) summary: &'a str,
    pub(crate) homepage: &'a str,
    /// Upstream's address of the source.
    pub(crate) url: Option<&'a String>,
    /// The SHA-256 sum of upstream's archive.
    pub(crate) archive: Option<String>,
    /// Expressions that all apply.
    pub(crate) licences: &'a [String],
    pub(crate) purl: Option<&'a String>,
    pub(crate) cpe: Option<&'a String>,
}

impl Component<'_> {
    /// The same in a document's words.
    pub(crate) fn package(self) -> Package {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let licences = all_of(self.licences).unwrap_or_else(|| NOTHING.to_owned());
        let purl = self.purl.map(|purl| Reference::purl(purl));
        let cpe = self.cpe.map(|cpe| Reference::cpe(cpe));
        Package {
            version_info: some(self.version),
            download_location: self.url.cloned().unwrap_or_else(|| NOTHING.to_owned()),
            checksums: self.archive.map(Checksum::sha256).into_iter().collect(),
            license_concluded: licences.clone(),
            license_declared: licences,
            summary: some(self.summary),
            homepage: some(self.homepage),
            external_refs: purl.into_iter().chain(cpe).collect(),
            ..Package::new(self.name, self.purpose)
        }
    }
}

/// What is said of a source that is not as upstream has it; nothing where it is.
pub(crate) fn patched<'a>(patches: impl IntoIterator<Item = &'a String>) -> Option<String> {
    let patches: Vec<&str> = patches.into_iter().map(String::as_str).collect();
    (!patches.is_empty()).then(|| format!("built from source with these patches: {}", patches.join(", ")))
}
