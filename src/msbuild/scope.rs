//! What an expression may ask for while it is worked out.

use std::collections::{BTreeMap, BTreeSet};

use super::source::Sources;

/// Properties by name. MSBuild does not care for the case of names.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct Properties {
    values: BTreeMap<String, String>,
    /// Those that the caller has set: a project's own settings of them have no effect.
    global: BTreeSet<String>,
}

impl Properties {
    /// The value; a property that was never set is empty, as in MSBuild.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.values.get(&name.to_lowercase()).map_or("", String::as_str)
    }

    /// Sets a property from within a project.
    pub(crate) fn set(&mut self, name: &str, value: String) {
        let name = name.to_lowercase();
        if !self.global.contains(&name) {
            self.values.insert(name, value);
        }
    }

    /// Sets a property from outside.
    pub(crate) fn set_global(&mut self, name: &str, value: String) {
        let name = name.to_lowercase();
        self.values.insert(name.clone(), value);
        self.global.insert(name);
    }

    /// Lets projects set a property that was set from outside.
    pub(crate) fn make_local(&mut self, name: &str) {
        self.global.remove(&name.to_lowercase());
    }
}

/// Metadata of an item, or of all items of a kind, by name.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct Metadata(BTreeMap<String, String>);

impl Metadata {
    /// The value; metadata that was never set is empty.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(&name.to_lowercase()).map_or("", String::as_str)
    }

    pub(crate) fn set(&mut self, name: &str, value: String) {
        self.0.insert(name.to_lowercase(), value);
    }
}

/// Where an expression stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) properties: &'a Properties,
    /// What `%(…)` means here; nothing where there is no item.
    pub(crate) metadata: Option<&'a Metadata>,
    pub(crate) sources: &'a Sources,
    /// The directory of the file in which it stands, with a separator at the end.
    pub(crate) directory: &'a str,
    /// The directory of the project, with a separator at the end.
    pub(crate) project: &'a str,
}
