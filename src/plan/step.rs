//! What a plan is made of: steps as values.
//!
//! A step names its inputs by the steps that make them; the engine replaces them by content
//! ([`super::key`]). Nothing here knows a host path, the time or the environment.

use std::collections::BTreeMap;
use std::fmt;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::Fetch;
use crate::model::{Digest, GuestPath, ParseDigestError, TreeDigest, TreePath};

/// The package that everything else is for.
pub const CPYTHON: &str = "cpython";

/// The name of a step, unique in a plan: `zlib/build`, `zlib/source`, `worker/root`, `dist/manifest`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub String);

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A directed acyclic graph of steps. Every input of a step, and every step it waits for, stands before it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Plan {
    /// The steps in an order in which they could run one by one.
    pub steps: IndexMap<StepId, Step>,
    /// The steps whose outputs are wanted, by what they are: `full`, `install_only`, …
    pub wanted: IndexMap<String, StepId>,
}

impl Plan {
    /// The step that a person means: its whole name, or the name of a package for its last step.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&StepId> {
        let whole = StepId(name.to_owned());
        if let Some((id, _)) = self.steps.get_key_value(&whole) {
            return Some(id);
        }
        let prefix = format!("{name}/");
        self.steps.keys().rev().find(|id| id.0.starts_with(&prefix))
    }
}

/// One unit of work. Its only output is a tree.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Step {
    /// What is done.
    pub kind: StepKind,
    /// What it is done to: role → the step whose output it is.
    ///
    /// In a [`Run`] step the role is the name below `/in/`, and `root` is the sandbox's root.
    pub inputs: BTreeMap<String, Input>,
    /// Steps that must have succeeded before this one starts, whatever they made: nothing is
    /// packed that verification refuses. Not part of the key.
    pub after: Vec<StepId>,
    /// What a person reads while it runs and when it fails. Not part of the key.
    pub why: String,
    /// What to try when it fails, from the recipe. Not part of the key.
    pub hint: Option<String>,
    /// How many cores it takes. Not part of the key.
    pub weight: Weight,
}

/// The output of an earlier step, or a part of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Input {
    /// The step that makes it.
    pub from: StepId,
    /// The part that is used; the tree's root for all of it.
    pub subtree: TreePath,
}

/// How many cores a step takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// It computes on one core, or hardly at all.
    One,
    /// It uses all that there are.
    All,
}

/// The closed set of things a step can do. One file each in `engine/steps/`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum StepKind {
    /// Gets a source from wherever it can be had; the output is known beforehand.
    Fetch(Fetch),
    /// Is there already: a directory that a person gave; the output is known beforehand.
    Given(Given),
    /// Applies patches to the input `source`, in Rust, fuzz 0.
    Patch(Patch),
    /// Unpacks a lock of packages into a worker root.
    Root(Root),
    /// Generates CPython's `Modules/Setup.local` from the input `source` and the table of extensions.
    Setup(Setup),
    /// Generates a `Makefile` from CPython's project files in the input `source`, and the table of extensions.
    Projects(Box<Projects>),
    /// Runs a command in a sandbox without network; the output is what it leaves in `/out`.
    Run(Run),
    /// Lays the inputs out as `python/` of a distribution: build, install, licenses.
    Assemble(Assemble),
    /// Derives `python/PYTHON.json` from the input `distribution` (an assembled tree).
    Manifest(Manifest),
    /// Packs an archive; the output is a tree with that one file.
    Pack(Pack),
    /// Applies every verification rule to the input `distribution`; the output is the report.
    Verify(Verify),
}

/// See [`StepKind::Given`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Given {
    /// What is in it.
    pub tree: TreeDigest,
}

/// See [`StepKind::Patch`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Patch {
    /// The patches in the order in which they are applied.
    pub patches: Vec<TextFile>,
}

/// A small file of the repository that is part of a step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct TextFile {
    /// Its path in `patches/`, or its base name in `/in/recipe/`.
    pub name: String,
    /// All of it.
    pub text: String,
}

/// See [`StepKind::Root`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Root {
    /// Folder of `docker/`.
    pub image: String,
    /// The packages, in the order in which they are unpacked.
    pub packages: Vec<LockedPackage>,
    /// Symbolic links to make: path → relative target.
    pub links: BTreeMap<TreePath, String>,
    /// Files to write: path → content.
    pub files: BTreeMap<TreePath, String>,
    /// Empty directories to make.
    pub directories: Vec<TreePath>,
    /// Globs of paths that are left out.
    pub remove: Vec<String>,
    /// `20260101T000000Z` of Debian's snapshot archive. Not part of the key.
    pub snapshot: String,
}

/// A binary package, pinned.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LockedPackage {
    /// Its name.
    pub package: String,
    /// Its version.
    pub version: String,
    /// `amd64` or `all`.
    pub architecture: String,
    /// The suite it was resolved from.
    pub suite: String,
    /// Its path below the archive's root: `pool/…`.
    pub filename: String,
    /// Length of the `.deb` in bytes.
    pub size: u64,
    /// SHA-256 of the `.deb`.
    pub sha256: String,
}

