//! Debuggers and reports of crashes can tell every file from all others.

use std::collections::BTreeMap;

use crate::verify::registry::on_macho;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "build-identifiers",
    explain: "Every library and executable has a UUID, and no two have the same.",
    hint: "link without `-no_uuid`; linkers compute it of what is linked, so that equal files have an equal one",
    severity: Severity::Error,
    skip: on_macho,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let mut seen = BTreeMap::new();
    for (path, file) in subject.macho_images() {
        match &file.uuid {
            None => found.at(path, "it has no UUID"),
            Some(uuid) => {
                if let Some(other) = seen.insert(uuid, path) {
                    found.at(path, format!("its UUID is that of `{other}`"));
                }
            }
        }
    }
}
