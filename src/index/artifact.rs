//! One published archive.

use serde::{Deserialize, Serialize};

use super::{FileName, Sum, Tag};
use crate::model::{Digest, Options, PythonVersion, Target, TreePath};
use crate::plan::Flavor;

/// A published archive.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// Its file name.
    pub name: FileName,
    /// Where it is, relative to the index.
    pub path: TreePath,
    /// The version of CPython.
    pub python: PythonVersion,
    /// Release tag.
    pub tag: Tag,
    /// The triple it runs on.
    pub target: Target,
    /// The options of its build.
    pub options: Options,
    /// Which archive.
    pub flavor: Flavor,
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256 sum.
    pub digest: Sum,
    /// The sum of its `PYTHON.json`; only debug information has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Sum>,
    /// What is said of it.
    #[serde(default)]
    pub evidence: Evidence,
}

/// Documents about an archive.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// What it consists of, as SPDX 2.3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spdx: Option<Published>,
    /// The same as CycloneDX 1.6.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cyclonedx: Option<Published>,
    /// How it was made: an in-toto statement with SLSA provenance, in a signed DSSE envelope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Published>,
}

/// A file beside the archives.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Where it is, relative to the index.
    pub path: TreePath,
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256 sum.
    pub digest: Sum,
}

impl Artifact {
    /// Sum and length of the archive.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest.sized(self.size)
    }
}

impl Published {
    /// Sum and length of the file.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest.sized(self.size)
    }
}

impl Evidence {
    /// The documents that there are.
    pub fn documents(&self) -> impl Iterator<Item = &Published> {
        [&self.spdx, &self.cyclonedx, &self.provenance]
            .into_iter()
            .flatten()
    }
}
