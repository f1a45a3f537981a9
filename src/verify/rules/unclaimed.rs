//! Every object and static library belongs to somebody.

use std::collections::BTreeSet;

use crate::inspect::Role;
use crate::manifest::{LauncherRecord, StartRecord};
use crate::model::TreePath;
use crate::verify::registry::with_objects;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "unclaimed",
    explain: "Every object and static library in `build/` is named by the core, the launcher or an extension module.",
    hint: "whoever relinks would leave this code out: add it to `facts/build.json`, or do not ship it",
    severity: Severity::Error,
    skip: with_objects,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some(build) = subject.build() else {
        return;
    };
    let variants = || build.extensions.values().flatten();
    let links = build
        .core
        .links
        .iter()
        .chain(variants().flat_map(|variant| &variant.links));
    let claimed: BTreeSet<&TreePath> = build
        .core
        .objs
        .iter()
        .chain([&build.inittab_object])
        .chain(&subject.manifest.pbs.interpreter.main_object)
        .chain(
            subject
                .manifest
                .pbs
                .interpreter
                .start
                .iter()
                .flat_map(StartRecord::files),
        )
        .chain(
            subject
                .manifest
                .pbs
                .interpreter
                .launcher
                .iter()
                .flat_map(LauncherRecord::objects),
        )
        .chain(variants().flat_map(|variant| variant.objs.iter().chain(&variant.static_lib)))
        .chain(links.filter_map(|link| link.path_static.as_ref()))
        .collect();
    let start = subject.manifest.pbs.interpreter.start.as_ref();
    let is_found = |path: &TreePath| start.is_some_and(|start| start.finds(path));
    for (path, facts) in &subject.inventory.files {
        if facts.content.role() == Some(Role::StaticLibrary) && is_found(path) {
            continue;
        }
        if facts.content.is_linkable() && path.as_str().starts_with("build/") && !claimed.contains(path) {
            found.at(path, "neither the core nor any extension module names it");
        }
    }
}
