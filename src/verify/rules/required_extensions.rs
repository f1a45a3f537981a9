//! What is not required can be left out.

use crate::verify::registry::with_objects;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "required-extensions",
    explain: "The core and required modules call no code of a module that may be left out.",
    hint: "mark the module `required: true` in recipes/cpython/extensions.yaml",
    severity: Severity::Error,
    skip: with_objects,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some(build) = subject.build() else {
        return;
    };
    let required = |name: &str| {
        let variants = build.extensions.get(name).map(Vec::as_slice).unwrap_or_default();
        variants.iter().any(|variant| variant.required || variant.in_core)
    };
    for (caller, called) in crate::manifest::calls(build, subject.inventory) {
        if caller != "core" && !required(&caller) {
            continue;
        }
        for (name, symbols) in called.iter().filter(|(name, _)| !required(name)) {
            let symbol = symbols.iter().next().map(String::as_str).unwrap_or_default();
            found.say(format!(
                "`{name}` is not required, but `{caller}` calls `{symbol}` of it"
            ));
        }
    }
}
