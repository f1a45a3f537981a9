//! `recipes/cpython/projects.yaml`: how CPython's project files for Windows are read.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::quoted::Quoted;
use super::raw::ReasonedValue;
use crate::model::Arch;
use crate::msbuild::{ForeignSource, Makes, ProjectRules};

type Text = Quoted<String>;

/// `recipes/cpython/projects.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProjectsFile {
    /// Properties that are set from outside.
    pub properties: BTreeMap<Text, ReasonedValue>,
    /// Packages that stand for sources of others.
    pub packages: BTreeMap<Text, ForeignEntry>,
    /// The project files by name, without suffix.
    pub projects: BTreeMap<Text, ProjectEntry>,
    /// Sources that targets make, each with who makes it here.
    #[serde(default)]
    pub generated: BTreeMap<Text, Text>,
    /// What has no effect here.
    pub unused: Unused,
}

/// See [`ProjectsFile::packages`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ForeignEntry {
    /// Properties that name its directories.
    #[serde(default)]
    pub directories: Vec<Text>,
    /// Directories of CPython's own source with a copy of it.
    #[serde(default)]
    pub bundled: Vec<Text>,
    /// Libraries of its own build that projects name.
    #[serde(default)]
    pub libraries: Vec<Text>,
    /// What those define who include its headers.
    #[serde(default)]
    pub defines: Vec<Text>,
}

/// A project file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProjectEntry {
    /// What it makes.
    pub makes: MakesEntry,
    /// Why it is as it is.
    #[serde(default)]
    pub why: Option<Text>,
}

/// See [`ProjectEntry::makes`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MakesEntry {
    /// The interpreter as a library, with the modules that are built in.
    Core,
    /// An extension module.
    Module,
    /// A program.
    Program,
    /// A library that is no module.
    Library,
    /// The frozen modules.
    Frozen,
    /// Nothing that is wanted.
    Absent,
}

/// See [`ProjectsFile::unused`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Unused {
    /// Targets by name, each with the reason.
    pub targets: BTreeMap<Text, Text>,
    /// Kinds of items, each with the reason.
    pub items: BTreeMap<Text, Text>,
}

impl ProjectsFile {
    /// The rules for targets with a processor.
    #[must_use]
    pub fn rules(&self, arch: Arch) -> ProjectRules {
        let texts = |list: &[Text]| list.iter().map(|text| text.0.clone()).collect();
        let names = |map: &BTreeMap<Text, Text>| map.keys().map(|name| name.0.clone()).collect();
        let mut properties: BTreeMap<String, String> = self
            .properties
            .iter()
            .map(|(name, property)| (name.0.clone(), property.value.0.clone()))
            .collect();
        // Visual Studio's words for processors.
        let platform = match arch {
            Arch::X86_64 => "x64",
            Arch::Aarch64 => "ARM64",
        };
        properties.insert("Platform".to_owned(), platform.to_owned());
        let packages = self.packages.iter().map(|(package, entry)| {
            let foreign = ForeignSource {
                directories: texts(&entry.directories),
                bundled: texts(&entry.bundled),
                libraries: texts(&entry.libraries),
                defines: texts(&entry.defines),
            };
            (package.0.clone(), foreign)
        });
        let projects = self.projects.iter().map(|(name, entry)| {
            let makes = match entry.makes {
                MakesEntry::Core => Makes::Core,
                MakesEntry::Module => Makes::Module,
                MakesEntry::Program => Makes::Program,
                MakesEntry::Library => Makes::Library,
                MakesEntry::Frozen => Makes::Frozen,
                MakesEntry::Absent => Makes::Nothing,
            };
            (name.0.clone(), makes)
        });
        ProjectRules {
            properties,
            packages: packages.collect(),
            projects: projects.collect(),
            generated: names(&self.generated),
            unused_targets: names(&self.unused.targets),
            unused_items: names(&self.unused.items),
        }
    }
}
