//! What was written: the shape of each kind of YAML file, checked field by field.
//!
//! Unknown fields are errors, and text that YAML would read as a number must be quoted
//! ([`Quoted`]). What the values mean together is decided in [`super::set`] and
//! [`super::resolve`].

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Deserialize;

use super::quoted::{Quoted, Sha256};
use crate::model::{
    AppleSdk, Arch, DebugInformation, Family, Ground, Libc, ObjectFormat, Options, Os, PythonVersion, Series,
    Target, TreeDigest, TreePath,
};
use crate::plan::{Linkage, LockedPackage, Weight};
use crate::verify::Limits;

type Text = Quoted<String>;

/// `recipes/release.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Release {
    /// Seconds since 1970 of every timestamp.
    pub epoch: u64,
    /// What is built when nothing is said.
    pub defaults: Defaults,
}

/// See [`Release::defaults`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Defaults {
    /// The version of CPython.
    pub python: Quoted<PythonVersion>,
    /// The options of the build.
    pub options: Quoted<Options>,
}

/// `recipes/options.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OptionsFile {
    /// The sets of options that are released.
    pub options: IndexMap<Quoted<Options>, OptionSet>,
}

/// A set of options that is released.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OptionSet {
    /// What it is for.
    pub why: Text,
    /// What the interpreter's steps are given.
    #[serde(default)]
    pub env: BTreeMap<Text, Text>,
    /// CPython's ABI flags of such a build.
    #[serde(default)]
    pub abi_flags: Option<Text>,
    /// Whether the interpreter is compiled with a profile.
    #[serde(default)]
    pub profile: bool,
}

fn detached() -> DebugInformation {
    DebugInformation::Detached
}

/// `recipes/targets/<triple>.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TargetFile {
    /// The triple.
    pub target: Quoted<Target>,
    /// The file of `recipes/systems/` that says what it shares with others.
    #[serde(default)]
    pub system: Option<Text>,
    /// Its operating system.
    pub os: Os,
    /// Its processor.
    pub arch: Arch,
    /// Its C library.
    pub libc: Libc,
    /// Which of CPython's build systems it uses.
    pub family: Family,
    /// Format of its objects.
    pub object_format: ObjectFormat,
    /// Folder of `docker/` that its steps run in.
    pub worker: Text,
    /// The package that is mounted at `/in/sysroot`.
    pub sysroot: Text,
    /// The package that is mounted at `/in/toolchain`.
    pub toolchain: Text,
    /// Platform tag, as in wheels.
    pub platform_tag: Text,
    /// What every step for this target is given.
    #[serde(default)]
    pub env: BTreeMap<Text, ReasonedValue>,
    /// `crt_features` of the manifest.
    #[serde(default)]
    pub crt_features: Vec<Text>,
    /// What its code is compiled against; of targets of macOS, and of no others.
    #[serde(default)]
    pub apple_sdk: Option<AppleSdk>,
    /// Where what debuggers want to know is.
    #[serde(default = "detached")]
    pub debug_information: DebugInformation,
    /// What `pbs verify` reads.
    #[serde(default)]
    pub limits: Limits,
    /// How its binaries are run in tests.
    pub run: Runner,
    /// CPython's own suite on it.
    #[serde(default)]
    pub tests: Tests,
}

impl TargetFile {
    /// What decides which steps it has.
    #[must_use]
    pub fn ground(&self) -> Ground {
        Ground {
            family: self.family,
            os: self.os,
        }
    }
}

/// `recipes/systems/<name>.yaml`: what the targets of one operating system share.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SystemFile {
    /// Its name.
    pub system: Text,
    /// What every step is given, beside what the target's own file says.
    #[serde(default)]
    pub env: BTreeMap<Text, ReasonedValue>,
    /// What `pbs verify` reads.
    pub limits: Limits,
}

/// A value with the reason for it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReasonedValue {
    /// The value.
    pub value: Text,
    /// The reason.
    pub why: Text,
}

/// How a target's binaries are run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Runner {
    /// As they are.
    Native,
    /// By qemu's user mode.
    Qemu,
    /// By Wine.
    Wine,
    /// Not at all.
    None,
}

/// CPython's own suite on a target.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tests {
    /// Folder of `docker/` that they run in; the steps' own if it is not said.
    #[serde(default)]
    pub root: Option<Text>,
    /// Tests that are known to fail.
    #[serde(default)]
    pub expected_failures: Vec<ExpectedFailure>,
}

