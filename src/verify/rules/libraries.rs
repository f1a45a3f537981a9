//! Only libraries that the target has are loaded.

use std::collections::BTreeSet;

use crate::manifest::Link;
use crate::model::TreePath;
use crate::verify::registry::on_elf;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "libraries",
    explain: "Only allowed system libraries and our own are loaded, and the manifest names each as a link.",
    hint: "link the library statically, or allow it in the target's file (`limits: allowed-libraries`) with a reason",
    severity: Severity::Error,
    skip: on_elf,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let own: BTreeSet<&str> = subject
        .inventory
        .tree
        .iter()
        .filter(|(path, _)| !path.as_str().starts_with("build/"))
        .map(|(path, _)| path.name())
        .collect();
    for (path, elf) in subject.inventory.images() {
        for needed in &elf.needed {
            if own.contains(needed.as_str()) {
                continue;
            }
            if !subject.limits.allowed_libraries.contains(needed) {
                found.at(
                    path,
                    format!("it loads `{needed}`, which the target does not promise"),
                );
            } else if subject.build().is_some() && !named(subject, path, needed) {
                found.at(
                    path,
                    format!("it loads `{needed}`, which the manifest does not name as a link"),
                );
            }
        }
    }
}

/// Whether the manifest names the library as one of the system's for this file.
fn named(subject: &Subject<'_>, path: &TreePath, needed: &str) -> bool {
    // The C library and the loader are there for every program.
    if needed.starts_with("libc.") || needed.starts_with("ld-") || needed.starts_with("ld.") {
        return true;
    }
    let Some(build) = subject.build() else {
        return false;
    };
    let library = needed
        .strip_prefix("lib")
        .and_then(|rest| rest.split(".so").next())
        .unwrap_or(needed);
    let fits = |link: &Link| link.name == library && link.system == Some(true);
    let variants = build.extensions.values().flatten();
    // A module's library links what its own links say; the interpreter what everything in it says.
    let mut links = variants
        .filter(|variant| variant.shared_lib.as_ref().is_none_or(|library| library == path))
        .flat_map(|variant| &variant.links)
        .chain(&build.core.links);
    links.any(fits)
}
