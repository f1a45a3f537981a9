//! Symbols of linked libraries are nobody else's business.

use std::collections::BTreeSet;

use crate::inspect::{Content, Role};
use crate::verify::registry::with_objects;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "dependency-symbols",
    explain: "What static libraries define is not exported by the interpreter or any library, lest it replace other copies.",
    hint: "link with `-Wl,--exclude-libs,ALL`; for Windows, define what makes the headers say that the library is static",
    severity: Severity::Error,
    skip: with_objects,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let mut foreign = BTreeSet::new();
    let mut own = BTreeSet::new();
    for (path, facts) in &subject.inventory.files {
        let names = match &facts.content {
            Content::Archive(_) if path.as_str().starts_with("build/lib/") => &mut foreign,
            content if content.role() == Some(Role::Object) => &mut own,
            _ => continue,
        };
        names.extend(facts.content.codes().flat_map(|(_, code)| code.defined()));
    }
    for (path, code) in subject.images() {
        let exported = code.exported().into_iter();
        let leaked: Vec<&str> = exported
            .filter(|name| foreign.contains(name) && !own.contains(name))
            .collect();
        if let Some(first) = leaked.first() {
            found.at(
                path,
                format!(
                    "it exports {} symbols of static libraries, as `{first}`",
                    leaked.len()
                ),
            );
        }
    }
}
