//! Every path that the manifest names is there.

use std::collections::BTreeMap;

use crate::inspect::{Content, ElfKind};
use crate::model::TreePath;
use crate::verify::registry::always;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "paths",
    explain: "Every path in the manifest leads to what it is said to be: object, static or shared library, file.",
    hint: "look at `facts/build.json` of CPython's last step and at `libraries:` of the recipes",
    severity: Severity::Error,
    skip: always,
    check,
};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Expected {
    Object,
    StaticLibrary,
    SharedLibrary,
    Anything,
}

fn check(subject: &Subject<'_>, found: &mut Found) {
    // By path and by what it is said to be: two may name one file as different things.
    let mut named = BTreeMap::<(&TreePath, Expected), String>::new();
    let manifest = subject.manifest;
    let mut name = |path, by: &str, expected| {
        named.insert((path, expected), by.to_owned());
    };
    for path in manifest
        .python_stdlib_platform_config
        .iter()
        .chain(&manifest.run_tests)
    {
        name(path, "the manifest", Expected::Anything);
    }
    if let Some(path) = &manifest.pbs.interpreter.main_object {
        name(path, "`pbs.interpreter.main_object`", Expected::Object);
    }
    if let Some(start) = &manifest.pbs.interpreter.start {
        let by = "`pbs.interpreter.start`";
        name(&start.directory, by, Expected::Anything);
        for path in start
            .first
            .iter()
            .chain(&start.first_position_independent)
            .chain(&start.last)
        {
            name(path, by, Expected::Object);
        }
        for path in start.nonshared.iter().chain([&start.builtins]) {
            name(path, by, Expected::StaticLibrary);
        }
    }
    for component in &manifest.pbs.components {
        for path in &component.libraries {
            name(
                path,
                &format!("the component `{}`", component.name),
                Expected::StaticLibrary,
            );
        }
    }
    if let Some(build) = &manifest.build_info {
        name(&build.inittab_object, "`inittab_object`", Expected::Object);
        name(&build.inittab_source, "`inittab_source`", Expected::Anything);
        let core = &build.core;
        core.objs
            .iter()
            .for_each(|path| name(path, "the core", Expected::Object));
        core.static_lib
            .iter()
            .for_each(|path| name(path, "the core", Expected::StaticLibrary));
        core.shared_lib
            .iter()
            .for_each(|path| name(path, "the core", Expected::SharedLibrary));
        let variants = build
            .extensions
            .iter()
            .flat_map(|(name, variants)| variants.iter().map(move |one| (name, one)));
        let mut links: Vec<_> = core
            .links
            .iter()
            .map(|link| ("the core".to_owned(), link))
            .collect();
        for (extension, variant) in variants {
            let by = format!("the extension module `{extension}`");
            variant
                .objs
                .iter()
                .for_each(|path| name(path, &by, Expected::Object));
            variant
                .static_lib
                .iter()
                .for_each(|path| name(path, &by, Expected::StaticLibrary));
            variant
                .shared_lib
                .iter()
                .for_each(|path| name(path, &by, Expected::SharedLibrary));
            links.extend(variant.links.iter().map(|link| (by.clone(), link)));
        }
        for (by, link) in links {
            link.path_static
                .iter()
                .for_each(|path| name(path, &by, Expected::StaticLibrary));
            link.path_dynamic
                .iter()
                .for_each(|path| name(path, &by, Expected::SharedLibrary));
        }
    } else if manifest.pbs.flavor == crate::plan::Flavor::Full {
        found.in_manifest("the manifest of a full archive has no `build_info`");
    }
    for ((path, expected), by) in named {
        let Some(there) = subject.inventory.resolve(path) else {
            found.at(path, format!("{by} names it, but it is not there"));
            continue;
        };
        let content = subject.inventory.files.get(&there).map(|facts| &facts.content);
        let kind = match content {
            Some(Content::Elf(elf)) => Some(elf.kind),
            _ => None,
        };
        let (fits, what) = match expected {
            Expected::Object => (kind == Some(ElfKind::Relocatable), "object"),
            Expected::SharedLibrary => (kind == Some(ElfKind::SharedLibrary), "shared library"),
            Expected::StaticLibrary => (matches!(content, Some(Content::Archive(_))), "static library"),
            Expected::Anything => (true, "file"),
        };
        // Other formats than ELF are not read yet, and broken files are reported by another rule.
        let readable =
            manifest.pbs.os == crate::model::Os::Linux && !subject.inventory.broken.contains_key(&there);
        if readable && !fits && content != Some(&Content::Bitcode) {
            found.at(path, format!("{by} names it as {what}, which it is not"));
        }
    }
}
