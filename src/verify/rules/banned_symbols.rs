//! Symbols that some of the target's systems lack are not used.

use crate::verify::registry::on_unix;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "banned-symbols",
    explain: "No library or executable refers to a symbol that the target's file bans.",
    hint: "make configure believe that the function does not exist (a cache variable in the recipe)",
    severity: Severity::Error,
    skip: on_unix,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (path, code) in subject.inventory.images() {
        let undefined = code.undefined();
        for banned in &subject.limits.banned_symbols {
            if undefined.contains(&banned.as_str()) {
                found.at(path, format!("it refers to `{banned}`"));
            }
        }
    }
}
