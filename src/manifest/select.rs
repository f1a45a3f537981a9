//! A selection of extension modules, and why each one stays or goes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Manifest;
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
    /// A module that stays calls its code.
    NeededBy(String),
}

/// Why a module goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dropped {
    /// It was not chosen.
    NotChosen,
    /// It was excluded.
    Excluded,
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Required => f.write_str("no interpreter works without it"),
            Self::Chosen => f.write_str("chosen"),
            Self::NeededBy(module) => write!(f, "`{module}` calls its code"),
        }
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotChosen => "not chosen",
            Self::Excluded => "excluded",
        })
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
    #[error("`{name}` cannot be left out: `{by}` calls its code; leave that out too")]
    Needed {
        /// The module.
        name: String,
        /// Who calls it.
        by: String,
    },
}

/// Applies a selection to the built-in modules of a distribution.
pub fn select(manifest: &Manifest, selection: &Selection) -> Result<Selected, SelectError> {
    let build = manifest.build_info.as_ref().ok_or(SelectError::NoObjects)?;
    let builtin: BTreeMap<&str, bool> = build
        .extensions
        .iter()
        .filter(|(name, _)| {
            let record = manifest.pbs.extensions.get(*name);
            record.is_some_and(|record| record.linkage == Linkage::Builtin)
        })
        .map(|(name, variants)| {
            let required = variants.iter().any(|variant| variant.required || variant.in_core);
            (name.as_str(), required)
        })
        .collect();
    if let Selection::Only(names) | Selection::Without(names) = selection {
        for name in names {
            match builtin.get(name.as_str()) {
                None => {
                    let name = name.clone();
                    let nearest = nearest(&name, builtin.keys().copied()).map(str::to_owned);
                    return Err(SelectError::Unknown { name, nearest });
                }
                Some(true) if matches!(selection, Selection::Without(_)) => {
                    return Err(SelectError::Required { name: name.clone() });
                }
                Some(_) => {}
            }
        }
    }
    let chosen = |name: &str| match selection {
        Selection::All => true,
        Selection::Minimal => false,
        Selection::Only(names) => names.contains(name),
        Selection::Without(names) => !names.contains(name),
    };
    let mut kept = BTreeMap::new();
    for (name, required) in &builtin {
        if *required {
            kept.insert((*name).to_owned(), Kept::Required);
        } else if chosen(name) {
            kept.insert((*name).to_owned(), Kept::Chosen);
        }
    }
    let mut queue: Vec<String> = kept.keys().cloned().collect();
    while let Some(by) = queue.pop() {
        for name in manifest
            .pbs
            .extensions
            .get(&by)
            .map(|record| record.calls.as_slice())
            .unwrap_or_default()
        {
            if kept.contains_key(name) || !builtin.contains_key(name.as_str()) {
                continue;
            }
            if matches!(selection, Selection::Without(_)) {
                let name = name.clone();
                return Err(SelectError::Needed { name, by });
            }
            kept.insert(name.clone(), Kept::NeededBy(by.clone()));
            queue.push(name.clone());
        }
    }
    let reason = match selection {
        Selection::Without(_) => Dropped::Excluded,
        _ => Dropped::NotChosen,
    };
    let dropped = builtin
        .keys()
        .filter(|name| !kept.contains_key(**name))
        .map(|name| ((*name).to_owned(), reason))
        .collect();
    Ok(Selected { kept, dropped })
}
