//! Nothing names a place of the machine it was built on.

use crate::verify::registry::always;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "build-paths",
    explain: "No file names a place of the sandbox it was built in: `/work`, `/in`, `/out`, `/build`.",
    hint: "configure with a neutral prefix and install with DESTDIR, or map the path with -ffile-prefix-map",
    severity: Severity::Error,
    skip: always,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (path, facts) in &subject.inventory.files {
        for leak in &facts.leaks {
            found.at(path, format!("it names `{leak}`"));
        }
    }
}
