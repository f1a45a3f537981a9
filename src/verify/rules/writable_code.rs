//! Code cannot be written.

use crate::verify::registry::on_elf;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "writable-code",
    explain: "No segment is both writable and executable.",
    hint: "look for a linker script or an assembler file with a section `awx`",
    severity: Severity::Error,
    skip: on_elf,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (path, _) in subject.inventory.images().filter(|(_, elf)| elf.writable_code) {
        found.at(path, "a segment of it is both writable and executable");
    }
}
