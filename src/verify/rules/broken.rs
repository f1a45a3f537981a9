//! Files that begin like objects and libraries are such.

use crate::model::on_one_line;
use crate::verify::registry::always;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "broken",
    explain: "Every file that begins like an object, a library or an executable can be read as one.",
    hint: "the file was truncated or changed after it was made; build it again",
    severity: Severity::Error,
    skip: always,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (path, error) in &subject.inventory.broken {
        found.at(path, on_one_line(error));
    }
}