/// A test that is known to fail.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExpectedFailure {
    /// Its dotted name.
    pub test: Text,
    /// Why it fails.
    pub why: Text,
    /// The sets of options it fails with; empty means all.
    #[serde(default)]
    pub options: Vec<Quoted<Options>>,
    /// The series of CPython it fails with; empty means all.
    #[serde(default, rename = "in")]
    pub series: Vec<Quoted<Series>>,
    /// Whether it passes now and then, because it depends on who is first.
    #[serde(default)]
    pub flaky: bool,
    /// Whether it never ends: then it is not run.
    #[serde(default)]
    pub hangs: bool,
}

/// `recipes/<package>/recipe.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PackageFile {
    /// Its name, and the name of its folder.
    pub package: Text,
    /// One line on what it is.
    pub summary: Text,
    /// Its home page.
    pub homepage: Text,
    /// Licences of what ends up in a distribution.
    #[serde(default)]
    pub licenses: Vec<License>,
    /// Static libraries below `lib/` that a distribution carries.
    #[serde(default)]
    pub libraries: Libraries,
    /// How it is built; the last step's output of a family is the package.
    pub steps: Vec<StepEntry>,
    /// How its profile is made; the last step's output is the profile. CPython only.
    #[serde(default)]
    pub training: Vec<StepEntry>,
    /// What a directory must have that is given in its place; only a target's sysroot can be given.
    #[serde(default)]
    pub given: Option<super::given::GivenEntry>,
    /// What to try when a step fails.
    #[serde(default)]
    pub hint: Option<Text>,
}

/// See [`PackageFile::libraries`]: each family has its own names for them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Libraries {
    /// Where the family is `unix`.
    #[serde(default)]
    pub unix: Vec<Quoted<TreePath>>,
    /// Where the family is `windows`.
    #[serde(default)]
    pub windows: Vec<Quoted<TreePath>>,
}

impl Libraries {
    /// Those of a family.
    #[must_use]
    pub fn of(&self, family: Family) -> &[Quoted<TreePath>] {
        match family {
            Family::Unix => &self.unix,
            Family::Windows => &self.windows,
        }
    }
}

/// A licence text.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct License {
    /// SPDX expression.
    pub spdx: Text,
    /// Path in the source tree.
    pub file: Quoted<TreePath>,
    /// Name in `python/licenses/`.
    #[serde(rename = "as")]
    pub name: Quoted<TreePath>,
}

/// A step of a package.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StepEntry {
    /// Its name.
    pub name: Text,
    /// What it is for.
    pub why: Text,
    /// The family of targets that it is for; every one if nothing is said.
    #[serde(default)]
    pub family: Option<Family>,
    /// The operating system of targets that it is for; every one of the family if nothing is said.
    #[serde(default)]
    pub os: Option<Os>,
    /// The script, in the package's folder.
    pub script: Quoted<TreePath>,
    /// Further files of the folder that the script uses.
    #[serde(default)]
    pub files: Vec<Quoted<TreePath>>,
    /// Packages whose output it sees.
    #[serde(default)]
    pub needs: Vec<Text>,
    /// Earlier steps of this package whose output it sees.
    #[serde(default)]
    pub after: Vec<Text>,
    /// Constants it is given.
    #[serde(default)]
    pub env: BTreeMap<Text, Text>,
    /// How many cores it uses.
    #[serde(default = "one")]
    pub weight: Weight,
    /// After so many minutes it has failed.
    #[serde(default = "an_hour")]
    pub timeout_minutes: u32,
    /// Whether it sees neither sysroot nor toolchain.
    #[serde(default)]
    pub bare: bool,
    /// Whether it sees the generated `Setup.local` and `extensions.json` at `/in/setup`.
    #[serde(default)]
    pub setup: bool,
    /// Whether it sees what comes of CPython's project files at `/in/projects`.
    #[serde(default)]
    pub projects: bool,
    /// Whether it sees the profile at `/in/profile`, where the options have one.
    #[serde(default)]
    pub profile: bool,
}

impl StepEntry {
    /// Whether such targets have this step.
    #[must_use]
    pub fn is_for(&self, ground: Ground) -> bool {
        self.family.is_none_or(|own| own == ground.family) && self.os.is_none_or(|own| own == ground.os)
    }
}

const fn one() -> Weight {
    Weight::One
}