impl LockedPackage {
    /// Digest of the `.deb`.
    pub fn digest(&self) -> Result<Digest, ParseDigestError> {
        Digest::from_hex(&self.sha256, self.size)
    }

    /// The plain name of the `.deb`.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.filename.rsplit('/').next().unwrap_or(&self.filename)
    }
}

/// See [`StepKind::Run`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Run {
    /// The command; no shell is added.
    pub argv: Vec<String>,
    /// The whole environment but for `JOBS`.
    pub env: BTreeMap<String, String>,
    /// What stands in `/in/recipe/`.
    pub files: Vec<TextFile>,
    /// The working directory.
    pub cwd: GuestPath,
    /// After so many minutes the step has failed. Not part of the key.
    pub timeout_minutes: u32,
}

/// See [`StepKind::Setup`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Setup {
    /// The extension modules of this series, by name.
    pub modules: BTreeMap<String, Module>,
}

/// See [`StepKind::Projects`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Projects {
    /// How the project files are read.
    pub rules: crate::msbuild::ProjectRules,
    /// The extension modules of this series, by name.
    pub modules: BTreeMap<String, Module>,
    /// Static libraries of the packages that are linked: package → file names below its `lib/`.
    pub libraries: BTreeMap<String, Vec<String>>,
}

/// What a recipe says of an extension module.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Module {
    /// How it reaches the interpreter.
    pub linkage: Linkage,
    /// Packages whose static libraries it links.
    pub needs: Vec<String>,
    /// SPDX identifiers of what it brings in beside CPython's own licence.
    pub licenses: Vec<String>,
    /// Modules that its machine code imports.
    pub imports: Vec<String>,
    /// Whether no interpreter works without it.
    pub required: bool,
    /// Whether it is one of CPython's own test modules.
    pub test: bool,
    /// Why it is as it is; always there for an absent one.
    pub why: Option<String>,
}

/// How an extension module reaches the interpreter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Linkage {
    /// Linked into the interpreter.
    Builtin,
    /// A shared library in `lib-dynload`.
    Shared,
    /// Not there.
    Absent,
}

/// See [`StepKind::Assemble`].
///
/// Inputs: `cpython` (install/, build/, facts/), and for every package in `libraries` or
/// `licenses` its output under its own name and its source tree under `source-<name>`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Assemble {
    /// Static libraries that go to `build/lib/`: package → file names below its `lib/`.
    pub libraries: BTreeMap<String, Vec<String>>,
    /// Licence texts that go to `licenses/`: package → files of its source tree.
    pub licenses: BTreeMap<String, Vec<LicenseFile>>,
}

/// A licence text in a source tree.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LicenseFile {
    /// SPDX expression.
    pub spdx: String,
    /// Path in the source tree.
    pub file: TreePath,
    /// Name in `python/licenses/`.
    #[serde(rename = "as")]
    pub name: String,
}

/// See [`StepKind::Manifest`]. Inputs: `distribution`, and `cpython` for its `facts/`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Manifest {
    /// What is known before anything is built.
    pub description: Box<crate::manifest::Description>,
}

/// See [`StepKind::Pack`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Pack {
    /// Name of the archive.
    pub file: String,
    /// What goes into it.
    pub flavor: Flavor,
    /// Every modification time, in seconds since 1970.
    pub epoch: u64,
}

/// The flavours of archives.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flavor {
    /// Everything, `.tar.zst`, `python/PYTHON.json` first. Input: `distribution`.
    Full,
    /// The install tree as `python/`, without static libraries and CPython's tests, with
    /// licences and manifest, `.tar.gz`. Input: `distribution`.
    InstallOnly,
    /// The same without symbols. Inputs: `distribution`, and `stripped`: the files of `install/`
    /// that have symbols, again without them, at the same relative paths; none where no file has.
    InstallOnlyStripped,
    /// What debuggers want to know of the binaries, found by their build-ids; `.tar.zst`, without
    /// manifest, as it is no distribution. Inputs: `distribution` for its licences, and `debug`.
    #[serde(rename = "debuginfo")]
    DebugInfo,
}

impl Flavor {
    /// Every flavour.
    pub const ALL: [Self; 4] = [
        Self::Full,
        Self::InstallOnly,
        Self::InstallOnlyStripped,
        Self::DebugInfo,
    ];

    /// The word that names of archives and manifests use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::InstallOnly => "install_only",
            Self::InstallOnlyStripped => "install_only_stripped",
            Self::DebugInfo => "debuginfo",
        }
    }
}

/// See [`StepKind::Verify`]. Inputs: `distribution`, `root` and what a relink needs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Verify {
    /// What the target allows, from its file.
    pub limits: crate::verify::Limits,
}
