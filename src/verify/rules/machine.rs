//! Everything is made for the target's processor.

use crate::verify::registry::on_elf;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "machine",
    explain: "Every object, library and executable is made for the target's processor.",
    hint: "a script used the worker's compiler instead of the target's; look for `gcc`, `cc` or `CC_FOR_BUILD`",
    severity: Severity::Error,
    skip: on_elf,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some(arch) = subject.manifest.target_triple.arch() else {
        found.in_manifest(format!(
            "`{}` names no known processor",
            subject.manifest.target_triple
        ));
        return;
    };
    for (path, member, elf) in subject.inventory.elves().filter(|(_, _, elf)| !elf.is_for(arch)) {
        found.at_member(
            path,
            member,
            format!("it is made for machine {}, not for {arch}", elf.machine),
        );
    }
}
