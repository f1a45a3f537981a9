//! Every licence text is there.

use crate::model::TreePath;
use crate::verify::registry::always;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "licenses",
    explain: "CPython, every linked component and every extension module with foreign code has its licence texts here.",
    hint: "add the file to `licenses:` of the component's recipe (and to `select:` of its version)",
    severity: Severity::Error,
    skip: always,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let manifest = subject.manifest;
    let mut require = |path: &TreePath, owner: &str| {
        let path_there = subject.inventory.resolve(path);
        let digest = path_there.and_then(|path| match subject.inventory.tree.get(&path) {
            Some(crate::model::Entry::File { digest, .. }) => Some(*digest),
            _ => None,
        });
        match digest {
            None => found.at(path, format!("the licence of {owner} is not there")),
            Some(digest) if digest.size == 0 => found.at(path, format!("the licence of {owner} is empty")),
            Some(_) => {}
        }
    };
    if let Some(path) = &manifest.license_path {
        require(path, "CPython");
    }
    for component in &manifest.pbs.components {
        let owner = format!("the component `{}`", component.name);
        component
            .license_paths
            .iter()
            .for_each(|path| require(path, &owner));
    }
    let extensions = manifest.build_info.iter().flat_map(|build| &build.extensions);
    for (name, variants) in extensions {
        let owner = format!("the extension module `{name}`");
        let paths = variants
            .iter()
            .filter_map(|variant| variant.license_paths.as_ref());
        paths.flatten().for_each(|path| require(path, &owner));
    }
    if manifest.license_path.is_none() || manifest.licenses.as_ref().is_none_or(Vec::is_empty) {
        found.in_manifest("CPython's own licence is not named");
    }
    for component in manifest
        .pbs
        .components
        .iter()
        .filter(|component| component.linked)
    {
        if component.licenses.is_empty() || component.license_paths.is_empty() {
            found.in_manifest(format!(
                "the component `{}` is linked but has no licence",
                component.name
            ));
        }
    }
    for (name, variants) in manifest.build_info.iter().flat_map(|build| &build.extensions) {
        for variant in variants {
            let foreign = variant.links.iter().any(|link| link.path_static.is_some());
            if foreign && variant.license_paths.as_ref().is_none_or(Vec::is_empty) {
                found.in_manifest(format!(
                    "the extension module `{name}` links foreign code but has no licence"
                ));
            }
        }
    }
}
