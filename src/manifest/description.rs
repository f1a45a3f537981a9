//! What is known of a distribution before it is built: the recipe's part of the manifest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::SysrootRecord;
use crate::model::{AppleSdk, Digest, ObjectFormat, Options, Os, Pin, PythonVersion, Target, TreeDigest};
use crate::plan::{LicenseFile, Module};

/// Everything that `PYTHON.json` says which cannot be observed in the built tree.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Description {
    /// The version of CPython.
    pub python: PythonVersion,
    /// Where it runs.
    pub target: Target,
    /// The target's operating system.
    pub os: Os,
    /// Format of the objects.
    pub object_format: ObjectFormat,
    /// The build's options.
    pub options: Options,
    /// `crt_features` of the target.
    pub crt_features: Vec<String>,
    /// What its code is compiled against, where that is Apple's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apple_sdk: Option<AppleSdk>,
    /// Platform tag of the target, as in wheels.
    pub platform_tag: String,
    /// Release tag, `YYYYMMDD` of the epoch.
    pub tag: String,
    /// The epoch in seconds since 1970.
    pub epoch: u64,
    /// The extension modules as the recipes have them.
    pub modules: BTreeMap<String, Module>,
    /// Every package that is linked in or was built with, CPython first.
    pub components: Vec<Component>,
    /// What stands in the place of the sysroot's package, where a directory was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sysroot: Option<SysrootRecord>,
    /// The worker root: folder of `docker/` and definition digest.
    pub worker: WorkerIdentity,
    /// The profile, where the options have one.
    pub profile: Option<ProfileIdentity>,
}

/// The profile that the interpreter is compiled with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct ProfileIdentity {
    /// Digest of the recorded profile's archive; nothing where it is trained for this build alone.
    pub archive: Option<Pin>,
}

/// A package that a distribution was made from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Component {
    /// The package's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// One line on what it is.
    pub summary: String,
    /// Its home page.
    pub homepage: String,
    /// Upstream's address of the source.
    pub url: Option<String>,
    /// Digest of upstream's archive.
    pub archive: Option<Pin>,
    /// Digest of the selected tree, where the recipe has it.
    pub tree: Option<TreeDigest>,
    /// Patches: path in `patches/` → digest.
    pub patches: BTreeMap<String, Digest>,
    /// Digest of its commands, flags and scripts.
    pub recipe: Digest,
    /// Licence texts.
    pub licenses: Vec<LicenseFile>,
    /// Static libraries.
    pub libraries: Vec<String>,
    /// Whether it ends up in the distribution (the sysroot and the toolchain wrappers do not).
    pub linked: bool,
    /// CPE 2.3 name.
    pub cpe: Option<String>,
    /// Package URL.
    pub purl: Option<String>,
}

/// The worker root that steps ran in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct WorkerIdentity {
    /// Folder of `docker/`.
    pub image: String,
    /// Digest of the lock.
    pub lock: Digest,
    /// Definition digest of the step that unpacks it.
    pub root: Digest,
    /// Versions of the packages that make code: package → version.
    pub toolchain: BTreeMap<String, String>,
}
