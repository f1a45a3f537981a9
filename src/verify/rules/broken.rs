//! Files that begin like objects and libraries are such.

use std::error::Error;

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
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            message.push_str(": ");
            message.push_str(&error.to_string());
            cause = error.source();
        }
        found.at(path, message);
    }
}
