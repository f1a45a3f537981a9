//! Everything is made for the target's processor.

use crate::inspect::Content;
use crate::verify::registry::always;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "machine",
    explain: "Every object, library and executable is made for the target's processor and system.",
    hint: "a script used the worker's compiler instead of the target's; look for `gcc`, `cc` or `CC_FOR_BUILD`",
    severity: Severity::Error,
    skip: always,
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
    for (path, facts) in &subject.inventory.files {
        if matches!(facts.content, Content::Universal(_)) && !subject.is_of_a_wheel(path) {
            found.at(
                path,
                "it is a universal file, of which each system needs a part only",
            );
        }
    }
    let codes = subject.inventory.codes();
    for (path, member, code) in codes.filter(|(path, ..)| !subject.is_of_a_wheel(path)) {
        if code.format() != subject.format() {
            let (format, expected) = (code.format(), subject.format());
            found.at_member(
                path,
                member,
                format!("it is made for systems with {format}, not with {expected}"),
            );
        } else if !code.is_for(arch) {
            let machine = code.machine();
            found.at_member(
                path,
                member,
                format!("it is made for machine {machine}, not for {arch}"),
            );
        }
    }
}
