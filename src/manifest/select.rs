//! A selection of extension modules, and why each one stays or goes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Extension, Manifest};
use crate::plan::Linkage;
use crate::recipe::nearest;

/// What a person asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Selection {
    /// Every built-in module.
    All,
    /// Those only without which no interpreter works.
    Minimal,
    /// These, and those without which nothing works.
    Only(BTreeSet<String>),
    /// All but these.
    Without(BTreeSet<String>),
    /// All that bring in no copyleft licence, but these.
    Permissive(BTreeSet<String>),
    /// Those that something can import, but those of `without`.
    Reached {
        /// Module → why, as people read it.
        reasons: BTreeMap<String, String>,
        /// Those that go all the same.
        without: BTreeSet<String>,
    },
}

impl Selection {
    /// The modules that are named.
    fn named(&self) -> Vec<&String> {
        match self {
            Self::All | Self::Minimal => Vec::new(),
            Self::Only(names) | Self::Without(names) | Self::Permissive(names) => names.iter().collect(),
            Self::Reached { reasons, without } => reasons.keys().chain(without).collect(),
        }
    }

    /// The modules that have to go.
    fn without(&self) -> Option<&BTreeSet<String>> {
        match self {
            Self::All | Self::Minimal | Self::Only(_) => None,
            Self::Without(names) | Self::Permissive(names) | Self::Reached { without: names, .. } => {
                Some(names)
            }
        }
    }
}

/// The built-in modules that stay and go.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Selected {
    /// Those that stay.
    pub kept: BTreeMap<String, Kept>,
    /// Those that go.
    pub dropped: BTreeMap<String, Dropped>,
}

/// Why a module stays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kept {
    /// No interpreter works without it.
    Required,
    /// It was chosen.
    Chosen,
    /// Something can import it: what, as people read it.
    Reached(String),
    /// A module that stays calls its code.
    NeededBy(String),
}

/// Why a module goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Dropped {
    /// It was not chosen.
    NotChosen,
    /// It was excluded.
    Excluded,
    /// Nothing can import it.
    NotReached,
    /// A licence that it brings in: it asks those who pass the executable on for the source of the whole, or nobody
    /// here knows what it asks for.
    Copyleft(String),
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Required => f.write_str("no interpreter works without it"),
            Self::Chosen => f.write_str("chosen"),
            Self::Reached(why) => f.write_str(why),
            Self::NeededBy(module) => write!(f, "`{module}` calls its code"),
        }
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotChosen => f.write_str("not chosen"),
            Self::Excluded => f.write_str("excluded"),
            Self::NotReached => f.write_str("nothing imports it"),
            Self::Copyleft(license) => write!(f, "its licence {license} is copyleft, or not known"),
        }
    }
}

/// Why a selection is impossible.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// There are no objects to choose from.
    #[error("this archive has no objects: take the `full` one")]
    NoObjects,
    /// A module that is not built in.
    #[error("there is no built-in module `{name}`{}", nearest.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    Unknown {
        /// What was asked for.
        name: String,
        /// The module with the most similar name.
        nearest: Option<String>,
    },
    /// A module that cannot go because no interpreter works without it.
    #[error("`{name}` cannot be left out: no interpreter works without it")]
    Required {
        /// The module.
        name: String,
    },
    /// A module that cannot go because another one that stays calls it.
    #[error("`{name}` cannot be left out: `{by}` calls its code; leave that out, too, or keep both")]
    Needed {
        /// The module.
        name: String,
        /// Who calls it.
        by: String,
    },
}

impl Manifest {
    /// Whether there is an extension module of this name that is linked into the interpreter.
    #[must_use]
    pub fn has_builtin(&self, name: &str) -> bool {
        let record = self.pbs.extensions.get(name);
        record.is_some_and(|record| record.linkage == Linkage::Builtin)
    }
}

/// Applies a selection to the built-in modules of a distribution.
pub fn select(manifest: &Manifest, selection: &Selection) -> Result<Selected, SelectError> {
    let build = manifest.build_info.as_ref().ok_or(SelectError::NoObjects)?;
    let builtin: BTreeMap<&str, &[Extension]> = build
        .extensions
        .iter()
        .filter(|(name, _)| manifest.has_builtin(name))
        .map(|(name, variants)| (name.as_str(), variants.as_slice()))
        .collect();
    let required =
        |variants: &[Extension]| variants.iter().any(|variant| variant.required || variant.in_core);
    let nothing = BTreeSet::new();
    let without = selection.without().unwrap_or(&nothing);
    for name in selection.named() {
        let Some(variants) = builtin.get(name.as_str()) else {
            let name = name.clone();
            let nearest = nearest(&name, builtin.keys().copied()).map(str::to_owned);
            return Err(SelectError::Unknown { name, nearest });
        };
        if without.contains(name) && required(variants) {
            return Err(SelectError::Required { name: name.clone() });
        }
    }
    let mut selected = Selected::default();
    for (name, variants) in &builtin {
        let verdict = if required(variants) {
            Ok(Kept::Required)
        } else if without.contains(*name) {
            Err(Dropped::Excluded)
        } else {
            choose(selection, name, variants)
        };
        let name = (*name).to_owned();
        match verdict {
            Ok(why) => selected.kept.insert(name, why).map(|_| ()),
            Err(why) => selected.dropped.insert(name, why).map(|_| ()),
        };
    }
    let mut queue: Vec<String> = selected.kept.keys().cloned().collect();
    while let Some(by) = queue.pop() {
        let record = manifest.pbs.extensions.get(&by);
        for name in record.map(|record| record.calls.as_slice()).unwrap_or_default() {
            match selected.dropped.get(name) {
                None => continue,
                Some(Dropped::Excluded | Dropped::Copyleft(_)) => {
                    let name = name.clone();
                    return Err(SelectError::Needed { name, by });
                }
                Some(Dropped::NotChosen | Dropped::NotReached) => {}
            }
            selected.dropped.remove(name);
            selected.kept.insert(name.clone(), Kept::NeededBy(by.clone()));
            queue.push(name.clone());
        }
    }
    Ok(selected)
}

/// What a selection says of a module that may go.
fn choose(selection: &Selection, name: &str, variants: &[Extension]) -> Result<Kept, Dropped> {
    match selection {
        Selection::All | Selection::Without(_) => Ok(Kept::Chosen),
        Selection::Minimal => Err(Dropped::NotChosen),
        Selection::Only(names) if names.contains(name) => Ok(Kept::Chosen),
        Selection::Only(_) => Err(Dropped::NotChosen),
        Selection::Permissive(_) => match variants.iter().find_map(copyleft) {
            Some(license) => Err(Dropped::Copyleft(license.to_owned())),
            None => Ok(Kept::Chosen),
        },
        Selection::Reached { reasons, .. } => match reasons.get(name) {
            Some(why) => Ok(Kept::Reached(why.clone())),
            None => Err(Dropped::NotReached),
        },
    }
}

/// The copyleft licence that an extension module brings in, or one that nobody here knows.
fn copyleft(extension: &Extension) -> Option<&str> {
    let licenses = extension.licenses.iter().flatten();
    let is_free = |license: &str| match spdx::license_id(license) {
        // It asks for the source of all that uses the database; the list of SPDX does not say so.
        Some(id) => !id.is_copyleft() && id.name != "Sleepycat",
        None => license == PUBLIC_DOMAIN,
    };
    licenses.map(String::as_str).find(|license| !is_free(license))
}

/// How the manifest says of something that nobody owns it.
const PUBLIC_DOMAIN: &str = "LicenseRef-Public-Domain";
