//! Only libraries that the target has are loaded.

use std::collections::BTreeSet;

use super::runtime::{leads_to, runtime_links};
use crate::inspect::Code;
use crate::manifest::Link;
use crate::model::{ObjectFormat, TreePath};
use crate::verify::registry::always;
use crate::verify::{Found, Rule, Severity, Subject, is_same_library};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "libraries",
    explain: "Only allowed system libraries and our own are loaded, and the manifest names each as a link.",
    hint: "link the library statically, or allow it in the target's file (`limits: allowed-libraries`) with a reason",
    severity: Severity::Error,
    skip: always,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let format = subject.format();
    let own: BTreeSet<&str> = subject
        .inventory
        .tree
        .iter()
        .filter(|(path, _)| !path.as_str().starts_with("build/"))
        .map(|(path, _)| path.name())
        .collect();
    let runtime = runtime_links(subject);
    for (path, code) in subject.images() {
        for needed in code.needed() {
            let is_own = match format {
                // A name of macOS says where a library is.
                ObjectFormat::MachO => subject.own_library(path, needed).is_some(),
                ObjectFormat::Elf | ObjectFormat::Coff => {
                    own.iter().any(|own| is_same_library(own, needed, format))
                }
            };
            if is_own {
                continue;
            }
            if !subject.limits.allows_library(needed, format) {
                found.at(
                    path,
                    format!("it loads `{needed}`, which the target does not promise"),
                );
            } else if subject.build().is_some() && !named(subject, path, code, needed, &runtime) {
                found.at(
                    path,
                    format!("it loads `{needed}`, which the manifest does not name as a link"),
                );
            }
        }
    }
}

/// Whether the manifest names the library as one of the system's for this file.
fn named(
    subject: &Subject<'_>,
    path: &TreePath,
    code: Code<'_>,
    needed: &str,
    runtime: &BTreeSet<String>,
) -> bool {
    // The C library and the loader are there for every program.
    if needed.starts_with("libc.") || needed.starts_with("ld-") || needed.starts_with("ld.") {
        return true;
    }
    if needed == "/usr/lib/libSystem.B.dylib" {
        return true;
    }
    let Some(build) = subject.build() else {
        return false;
    };
    let variants = build.extensions.values().flatten();
    // A module's library links what its own links say; the interpreter what everything in it says.
    let links = variants
        .filter(|variant| variant.shared_lib.as_ref().is_none_or(|library| library == path))
        .flat_map(|variant| &variant.links)
        .chain(&build.core.links);
    if let Some(framework) = framework(needed) {
        let mut links = links;
        return links.any(|link| link.framework == Some(true) && link.name == framework);
    }
    let names = links
        .filter(|link: &&Link| link.system == Some(true))
        .map(|link| link.name.as_str());
    match code.format() {
        ObjectFormat::Coff => names
            .chain(runtime.iter().map(String::as_str))
            .any(|name| leads_to(subject, name, needed)),
        ObjectFormat::Elf => {
            let library = needed
                .strip_prefix("lib")
                .and_then(|rest| rest.split(".so").next())
                .unwrap_or(needed);
            names.into_iter().any(|name| name == library)
        }
        ObjectFormat::MachO => {
            let file = needed.rsplit('/').next().unwrap_or(needed);
            let library = file.strip_prefix("lib").and_then(|rest| rest.split('.').next());
            names.into_iter().any(|name| Some(name) == library)
        }
    }
}

/// The framework that a library of macOS is: `…/NAME.framework/Versions/A/NAME`.
fn framework(library: &str) -> Option<&str> {
    let (_, name) = library.rsplit_once('/')?;
    library.contains(&format!("/{name}.framework/")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::framework;

    #[test]
    fn frameworks_are_known_by_their_place() {
        let place = "/System/Library/Frameworks/CoreFoundation.framework/Versions/A/CoreFoundation";
        assert_eq!(framework(place), Some("CoreFoundation"));
        assert_eq!(framework("/usr/lib/libSystem.B.dylib"), None);
    }
}
