//! What the targets of one operating system share is written once and added to each of them.

use std::collections::{BTreeMap, BTreeSet};

use super::error::{Problem, RecipeError};
use super::locate;
use super::raw::{SystemFile, TargetFile};
use super::set::Written;
use crate::verify::Limits;

/// Adds to each target what its system says; reports what both say, and systems that nobody names.
pub(super) fn share(
    targets: &mut BTreeMap<String, Written<TargetFile>>,
    systems: &BTreeMap<String, Written<SystemFile>>,
) -> Vec<RecipeError> {
    let mut errors = Vec::new();
    let mut named = BTreeSet::new();
    for target in targets.values_mut() {
        let Some(name) = target.value.system.as_ref().map(|name| name.0.clone()) else {
            continue;
        };
        let Some(system) = systems.get(&name) else {
            let problem = Problem::Unknown {
                what: "system",
                name: name.clone(),
                valid: systems.keys().cloned().collect(),
            };
            errors.push(at(target, &["system", &name], problem));
            continue;
        };
        let other = system.file.path.clone();
        for (variable, value) in &system.value.env {
            let own = target.value.env.insert(variable.clone(), value.clone());
            if own.is_some() {
                let problem = twice("variable", variable.as_str(), &other);
                errors.push(at(target, &["env", variable.as_str()], problem));
            }
        }
        if target.value.limits == Limits::default() {
            target.value.limits = system.value.limits.clone();
        } else {
            let problem = twice("field", "limits", &other);
            errors.push(at(target, &["limits"], problem));
        }
        named.insert(name);
    }
    for (name, system) in systems {
        let found = system.value.system.as_str();
        if found != name {
            let problem = Problem::Misplaced {
                what: "system",
                found: found.to_owned(),
                expected: name.clone(),
            };
            errors.push(at(system, &["system", found], problem));
        }
        if !named.contains(name) {
            errors.push(at(system, &[], Problem::UnusedFile));
        }
    }
    errors
}

fn twice(what: &'static str, name: &str, other: &str) -> Problem {
    Problem::Twice {
        what,
        name: name.to_owned(),
        other: format!("in {other}"),
    }
}

/// A problem of a file, where `words` stand one behind the other.
fn at<T>(written: &Written<T>, words: &[&str], problem: Problem) -> RecipeError {
    RecipeError {
        problem,
        file: written.file.clone(),
        span: locate::find(&written.file.text, words),
    }
}
