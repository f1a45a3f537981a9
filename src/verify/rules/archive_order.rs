//! Archives are sorted and name nothing twice, so that equal content is equal bytes.

use std::collections::BTreeSet;

use crate::manifest::Manifest;
use crate::verify::registry::with_archive;
use crate::verify::{Found, MemberKind, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "archive-order",
    explain: "After the manifest the members of an archive are sorted by path, and each path stands there once.",
    hint: "the packer writes members in the order of the tree; look at archive/pack.rs",
    severity: Severity::Error,
    skip: with_archive,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let mut seen = BTreeSet::new();
    let mut before: Option<Vec<&str>> = None;
    for member in subject.members() {
        if !seen.insert(member.path.as_str()) {
            found.at(&member.path, "it stands in the archive twice");
        }
        if member.kind == MemberKind::Other {
            found.at(&member.path, "it is neither file, link nor directory");
        }
        // The manifest comes first, and the directory it stands in may stand before it.
        if member.path == Manifest::PATH || member.path == "python" {
            continue;
        }
        // By component, as trees are walked, or by text: both are orders.
        let key: Vec<&str> = member.path.split('/').collect();
        if let Some(before) = &before
            && *before > key
            && before.join("/") > member.path
        {
            found.at(&member.path, format!("it stands after `{}`", before.join("/")));
        }
        before = Some(key);
    }
}
