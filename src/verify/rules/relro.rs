//! Relocated data is read-only.

use crate::verify::registry::on_elf;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "relro",
    explain: "Every library and executable has its relocations done and write-protected before it runs.",
    hint: "link with `-Wl,-z,relro,-z,now`",
    severity: Severity::Error,
    skip: on_elf,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (path, elf) in subject.inventory.elf_images() {
        // Without any relocation there is nothing to protect.
        if elf.needed.is_empty() && elf.symbols.is_empty() {
            continue;
        }
        if !elf.relro {
            found.at(path, "its relocated data stays writable (no GNU_RELRO)");
        }
        if !elf.bind_now {
            found.at(path, "its functions are bound while it runs (no BIND_NOW)");
        }
    }
}
