//! Paths differ in more than upper and lower case.

use std::collections::BTreeMap;

use crate::verify::registry::always;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "collisions",
    explain: "No two paths differ only in upper and lower case, so that the archive unpacks on every file system.",
    hint: "find which step makes both names, and drop or rename one of them",
    severity: Severity::Error,
    skip: always,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let mut seen = BTreeMap::new();
    for (path, _) in subject.inventory.tree.iter() {
        if let Some(other) = seen.insert(path.as_str().to_lowercase(), path) {
            found.at(path, format!("only its case tells it from `{other}`"));
        }
    }
}
