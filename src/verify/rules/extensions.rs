//! The extension modules are those that the recipes want, each in the way they want it.

use std::collections::BTreeSet;

use crate::manifest::places;
use crate::plan::Linkage;
use crate::verify::registry::with_objects;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "extensions",
    explain: "Recipes, `build_info`, `config.c` and the libraries in `lib-dynload` or `DLLs` agree on the extension modules.",
    hint: "look at recipes/cpython/extensions.yaml and at the generated Modules/Setup.local",
    severity: Severity::Error,
    skip: with_objects,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some(build) = subject.build() else {
        return;
    };
    let records = &subject.manifest.pbs.extensions;
    for (name, record) in records {
        let variants = build.extensions.get(name).map(Vec::as_slice).unwrap_or_default();
        match (record.linkage, variants) {
            (Linkage::Absent, []) if record.why.is_none() => {
                found.in_manifest(format!("`{name}` is absent, and nothing says why"));
            }
            (Linkage::Absent, []) => {}
            (Linkage::Absent, _) => found.in_manifest(format!("`{name}` is said to be absent, but is there")),
            (_, []) => found.in_manifest(format!("`{name}` has no variant in `build_info`")),
            (Linkage::Builtin, variants) if variants.iter().any(|variant| variant.shared_lib.is_some()) => {
                found.in_manifest(format!("`{name}` should be built in, but has a shared library"));
            }
            (Linkage::Shared, variants) if variants.iter().any(|variant| variant.shared_lib.is_none()) => {
                found.in_manifest(format!("`{name}` should have a shared library, but has none"));
            }
            _ => {}
        }
    }
    for name in build
        .extensions
        .keys()
        .filter(|name| !records.contains_key(*name))
    {
        found.in_manifest(format!(
            "`{name}` is in `build_info`, but not in `pbs.extensions`"
        ));
    }
    check_table(subject, found);
    check_dynload(subject, found);
}

/// Compares `config.c` with the modules that are said to be built in.
fn check_table(subject: &Subject<'_>, found: &mut Found) {
    let Some(build) = subject.build() else {
        return;
    };
    let Some(source) = subject.text(&build.inittab_source) else {
        return;
    };
    let table: BTreeSet<&str> = builtin_names(&source).collect();
    let wanted: BTreeSet<&str> = subject
        .manifest
        .pbs
        .extensions
        .iter()
        .filter(|(_, record)| record.linkage == Linkage::Builtin)
        .map(|(name, _)| name.as_str())
        .collect();
    for name in wanted.difference(&table) {
        found.at(
            &build.inittab_source,
            format!("`{name}` should be built in, but is not in the table"),
        );
    }
    for name in table.difference(&wanted) {
        found.at(
            &build.inittab_source,
            format!("`{name}` is in the table, but should not be built in"),
        );
    }
}

/// The names in the table of `config.c`: lines as `{"zlib", PyInit_zlib},`.
fn builtin_names(source: &str) -> impl Iterator<Item = &str> {
    source.lines().filter_map(|line| {
        let entry = line.trim().strip_prefix("{\"")?;
        let (name, rest) = entry.split_once('"')?;
        rest.trim_start().starts_with(',').then_some(name)
    })
}

/// Every library in the directory of extension modules belongs to one.
fn check_dynload(subject: &Subject<'_>, found: &mut Found) {
    let variants = subject
        .build()
        .into_iter()
        .flat_map(|build| build.extensions.values().flatten());
    let known: BTreeSet<_> = variants
        .filter_map(|variant| variant.shared_lib.as_ref())
        .collect();
    let place = places(subject.manifest.pbs.os).modules;
    let suffixes = subject.manifest.python_suffixes.get("extension");
    let suffixes = suffixes.map(Vec::as_slice).unwrap_or_default();
    for path in subject.inventory.files.keys() {
        let is_module = suffixes
            .iter()
            .any(|suffix| path.as_str().ends_with(suffix.as_str()));
        let is_there = path.parent().is_some_and(|parent| parent.name() == place);
        if is_there && is_module && !known.contains(path) {
            found.at(path, "it belongs to no extension module of the manifest");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::builtin_names;

    #[test]
    fn reads_the_table() {
        let source =
            "/* {\"not\", this} */\n    {\"zlib\", PyInit_zlib},\n    {\"sys\", NULL},\n    {0, 0}\n";
        assert_eq!(builtin_names(source).collect::<Vec<_>>(), ["zlib", "sys"]);
    }
}