const fn an_hour() -> u32 {
    60
}

/// `recipes/<package>/versions/<version>.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VersionFile {
    /// The version, and the name of the file.
    pub version: Text,
    /// Whether it is taken when no pin says otherwise.
    #[serde(default)]
    pub default: bool,
    /// Where it comes from.
    pub source: super::source::SourceEntry,
    /// Patches below `patches/`, in order.
    #[serde(default)]
    pub patches: Vec<Quoted<TreePath>>,
    /// Patches that only targets of an operating system have, behind the others.
    #[serde(default)]
    pub patches_on: BTreeMap<Os, Vec<Quoted<TreePath>>>,
    /// What the scripts are given: capabilities and constants.
    #[serde(default)]
    pub env: BTreeMap<Text, Text>,
    /// CPE 2.3 name.
    #[serde(default)]
    pub cpe: Option<Text>,
    /// Package URL.
    #[serde(default)]
    pub purl: Option<Text>,
    /// CPython only: what cannot be observed.
    #[serde(default)]
    pub python: Option<PythonEntry>,
    /// CPython only: combinations that do not exist.
    #[serde(default)]
    pub not_on: Vec<NotOn>,
}

/// See [`VersionFile::python`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PythonEntry {
    /// The series.
    pub major_minor: Quoted<Series>,
    /// `PY_VERSION_HEX`.
    pub hex: Text,
    /// `sys.implementation.cache_tag`.
    pub cache_tag: Text,
}

/// A combination that does not exist.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NotOn {
    /// The target; any if nothing is said.
    #[serde(default)]
    pub target: Option<Quoted<Target>>,
    /// The set of options; any if nothing is said.
    #[serde(default)]
    pub options: Option<Quoted<Options>>,
    /// The reason.
    pub why: Text,
}

/// An extension module.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ModuleEntry {
    /// How it reaches the interpreter.
    pub linkage: Linkage,
    /// Packages it links.
    #[serde(default)]
    pub needs: Vec<Text>,
    /// Licences it brings in.
    #[serde(default)]
    pub licenses: Vec<Text>,
    /// Modules that its machine code imports.
    #[serde(default)]
    pub imports: Vec<Text>,
    /// Whether no interpreter works without it.
    #[serde(default)]
    pub required: bool,
    /// Whether it is one of CPython's own test modules.
    #[serde(default)]
    pub test: bool,
    /// The series that have it; all if nothing is said.
    #[serde(default, rename = "in")]
    pub series: Vec<Quoted<Series>>,
    /// Why it is as it is.
    #[serde(default)]
    pub why: Option<Text>,
}

/// `docker/<image>/image.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ImageFile {
    /// Its name, and the name of its folder.
    pub image: Text,
    /// Debian's name of the worker's architecture.
    pub architecture: Text,
    /// Where packages are resolved from.
    pub suites: Vec<Suite>,
    /// The moment of Debian's snapshot archive that has them all.
    pub snapshot: Text,
    /// `PATH` behind the target's toolchain.
    pub path: Vec<Text>,
    /// The packages that make code; the manifest names their versions.
    pub toolchain: Vec<Text>,
    /// The packages that are asked for; the lock has their dependencies too.
    pub packages: Vec<Text>,
    /// Symbolic links to make: path → relative target.
    #[serde(default)]
    pub links: BTreeMap<Quoted<TreePath>, Text>,
    /// Files to write: path → content.
    #[serde(default)]
    pub files: BTreeMap<Quoted<TreePath>, Text>,
    /// Empty directories to make.
    #[serde(default)]
    pub directories: Vec<Quoted<TreePath>>,
    /// Globs of what is left out.
    #[serde(default)]
    pub remove: Vec<Text>,
}

/// A suite of a Debian archive.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Suite {
    /// Its name.
    pub suite: Text,
    /// Its components.
    pub components: Vec<Text>,
}

/// Version of the format of `image.lock`.
pub const LOCK_VERSION: u32 = 1;

/// `docker/<image>/image.lock`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LockFile {
    /// Version of this format: [`LOCK_VERSION`].
    pub version: u32,
    /// The image.
    pub image: Text,
    /// The packages in the order in which they are unpacked.
    pub packages: Vec<LockedPackage>,
}

/// A SHA-256 sum as written.
pub(crate) type Sum = Quoted<Sha256>;
/// A tree's digest as written.
pub(crate) type TreeSum = Quoted<TreeDigest>;
