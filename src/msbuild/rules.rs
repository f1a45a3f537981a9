//! What the recipes say of CPython's project files, as one value.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// What the recipes say of CPython's project files.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct ProjectRules {
    /// Properties that are set from outside: `Configuration`, `Platform`, …
    pub properties: BTreeMap<String, String>,
    /// What stands for the sources of others that the projects compile.
    pub packages: BTreeMap<String, ForeignSource>,
    /// What each project file makes, by its name without suffix.
    pub projects: BTreeMap<String, Makes>,
    /// Sources that targets make, in CPython's source.
    pub generated: BTreeSet<String>,
    /// Targets that do nothing that has to be done here.
    pub unused_targets: BTreeSet<String>,
    /// Kinds of items that only targets use.
    pub unused_items: BTreeSet<String>,
}

/// See [`ProjectRules::packages`].
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct ForeignSource {
    /// Properties that name its directories.
    pub directories: Vec<String>,
    /// Directories of CPython's own source with a copy of it, which is not used.
    pub bundled: Vec<String>,
    /// Libraries of its own build that projects name.
    pub libraries: Vec<String>,
    /// What those who include its headers define, as its library is a static one.
    pub defines: Vec<String>,
}

/// What a project makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Makes {
    /// The interpreter as a library, with the modules that are built in.
    Core,
    /// An extension module; how it is linked, the table of modules says.
    Module,
    /// A program.
    Program,
    /// A library that is no module.
    Library,
    /// The frozen modules.
    Frozen,
    /// Nothing that is wanted.
    Nothing,
}
