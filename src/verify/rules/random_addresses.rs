//! Nobody can tell where code will stand.

use crate::verify::registry::on_pe_and_macho;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "random-addresses",
    explain: "Every executable and library is loaded at a random address, on Windows out of all 64 bits (ASLR with high entropy).",
    hint: "link with `/dynamicbase /highentropyva`, and without `/fixed` and `/largeaddressaware:no`; for macOS with `-pie`",
    severity: Severity::Error,
    skip: on_pe_and_macho,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (path, _) in subject
        .macho_images()
        .filter(|(_, file)| !file.position_independent())
    {
        found.at(path, "it is always loaded at the same address (no PIE)");
    }
    for (path, pe) in subject.pe_images() {
        let said = [
            (
                pe.protection.dynamic_base,
                "it is always loaded at the same address (no DYNAMIC_BASE)",
            ),
            (
                pe.protection.high_entropy,
                "its address is one of few (no HIGH_ENTROPY_VA)",
            ),
            (
                pe.protection.large_addresses,
                "its address is below 2 GiB (no LARGE_ADDRESS_AWARE)",
            ),
        ];
        for (_, message) in said.into_iter().filter(|(is_so, _)| !is_so) {
            found.at(path, message);
        }
    }
}
