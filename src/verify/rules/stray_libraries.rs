//! No library to load stands where nobody put it.

use std::collections::BTreeSet;

use crate::inspect::MachOKind;
use crate::manifest::{library_name, places};
use crate::model::{Os, TreePath};
use crate::plan::Linkage;
use crate::verify::registry::on_pe_and_macho;
use crate::verify::{Found, Rule, Severity, Subject, is_same_library};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "stray-libraries",
    explain: "Every library to load is the interpreter's own, leads to it, or is an extension module that the manifest knows.",
    hint: "Windows looks for DLLs beside the program first: whatever stands there is loaded by its name; do not ship it, on macOS no more than there",
    severity: Severity::Error,
    skip: on_pe_and_macho,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let manifest = subject.manifest;
    let own = library_name(manifest.pbs.os, &manifest.python_major_minor_version);
    let place = match manifest.python_paths.get("stdlib") {
        Some(stdlib) if manifest.pbs.os != Os::Windows => stdlib.clone(),
        _ => subject.install(),
    };
    let modules: BTreeSet<TreePath> = manifest
        .pbs
        .extensions
        .iter()
        .filter(|(_, record)| record.linkage == Linkage::Shared)
        .filter_map(|(name, _)| TreePath::parse(&format!("{}/{name}", places(manifest.pbs.os).modules)).ok())
        .map(|module| place.join(&module))
        .collect();
    for (path, file) in subject.macho_images() {
        let is_own = file.kind == MachOKind::Dylib && path.name().starts_with(&own);
        let is_library = file.kind != MachOKind::Executable;
        if is_library && !is_own && !is_module(path, &modules) {
            found.at(
                path,
                "it is a library that is neither the interpreter's nor an extension module",
            );
        }
    }
    let home = manifest.python_exe.parent();
    for (path, pe) in subject.pe_images().filter(|(_, pe)| pe.dll) {
        let at_home = path.parent() == home;
        let is_own = at_home && is_same_library(path.name(), &own, subject.format());
        let leads = at_home
            && !pe.exports.is_empty()
            && pe.exports.iter().all(|export| {
                let library = export
                    .forward
                    .as_deref()
                    .and_then(|forward| forward.rsplit_once('.'));
                library.is_some_and(|(library, _)| {
                    is_same_library(&format!("{library}.dll"), &own, subject.format())
                })
            });
        if !is_own && !leads && !is_module(path, &modules) {
            found.at(
                path,
                "it is a DLL that is neither the interpreter's nor an extension module",
            );
        }
    }
}

/// Whether a file is one of these modules, whatever it has behind its first full stop.
fn is_module(path: &TreePath, modules: &BTreeSet<TreePath>) -> bool {
    let name = path.name().split('.').next().unwrap_or_default();
    let module = path.parent().zip(TreePath::parse(name).ok());
    module.is_some_and(|(parent, name)| modules.contains(&parent.join(&name)))
}
