//! Nothing stands where nothing should.

use crate::manifest::{Manifest, library_name, places};
use crate::model::Entry;
use crate::plan::Flavor;
use crate::verify::registry::always;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "strays",
    explain: "Everything is below `python/`, and there stands only what the flavour is made of.",
    hint: "look at manifest/layout.rs and at what CPython's last step leaves in `install/` and `build/`",
    severity: Severity::Error,
    skip: always,
    check,
};

/// Files that a build or a test run leaves behind.
const LEFTOVERS: [&str; 8] = [
    ".orig",
    ".rej",
    ".la",
    ".gcda",
    ".profraw",
    ".tmp",
    "~",
    ".DS_Store",
];

fn check(subject: &Subject<'_>, found: &mut Found) {
    let full: &[&str] = &[Manifest::NAME, "build", "install", "licenses"];
    let os = subject.manifest.pbs.os;
    let library = library_name(os, &subject.manifest.python_major_minor_version);
    let install: Vec<&str> = places(os)
        .root
        .iter()
        .copied()
        .chain([Manifest::NAME, "licenses", library.as_str()])
        .collect();
    let expected = match subject.manifest.pbs.flavor {
        Flavor::Full => full,
        Flavor::InstallOnly | Flavor::InstallOnlyStripped | Flavor::DebugInfo => &install,
    };
    for (path, entry) in subject.tree.iter() {
        let mut components = path.components();
        if components.next() != Some("python") {
            found.at(path, "it is not below `python/`");
        } else if let (Some(second), None) = (components.next(), components.next())
            && !expected.contains(&second)
        {
            found.at(second, "it belongs to no part of this flavour");
        }
        if *entry != Entry::Directory && LEFTOVERS.iter().any(|suffix| path.as_str().ends_with(suffix)) {
            found.at(path, "a build left it behind");
        }
    }
}
