//! Static libraries do not tell when they were made, and are whole.

use crate::inspect::Content;
use crate::verify::registry::with_objects;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "static-libraries",
    explain: "Members of static libraries have no time, user or group, and every one is an object.",
    hint: "make the archive with `ar rcsD`",
    severity: Severity::Error,
    skip: with_objects,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (path, facts) in &subject.inventory.files {
        let Content::Archive(archive) = &facts.content else {
            continue;
        };
        if archive.members.is_empty() {
            found.at(path, "it is empty");
        }
        for member in &archive.members {
            if !member.deterministic {
                found.at_member(path, Some(&member.name), "it tells when or by whom it was made");
            }
            if member.content == Content::Other {
                found.at_member(path, Some(&member.name), "it is no object");
            }
        }
    }
}
