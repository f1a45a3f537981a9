//! The key `pbs` of `PYTHON.json`: identities, digests, sizes, reasons.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{Digest, Os, Pin, TreeDigest, TreePath};
use crate::plan::{Flavor, Linkage};

/// What version 8 of the format does not say.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Pbs {
    /// Version of this key's format; 1.
    pub format: PbsVersion,
    /// Which archive this is the manifest of.
    pub flavor: Flavor,
    /// Operating system of the target.
    pub os: Os,
    /// Release tag: the epoch's date, `YYYYMMDD`.
    pub tag: String,
    /// Every timestamp in the distribution, in seconds since 1970.
    pub epoch: u64,
    /// The PGO profile; null where none was used.
    pub profile: Option<ProfileRecord>,
    /// What it was made from, CPython first.
    pub components: Vec<ComponentRecord>,
    /// The directory that was given in the place of the target's sysroot, which else is a component.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sysroot: Option<SysrootRecord>,
    /// The machine that steps ran in.
    pub worker: Worker,
    /// How the interpreter itself is linked.
    pub interpreter: Interpreter,
    /// The extension modules, also those that are not there.
    pub extensions: BTreeMap<String, ExtensionRecord>,
    /// Every file but this one: path → digest.
    pub files: BTreeMap<TreePath, Digest>,
}

/// Version of the format of the key `pbs`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum PbsVersion {
    /// Version 1.
    #[serde(rename = "1")]
    V1,
}

/// The profile that the interpreter was compiled with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProfileRecord {
    /// Digest of the recorded profile's archive; null where it was trained for this build alone.
    pub archive: Option<Pin>,
    /// The functions that the profile has.
    pub functions: u64,
    /// Those of them that have another shape than when they were profiled; compiled without.
    pub dropped: u64,
}

/// A directory that was given in the place of a target's sysroot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SysrootRecord {
    /// How it is laid out.
    pub layout: String,
    /// Digest of what is in it: a Remote Execution `Directory`.
    pub tree: TreeDigest,
    /// Whose matter its licences are, at which nobody looked.
    pub terms: String,
}

impl SysrootRecord {
    /// What is said of the terms of what somebody gave.
    pub const TERMS: &str = "whoever gave the directory answers for the terms of what is in it";
}

impl std::fmt::Display for SysrootRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.tree, self.layout)
    }
}

/// A package that a distribution was made from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ComponentRecord {
    /// Its name.
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
    /// Digest of the part of the source that is used.
    pub tree: Option<TreeDigest>,
    /// Patches in the order of their names: path in `patches/` → digest.
    pub patches: BTreeMap<String, Digest>,
    /// Digest of its recipe: commands, flags and scripts without their comments.
    pub recipe: Digest,
    /// SPDX expressions of its licences.
    pub licenses: Vec<String>,
    /// Texts of its licences.
    pub license_paths: Vec<TreePath>,
    /// Static libraries of it that the distribution carries.
    pub libraries: Vec<TreePath>,
    /// Whether code of it is in the distribution.
    pub linked: bool,
    /// CPE 2.3 name.
    pub cpe: Option<String>,
    /// Package URL.
    pub purl: Option<String>,
}

/// The machine that steps ran in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Worker {
    /// Folder of `docker/`.
    pub image: String,
    /// Digest of its lock.
    pub lock: Digest,
    /// Digest of all that decides what is in it: packages, links, files, what is removed.
    pub root: Digest,
    /// The packages that make code: package → version.
    pub toolchain: BTreeMap<String, String>,
    /// What compilers and linkers wrote into the interpreter about themselves.
    pub observed: Vec<String>,
}

