//! The table of extension modules (`recipes/cpython/extensions.yaml`), for one family and series.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::quoted::Quoted;
use super::raw::ModuleEntry;
use crate::model::{Family, Series};
use crate::plan::Module;

type Text = Quoted<String>;

/// `recipes/cpython/extensions.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExtensionsFile {
    /// The modules by name.
    pub modules: BTreeMap<Text, ModuleEntry>,
    /// What is otherwise where CPython is built with another of its build systems.
    #[serde(default)]
    pub families: BTreeMap<Family, FamilyModules>,
}

/// See [`ExtensionsFile::families`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FamilyModules {
    /// Modules of the table that there are none of.
    #[serde(default)]
    pub without: Vec<Text>,
    /// Modules that only this family has, and those that are linked in another way.
    #[serde(default)]
    pub modules: BTreeMap<Text, ModuleEntry>,
}

impl ExtensionsFile {
    /// The modules that a family has in a series.
    #[must_use]
    pub fn of(&self, family: Family, series: Series) -> BTreeMap<String, Module> {
        let mut entries: BTreeMap<&Text, &ModuleEntry> = self.modules.iter().collect();
        if let Some(own) = self.families.get(&family) {
            entries.retain(|name, _| !own.without.contains(name));
            entries.extend(&own.modules);
        }
        let there = entries
            .into_iter()
            .filter(|(_, entry)| entry.series.is_empty() || entry.series.contains(&Quoted(series)));
        there
            .map(|(name, entry)| (name.0.clone(), module(entry)))
            .collect()
    }

    /// Every entry.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&Text, &ModuleEntry)> {
        let own = self.families.values().flat_map(|own| &own.modules);
        self.modules.iter().chain(own)
    }
}

fn module(entry: &ModuleEntry) -> Module {
    let texts = |list: &[Text]| list.iter().map(|text| text.0.clone()).collect();
    Module {
        linkage: entry.linkage,
        needs: texts(&entry.needs),
        licenses: texts(&entry.licenses),
        imports: texts(&entry.imports),
        required: entry.required,
        test: entry.test,
        why: entry.why.as_ref().map(|why| why.0.clone()),
    }
}
