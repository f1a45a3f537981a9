//! Where a version comes from, as written: upstream's archive and its mirrors, or nothing.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use super::quoted::Quoted;
use super::raw::{Sum, TreeSum};
use crate::model::TreePath;

type Text = Quoted<String>;

/// `source:` of a version file.
#[derive(Clone, Debug)]
pub enum SourceEntry {
    /// `none`: it is made of the recipe's own files.
    None,
    /// An archive.
    Archive(Box<ArchiveEntry>),
}

/// Upstream's archive, and who else has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ArchiveEntry {
    /// Upstream's address.
    pub url: Text,
    /// SHA-256 of upstream's archive.
    pub sha256: Sum,
    /// Its size in bytes, where upstream says so.
    #[serde(default)]
    pub size: Option<u64>,
    /// Leading path components that are removed.
    pub strip: u32,
    /// The part of the stripped archive that is the source; it takes a `tree`.
    #[serde(default)]
    pub subdir: Option<Quoted<TreePath>>,
    /// Globs of the files that are used, on the paths that are left; empty means all.
    #[serde(default)]
    pub select: Vec<Text>,
    /// Digest of the stripped, selected tree; needed where a mirror packs differently.
    #[serde(default)]
    pub tree: Option<TreeSum>,
    /// Other places, in order of preference.
    #[serde(default)]
    pub mirrors: Vec<Mirror>,
}

/// Another place that has a source: exactly one of the fields.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mirror {
    /// An address with the same bytes.
    #[serde(default)]
    pub url: Option<Text>,
    /// A file of a Debian source package.
    #[serde(default)]
    pub debian: Option<DebianMirror>,
    /// A crate.
    #[serde(default, rename = "crate")]
    pub krate: Option<CrateMirror>,
    /// A file of a Python project.
    #[serde(default)]
    pub pypi: Option<PypiMirror>,
}

/// See [`Mirror::debian`]. The same bytes as upstream's, unless `sha256` says otherwise.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DebianMirror {
    /// The suite.
    pub suite: Text,
    /// The source package.
    pub source: Text,
    /// Its version.
    pub version: Text,
    /// The file.
    pub file: Text,
    /// SHA-256 of the file, if it is not upstream's.
    #[serde(default)]
    pub sha256: Option<Sum>,
    /// Its size in bytes.
    #[serde(default)]
    pub size: Option<u64>,
    /// Leading path components that are removed, if not as upstream's.
    #[serde(default)]
    pub strip: Option<u32>,
    /// The part of the stripped archive that is the source, if not upstream's.
    #[serde(default)]
    pub subdir: Option<Quoted<TreePath>>,
}

/// See [`Mirror::krate`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CrateMirror {
    /// The crate.
    pub name: Text,
    /// Its version.
    pub version: Text,
    /// SHA-256 of the crate's archive.
    pub sha256: Sum,
    /// Its size in bytes.
    #[serde(default)]
    pub size: Option<u64>,
    /// Leading path components that are removed.
    pub strip: u32,
    /// The part of the stripped archive that is the source.
    #[serde(default)]
    pub subdir: Option<Quoted<TreePath>>,
}

/// See [`Mirror::pypi`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PypiMirror {
    /// The project.
    pub project: Text,
    /// Its version.
    pub version: Text,
    /// The file.
    pub file: Text,
    /// SHA-256 of the file.
    pub sha256: Sum,
    /// Its size in bytes.
    #[serde(default)]
    pub size: Option<u64>,
    /// Leading path components that are removed.
    pub strip: u32,
    /// The part of the stripped archive that is the source.
    #[serde(default)]
    pub subdir: Option<Quoted<TreePath>>,
}

impl<'de> Deserialize<'de> for SourceEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SourceVisitor;

        impl<'de> Visitor<'de> for SourceVisitor {
            type Value = SourceEntry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`none` or a map with `url`, `sha256`, …")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<SourceEntry, E> {
                match text {
                    "none" => Ok(SourceEntry::None),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SourceEntry, A::Error> {
                ArchiveEntry::deserialize(de::value::MapAccessDeserializer::new(map))
                    .map(|entry| SourceEntry::Archive(Box::new(entry)))
            }
        }

        deserializer.deserialize_any(SourceVisitor)
    }
}
