//! What symbols tell: who calls whom, and how new a C library must be.

use std::collections::{BTreeMap, BTreeSet};

use super::{BuildInfo, Inventory};
use crate::inspect::Code;
use crate::model::TreePath;

/// Who calls the code of which extension module, by which symbols; the core is called `core`.
#[must_use]
pub fn calls(
    build: &BuildInfo,
    inventory: &Inventory,
) -> BTreeMap<String, BTreeMap<String, BTreeSet<String>>> {
    let core = ("core", build.core.objs.as_slice());
    let owners: Vec<(&str, &[TreePath])> = build
        .extensions
        .iter()
        .flat_map(|(name, variants)| variants.iter().map(move |variant| (name.as_str(), variant)))
        // What stands in a library of its own is loaded, not linked.
        .filter(|(_, variant)| variant.shared_lib.is_none())
        .map(|(name, variant)| (name, variant.objs.as_slice()))
        .chain([core])
        .collect();
    let codes = |objects: &[TreePath]| -> Vec<Code<'_>> {
        objects.iter().filter_map(|path| inventory.code(path)).collect()
    };
    let mut defined_by = BTreeMap::<&str, &str>::new();
    for (owner, objects) in &owners {
        for symbol in codes(objects).into_iter().flat_map(Code::defined) {
            defined_by.entry(symbol).or_insert(owner);
        }
    }
    let mut calls = BTreeMap::<String, BTreeMap<String, BTreeSet<String>>>::new();
    for (owner, objects) in &owners {
        for symbol in codes(objects).into_iter().flat_map(Code::undefined) {
            if let Some(other) = defined_by.get(symbol)
                && other != owner
                && *other != "core"
            {
                let called = calls.entry((*owner).to_owned()).or_default();
                let symbols = called.entry((*other).to_owned()).or_default();
                symbols.insert(symbol.to_owned());
            }
        }
    }
    calls
}

/// The highest version of symbols that any library or executable needs, by prefix.
#[must_use]
pub fn highest_versions(inventory: &Inventory) -> BTreeMap<String, String> {
    let mut highest = BTreeMap::<String, String>::new();
    for (_, elf) in inventory.elf_images() {
        for version in elf.versions.values().flatten() {
            let Some((prefix, number)) = version.rsplit_once('_') else {
                continue;
            };
            let known = highest
                .entry(prefix.to_owned())
                .or_insert_with(|| number.to_owned());
            if version_parts(known) < version_parts(number) {
                number.clone_into(known);
            }
        }
    }
    highest
}

/// The numbers of a dotted version, for comparison; a part that is no number is higher than any.
#[must_use]
pub fn version_parts(version: &str) -> Vec<u64> {
    version
        .split('.')
        .map(|part| part.parse().unwrap_or(u64::MAX))
        .collect()
}
