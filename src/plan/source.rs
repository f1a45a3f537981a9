//! Where a source comes from, and what it is known by.

use serde::Serialize;

use crate::model::{Pin, TreeDigest, TreePath};

/// See [`StepKind::Fetch`](super::StepKind::Fetch).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Fetch {
    /// `zlib-1.3.1`, for people.
    pub name: String,
    /// What decides whether we got the right thing; all of it that is part of the key.
    pub identity: SourceIdentity,
    /// Where to look, in order of preference. Not part of the key.
    pub places: Vec<Place>,
}

/// What identifies a source.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SourceIdentity {
    /// The archive with this digest, with `strip` leading components removed and `select`
    /// applied. All places offer the same bytes.
    Archive {
        /// Digest of the archive.
        digest: Pin,
        /// Leading path components that are removed.
        strip: u32,
        /// Globs of the files that are used, on stripped paths; empty means all.
        select: Vec<String>,
    },
    /// The extracted, stripped, selected tree, however it is packed.
    Tree {
        /// Digest of the tree.
        digest: TreeDigest,
        /// Globs of the files that are used, on stripped paths; empty means all.
        select: Vec<String>,
    },
}

/// A place that offers a source: who to ask, and which bytes it gives.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Place {
    /// Who to ask.
    pub origin: Origin,
    /// Digest of the archive this place gives; upstream does not always say the size.
    pub archive: Pin,
    /// Leading path components that are removed.
    pub strip: u32,
    /// The part of the (stripped) archive that is the source; the root for all of it.
    pub subdir: TreePath,
}

/// Who offers a source.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// An address on the web.
    Url(String),
    /// A file of a Debian source package, through the machine's own package configuration.
    Debian(DebianFile),
    /// A crate, through the machine's own cargo.
    Crate(CrateFile),
    /// A file of a Python project, through the machine's own pip.
    Pypi(PypiFile),
    /// A file of the checkout that the recipes are in.
    Checkout(String),
}

/// A file of a Debian source package.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(inline, deny_unknown_fields))]
pub struct DebianFile {
    /// `trixie`.
    pub suite: String,
    /// Name of the source package.
    pub source: String,
    /// Its version, with epoch and revision.
    pub version: String,
    /// Name of the file.
    pub file: String,
}

/// A crate.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(inline, deny_unknown_fields))]
pub struct CrateFile {
    /// Name of the crate.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A file of a Python project.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(inline, deny_unknown_fields))]
pub struct PypiFile {
    /// Name of the project.
    pub project: String,
    /// Its version.
    pub version: String,
    /// Name of the file.
    pub file: String,
}
