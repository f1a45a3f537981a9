//! A build: everything that decides one artifact, concrete, with nothing left to choose.
//!
//! Made by [`super::resolve`], read by `plan::lower`; it holds values and no logic.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::raw::TargetFile;
use crate::model::{Digest, Options, Pin, PythonVersion, Target, TreeDigest};
use crate::msbuild::ProjectRules;
use crate::plan::{LicenseFile, Module, Place, Root, SourceIdentity, TextFile, Weight};

/// Everything that decides one artifact.
#[derive(Clone, Debug)]
pub struct Build {
    /// The version of CPython.
    pub python: PythonVersion,
    /// The name of the target.
    pub target: Target,
    /// What the target's file says.
    pub target_file: TargetFile,
    /// The set of options.
    pub options: Options,
    /// Whether these are the options that archives do not name.
    pub default_options: DefaultOptions,
    /// What the options give to the interpreter's steps.
    pub options_env: BTreeMap<String, String>,
    /// The profile that the interpreter is compiled with, where the options have one.
    pub profile: Option<Profile>,
    /// The packages that are needed, each behind those that it needs itself.
    pub packages: IndexMap<String, PackageBuild>,
    /// What stands in the place of the sysroot's package, which is then not among the packages.
    pub given: Option<GivenBuild>,
    /// The extension modules of this series.
    pub modules: BTreeMap<String, Module>,
    /// How CPython's project files are read; there where a step wants what comes of them.
    pub projects: Option<ProjectRules>,
    /// The worker root.
    pub root: Root,
    /// The root that tests run in, where that is another one.
    pub test_root: Option<Root>,
    /// `PATH` of every step behind the toolchain's directory.
    pub path: Vec<String>,
    /// Digest of the worker root's lock.
    pub lock: Digest,
    /// Versions of the packages of the worker root that make code.
    pub worker_toolchain: BTreeMap<String, String>,
    /// The epoch of every timestamp.
    pub epoch: u64,
    /// Its date, `YYYYMMDD`.
    pub tag: String,
}

/// A directory that is given in the place of a package.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GivenBuild {
    /// The package.
    pub package: String,
    /// The step whose output it stands for: the package's last.
    pub step: String,
    /// How it is laid out.
    pub layout: String,
    /// What is in it.
    pub tree: TreeDigest,
}

/// Whether a build has the options that the release builds when nothing is said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DefaultOptions {
    /// It has.
    Yes,
    /// It has others.
    No,
}

/// One package of a build, in one version.
#[derive(Clone, Debug)]
pub struct PackageBuild {
    /// The version.
    pub version: String,
    /// One line on what it is.
    pub summary: String,
    /// Its home page.
    pub homepage: String,
    /// Where it comes from; nothing for what is made of the recipe's own files.
    pub source: Option<Source>,
    /// Its patches, in order.
    pub patches: Vec<TextFile>,
    /// How it is made; the last step's output is the package.
    pub steps: Vec<StepBuild>,
    /// How its profile is made; the last step's output is the profile.
    pub training: Vec<StepBuild>,
    /// Licence texts.
    pub licenses: Vec<LicenseFile>,
    /// Static libraries.
    pub libraries: Vec<String>,
    /// What the version gives to the steps.
    pub env: BTreeMap<String, String>,
    /// What to try when a step fails.
    pub hint: Option<String>,
    /// Whether it is linked into the distribution.
    pub linked: Linked,
    /// CPE 2.3 name.
    pub cpe: Option<String>,
    /// Package URL.
    pub purl: Option<String>,
}

/// Whether the interpreter links a package.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Linked {
    /// It does.
    Yes,
    /// The package only helps to build.
    No,
}

/// The source of a package.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// Upstream's address.
    pub url: String,
    /// Upstream's archive.
    pub archive: Pin,
    /// What identifies the source.
    pub identity: SourceIdentity,
    /// Who has it, in order of preference.
    pub places: Vec<Place>,
}

/// A step of a package.
#[derive(Clone, Debug)]
pub struct StepBuild {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub why: String,
    /// The script's base name.
    pub script: String,
    /// The script and the files it uses.
    pub files: Vec<TextFile>,
    /// Packages whose output it sees.
    pub needs: Vec<String>,
    /// Earlier steps whose output it sees.
    pub after: Vec<String>,
    /// Constants it is given.
    pub env: BTreeMap<String, String>,
    /// How many cores it uses.
    pub weight: Weight,
    /// After so many minutes it has failed.
    pub timeout_minutes: u32,
    /// Whether it sees sysroot and toolchain.
    pub bare: bool,
    /// Whether it sees the generated `Setup.local`.
    pub setup: bool,
    /// Whether it sees what comes of CPython's project files.
    pub projects: bool,
    /// Whether it sees the profile.
    pub profile: bool,
}

/// Where the profile of a build comes from.
#[derive(Clone, Debug)]
pub enum Profile {
    /// It was recorded: a source like any other.
    Recorded(Box<Recorded>),
    /// It is made as a part of the build.
    Trained,
}

/// A recorded profile.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its archive.
    pub source: Source,
    /// What it was made with that is not so any more; it may still fit.
    pub drift: Vec<String>,
}
