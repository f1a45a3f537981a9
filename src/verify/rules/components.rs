//! Everything that is linked can be traced to a source.

use std::collections::BTreeSet;

use crate::verify::registry::always;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "components",
    explain: "Every linked component names its source by digest, and extension modules need only components that there are.",
    hint: "look at `source:` of the component's version file and at `needs:` in recipes/cpython/extensions.yaml",
    severity: Severity::Error,
    skip: always,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let pbs = &subject.manifest.pbs;
    let mut names = BTreeSet::new();
    for component in &pbs.components {
        if !names.insert(component.name.as_str()) {
            found.in_manifest(format!("the component `{}` stands there twice", component.name));
        }
        if component.linked && component.archive.is_none() && component.tree.is_none() {
            found.in_manifest(format!(
                "the component `{}` names its source by no digest",
                component.name
            ));
        }
    }
    for (name, extension) in &pbs.extensions {
        for need in extension
            .needs
            .iter()
            .filter(|need| !names.contains(need.as_str()))
        {
            // What is absent may need what nobody built.
            if extension.linkage != crate::plan::Linkage::Absent {
                found.in_manifest(format!(
                    "the extension module `{name}` needs `{need}`, which is no component"
                ));
            }
        }
    }
}
