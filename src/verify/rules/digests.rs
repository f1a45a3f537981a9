//! The manifest lists every file with its digest.

use std::collections::BTreeMap;

use crate::manifest::Manifest;
use crate::verify::registry::always;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "digests",
    explain: "`pbs.files` lists every file but the manifest, with the digest that the file has.",
    hint: "the distribution was changed after its manifest was made; build it again, or fetch it again",
    severity: Severity::Error,
    skip: always,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let there: BTreeMap<_, _> = subject
        .inventory
        .tree
        .files()
        .filter(|(path, _, _)| path.as_str() != Manifest::NAME)
        .map(|(path, digest, _)| (path, digest))
        .collect();
    for (path, digest) in &subject.manifest.pbs.files {
        match there.get(path) {
            None => found.at(path, "the manifest lists it, but it is not there"),
            Some(observed) if *observed != digest => {
                found.at(
                    path,
                    format!("its digest is {observed}, but {digest} in the manifest"),
                );
            }
            Some(_) => {}
        }
    }
    for path in there
        .keys()
        .filter(|path| !subject.manifest.pbs.files.contains_key(**path))
    {
        found.at(path, "it is there, but the manifest does not list it");
    }
}
