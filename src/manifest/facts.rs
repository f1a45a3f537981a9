//! What CPython's build says of itself: `facts/python.json` and `facts/build.json`.
//!
//! The last step of CPython's recipe writes them from what it made: the interpreter was asked,
//! the Makefile and the link commands were read.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{LauncherRecord, StartRecord};
use crate::model::TreePath;
use crate::plan::Linkage;

/// Both files.
#[derive(Clone, Debug)]
pub struct Facts {
    /// `facts/python.json`.
    pub python: PythonFacts,
    /// `facts/build.json`.
    pub build: BuildFacts,
}

/// `facts/python.json`: what the interpreter answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PythonFacts {
    /// `3.13.5`.
    pub version: String,
    /// `3.13`.
    pub major_minor: String,
    /// `sys.abiflags`.
    pub abi_flags: String,
    /// `sys.hexversion`.
    pub hex_version: u64,
    /// `sys.implementation`.
    pub implementation: Implementation,
    /// The compiler as the interpreter names it.
    pub compiler: String,
    /// The tags of wheels.
    pub tags: Tags,
    /// `sysconfig.get_config_vars()`.
    pub config_vars: BTreeMap<String, ConfigValue>,
    /// Suffixes of modules by kind.
    pub suffixes: BTreeMap<String, Vec<String>>,
    /// Magic number of bytecode in hexadecimal digits.
    pub bytecode_magic_number: String,
    /// `sysconfig.get_paths()`, relative to the distribution.
    pub paths: BTreeMap<String, TreePath>,
    /// `sysconfig.get_paths(expand=False)`.
    pub paths_abstract: BTreeMap<String, String>,
    /// The interpreter.
    pub exe: TreePath,
    /// The directory with what is needed to embed Python.
    pub stdlib_platform_config: Option<TreePath>,
    /// Packages that hold only tests.
    pub stdlib_test_packages: Vec<String>,
}

/// `sys.implementation`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Implementation {
    /// `cpython`.
    pub name: String,
    /// `cpython-313`.
    pub cache_tag: String,
    /// As an integer.
    pub hex_version: u64,
    /// Its parts as text.
    pub version: Vec<String>,
}

/// The tags of wheels.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tags {
    /// `cp313`.
    pub python: String,
    /// `cp313`.
    pub abi: String,
    /// `linux-x86_64`.
    pub platform: String,
}

/// A variable of `sysconfig`.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum ConfigValue {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
}

impl std::fmt::Display for ConfigValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// `facts/build.json`: what was linked from what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildFacts {
    /// The interpreter without extension modules.
    pub core: CoreFacts,
    /// The table of built-in modules.
    pub inittab: InittabFacts,
    /// What every link starts and ends with.
    pub start: StartRecord,
    /// What a single-file executable has beside the interpreter.
    #[serde(default)]
    pub launcher: Option<LauncherRecord>,
    /// The extension modules.
    pub extensions: BTreeMap<String, ExtensionFacts>,
    /// Extension modules that only serve CPython's own tests.
    pub test_extensions: Vec<String>,
    /// The commands that linked: `interpreter`, `shared_lib` → words.
    pub link_commands: BTreeMap<String, Vec<String>>,
    /// Whether the interpreter was linked so that it can stand at any address.
    pub position_independent_executable: bool,
    /// How the profile fitted, if there was one.
    #[serde(default)]
    pub profile: Option<ProfileFacts>,
}

/// How a profile fitted.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileFacts {
    /// The functions that the profile has.
    pub functions: u64,
    /// Those of them that have another shape now and were compiled without.
    pub dropped: u64,
}

/// The interpreter without extension modules.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoreFacts {
    /// Its objects, the one with `main` among them.
    pub objects: Vec<TreePath>,
    /// The one with `main`.
    pub main_object: TreePath,
    /// What it links.
    pub links: Vec<LinkFact>,
    /// The library to load.
    pub shared_lib: Option<TreePath>,
    /// The library to link.
    pub static_lib: Option<TreePath>,
}

/// The table of built-in modules.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InittabFacts {
    /// `config.c`.
    pub source: TreePath,
    /// `config.c.in`.
    pub template: TreePath,
    /// `config.o`.
    pub object: TreePath,
    /// The flags it was compiled with.
    pub cflags: Vec<String>,
    /// The table, in order.
    pub table: Vec<InittabFact>,
}

/// A line of the table of built-in modules.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InittabFact {
    /// Name of the module.
    pub name: String,
    /// The function that makes it.
    pub init_fn: Option<String>,
}

/// An extension module.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtensionFacts {
    /// How it reaches the interpreter.
    pub linkage: Linkage,
    /// Whether its code is among the objects of the core.
    pub in_core: bool,
    /// The function that makes it.
    pub init_fn: Option<String>,
    /// Its objects.
    pub objects: Vec<TreePath>,
    /// Its sources, in CPython's tree.
    pub sources: Vec<String>,
    /// What it links.
    pub links: Vec<LinkFact>,
    /// The library that holds it.
    #[serde(default)]
    pub shared_lib: Option<TreePath>,
}

/// A library that was linked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkFact {
    /// Its name without `lib` and suffix.
    pub name: String,
    /// The package it comes from.
    #[serde(default)]
    pub package: Option<String>,
    /// The static library in the distribution.
    #[serde(default, rename = "static")]
    pub path: Option<TreePath>,
    /// Whether the target's system has it.
    #[serde(default)]
    pub system: bool,
    /// Whether it is a framework of the system.
    #[serde(default)]
    pub framework: bool,
}

/// Why the facts cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("`facts/{file}` is not what CPython's last step should write")]
pub struct ReadFactsError {
    /// Which file.
    pub file: &'static str,
    /// What the parser found.
    #[source]
    pub source: serde_json::Error,
}

impl Facts {
    /// Where the two files stand in the output of CPython's last step.
    pub const PATHS: [&'static str; 2] = ["facts/python.json", "facts/build.json"];

    /// Reads the two files.
    pub fn read(python: &[u8], build: &[u8]) -> Result<Self, ReadFactsError> {
        let error = |file| move |source| ReadFactsError { file, source };
        Ok(Self {
            python: serde_json::from_slice(python).map_err(error("python.json"))?,
            build: serde_json::from_slice(build).map_err(error("build.json"))?,
        })
    }
}
