//! Code is not relocated.

use crate::verify::registry::on_elf;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "text-relocations",
    explain: "Loading a library or an executable never writes into its code.",
    hint: "compile everything that goes into it with `-fPIC`",
    severity: Severity::Error,
    skip: on_elf,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (path, _) in subject
        .inventory
        .elf_images()
        .filter(|(_, elf)| elf.text_relocations)
    {
        found.at(path, "loading it writes into its code (TEXTREL)");
    }
}
