//! Scripts find their interpreter wherever the distribution is unpacked.

use crate::verify::registry::always;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "shebangs",
    explain: "No script begins with an interpreter at a place that only the build had, as `#!/install/bin/python3`.",
    hint: "begin with `#!/bin/sh` and find the interpreter beside the script, as CPython's last step does",
    severity: Severity::Error,
    skip: always,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (path, facts) in &subject.inventory.files {
        let Some(shebang) = &facts.shebang else {
            continue;
        };
        let interpreter = shebang.split_whitespace().next().unwrap_or_default();
        let elsewhere = ["/install", "/work", "/in/", "/out", "/build", "/tmp"];
        if elsewhere.iter().any(|place| interpreter.starts_with(place)) {
            found.at(path, format!("it begins with `#!{shebang}`"));
        }
    }
}
