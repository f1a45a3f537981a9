//! Code cannot be written.

use crate::verify::registry::always;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "writable-code",
    explain: "No segment or section is both writable and executable.",
    hint: "look for a linker script or an assembler file with a section `awx`",
    severity: Severity::Error,
    skip: always,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (path, _) in subject.images().filter(|(_, code)| code.writable_code()) {
        found.at(path, "some of it is both writable and executable");
    }
}
