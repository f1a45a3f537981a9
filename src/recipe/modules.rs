//! The table of extension modules (`recipes/cpython/extensions.yaml`), for one family and series.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::quoted::Quoted;
use super::raw::ModuleEntry;
use crate::model::{Family, Ground, Os, Series};
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
    pub families: BTreeMap<Family, OwnModules>,
    /// What is otherwise on an operating system, behind what is so for its family.
    #[serde(default)]
    pub systems: BTreeMap<Os, OwnModules>,
}

/// See [`ExtensionsFile::families`] and [`ExtensionsFile::systems`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OwnModules {
    /// Modules of the table that there are none of.
    #[serde(default)]
    pub without: Vec<Text>,
    /// Modules that only these targets have, and those that are linked in another way.
    #[serde(default)]
    pub modules: BTreeMap<Text, ModuleEntry>,
}

impl ExtensionsFile {
    /// The modules that such targets have in a series.
    #[must_use]
    pub fn of(&self, ground: Ground, series: Series) -> BTreeMap<String, Module> {
        let mut entries: BTreeMap<&Text, &ModuleEntry> = self.modules.iter().collect();
        let own = self.families.get(&ground.family);
        for own in own.into_iter().chain(self.systems.get(&ground.os)) {
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

    /// What is otherwise somewhere, with the words that lead to it.
    pub(super) fn owned(&self) -> impl Iterator<Item = ([&str; 2], &OwnModules)> {
        let families = self.families.iter();
        let families = families.map(|(family, own)| (["families", family.as_str()], own));
        let systems = self
            .systems
            .iter()
            .map(|(os, own)| (["systems", os.as_str()], own));
        families.chain(systems)
    }

    /// Every entry.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&Text, &ModuleEntry)> {
        let own = self.owned().flat_map(|(_, own)| &own.modules);
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
