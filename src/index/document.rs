//! The index as a whole.

use serde::{Deserialize, Serialize};

use super::{Artifact, PublicKey};
use crate::model::Digest;

/// All that a directory offers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// Says that this is such an index.
    pub format: IndexFormat,
    /// Version of the format; 1. A later one may have other keys.
    pub version: IndexVersion,
    /// Grows with each change; a reader refuses one below what it has seen.
    pub serial: u64,
    /// Keys whose signatures count from this index on. A new key is trusted when an index that a
    /// trusted key signed names it.
    pub keys: Vec<PublicKey>,
    /// The archives, by name.
    pub artifacts: Vec<Artifact>,
}

/// The word that an index begins with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum IndexFormat {
    /// It is ours.
    #[serde(rename = "pbs-index")]
    PbsIndex,
}

/// Version of the format.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub enum IndexVersion {
    /// Version 1.
    V1,
}

impl From<IndexVersion> for u64 {
    fn from(version: IndexVersion) -> Self {
        match version {
            IndexVersion::V1 => 1,
        }
    }
}

impl TryFrom<u64> for IndexVersion {
    type Error = &'static str;

    fn try_from(number: u64) -> Result<Self, &'static str> {
        match number {
            1 => Ok(Self::V1),
            _ => Err("the only version is 1"),
        }
    }
}

impl Index {
    /// Its name in the published directory.
    pub const NAME: &'static str = "index.json";
    /// The name of its signature.
    pub const SIGNATURE: &'static str = "index.json.minisig";
    /// The directory of the archives.
    pub const ARCHIVES: &'static str = "archives";
    /// The directory of the documents about them.
    pub const EVIDENCE: &'static str = "evidence";
    /// The directory of the signatures by what they sign.
    pub const SIGNATURES: &'static str = "signatures";

    /// Where the signature of an index with this content is.
    #[must_use]
    pub fn signature_of(bytes: &[u8]) -> String {
        format!("{}/{}.minisig", Self::SIGNATURES, Digest::of(bytes).hex())
    }

    /// An index before the first publication.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            format: IndexFormat::PbsIndex,
            version: IndexVersion::V1,
            serial: 0,
            keys: Vec::new(),
            artifacts: Vec::new(),
        }
    }

    /// The archive with this name.
    #[must_use]
    pub fn artifact(&self, name: &str) -> Option<&Artifact> {
        self.artifacts
            .iter()
            .find(|artifact| artifact.name.as_str() == name)
    }
}
