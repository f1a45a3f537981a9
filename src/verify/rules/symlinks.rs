//! Symbolic links are relative, stay inside and lead somewhere.

use crate::model::Entry;
use crate::verify::registry::always;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "symlinks",
    explain: "Every symbolic link is relative, stays inside the distribution and leads to something in it.",
    hint: "make the link relative in the step that makes it, or drop it together with what it points to",
    severity: Severity::Error,
    skip: always,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (path, entry) in subject.inventory.tree.iter() {
        let Entry::Symlink { target } = entry else {
            continue;
        };
        if target.starts_with('/') {
            found.at(path, format!("it points to `{target}`, which is absolute"));
        } else if !subject.exists(path) {
            found.at(
                path,
                format!("it points to `{target}`, which is not in the distribution"),
            );
        }
    }
}