/// How the interpreter is linked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Interpreter {
    /// The object with `main`; null where the distribution has no objects.
    pub main_object: Option<TreePath>,
    /// The dynamic loader it names.
    pub loader: Option<String>,
    /// Whether it can stand at any address.
    pub position_independent: bool,
    /// Bytes of the first thread's stack that it asks for, where a program says so itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<u64>,
    /// What every link starts and ends with; null where the distribution has no objects.
    pub start: Option<StartRecord>,
    /// What a single-file executable has beside the interpreter; null where the distribution has no objects.
    #[serde(default)]
    pub launcher: Option<LauncherRecord>,
    /// Shared libraries that it loads.
    pub needed: Vec<String>,
    /// Highest version of symbols that it needs, by prefix: `GLIBC` → `2.17`.
    pub symbol_versions: BTreeMap<String, String>,
}

/// What every link on the target starts and ends with. A linker needs nothing else from the system.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StartRecord {
    /// The directory that is searched for the system's libraries; it has stubs of them.
    pub directory: TreePath,
    /// Objects before all others, for an executable at fixed addresses.
    pub first: Vec<TreePath>,
    /// Objects before all others, for an executable that can stand at any address.
    pub first_position_independent: Vec<TreePath>,
    /// Objects after all others.
    pub last: Vec<TreePath>,
    /// The compiler's own library of arithmetic.
    pub builtins: TreePath,
    /// Static libraries that the stubs bring in.
    pub nonshared: Vec<TreePath>,
}

impl StartRecord {
    /// The objects before all others.
    #[must_use]
    pub fn first_of(&self, position_independent: bool) -> &[TreePath] {
        if position_independent {
            &self.first_position_independent
        } else {
            &self.first
        }
    }

    /// Whether linkers find this library by its name, without being told where it stands.
    #[must_use]
    pub fn finds(&self, path: &TreePath) -> bool {
        path.parent().as_ref() == Some(&self.directory)
    }

    /// The objects and static libraries.
    pub fn files(&self) -> impl Iterator<Item = &TreePath> {
        self.first
            .iter()
            .chain(&self.first_position_independent)
            .chain(&self.last)
            .chain([&self.builtins])
            .chain(&self.nonshared)
    }
}

/// What a single-file executable has beside the interpreter and its extension modules.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LauncherRecord {
    /// The object with `main`.
    pub main_object: TreePath,
    /// The object that unfolds compressed content.
    pub inflate_object: TreePath,
    /// The static library that it needs.
    pub inflate_library: TreePath,
    /// The other objects: the importer and what starts the interpreter.
    pub objs: Vec<TreePath>,
    /// The C header for programs that link these objects themselves.
    pub header: TreePath,
    /// The modules of the importer that are written in Python.
    pub support: Vec<SupportRecord>,
}

/// A module of the importer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SupportRecord {
    /// The source.
    pub source: TreePath,
    /// The same as bytecode, with the header of a `.pyc` file.
    pub code: TreePath,
}

impl LauncherRecord {
    /// The objects.
    pub fn objects(&self) -> impl Iterator<Item = &TreePath> {
        [&self.main_object, &self.inflate_object]
            .into_iter()
            .chain(&self.objs)
    }

    /// The objects and everything else.
    pub fn files(&self) -> impl Iterator<Item = &TreePath> {
        let support = self
            .support
            .iter()
            .flat_map(|module| [&module.source, &module.code]);
        self.objects()
            .chain([&self.inflate_library, &self.header])
            .chain(support)
    }
}

/// What more there is to say of an extension module.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ExtensionRecord {
    /// `builtin`, `shared` or `absent`.
    pub linkage: Linkage,
    /// Components whose libraries it links.
    pub needs: Vec<String>,
    /// Extension modules whose code it calls; they cannot be left out while it stays.
    pub calls: Vec<String>,
    /// Modules that its machine code imports, as far as it matters where it stays.
    #[serde(default)]
    pub imports: Vec<String>,
    /// Whether it only serves CPython's own tests.
    pub test: bool,
    /// Why it is as it is; always there for an absent one.
    pub why: Option<String>,
    /// Bytes of code and data of its own objects.
    pub size: u64,
    /// Bytes of code and data of the static libraries that it alone needs, as far as it could use them.
    pub library_size: u64,
}
