//! Every path that the manifest names is there.

use std::collections::BTreeMap;

use crate::inspect::{Content, Role};
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

fn check(subject: &Subject<'_>, found: &mut Found) {
    // By path and by what it is said to be: two may name one file as different things.
    let mut named = BTreeMap::<(&TreePath, Option<Role>), String>::new();
    let manifest = subject.manifest;
    let mut name = |path, by: &str, expected| {
        named.insert((path, expected), by.to_owned());
    };
    for path in manifest
        .python_stdlib_platform_config
        .iter()
        .chain(&manifest.run_tests)
    {
        name(path, "the manifest", None);
    }
    if let Some(path) = &manifest.pbs.interpreter.main_object {
        name(path, "`pbs.interpreter.main_object`", Some(Role::Object));
    }
    if let Some(start) = &manifest.pbs.interpreter.start {
        let by = "`pbs.interpreter.start`";
        name(&start.directory, by, None);
        for path in start
            .first
            .iter()
            .chain(&start.first_position_independent)
            .chain(&start.last)
        {
            name(path, by, Some(Role::Object));
        }
        for path in start.nonshared.iter().chain([&start.builtins]) {
            name(path, by, Some(Role::StaticLibrary));
        }
    }
    for component in &manifest.pbs.components {
        for path in &component.libraries {
            name(
                path,
                &format!("the component `{}`", component.name),
                Some(Role::StaticLibrary),
            );
        }
    }
    if let Some(build) = &manifest.build_info {
        name(&build.inittab_object, "`inittab_object`", Some(Role::Object));
        name(&build.inittab_source, "`inittab_source`", None);
        let core = &build.core;
        core.objs
            .iter()
            .for_each(|path| name(path, "the core", Some(Role::Object)));
        core.static_lib
            .iter()
            .for_each(|path| name(path, "the core", Some(Role::StaticLibrary)));
        core.shared_lib
            .iter()
            .for_each(|path| name(path, "the core", Some(Role::SharedLibrary)));
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
                .for_each(|path| name(path, &by, Some(Role::Object)));
            variant
                .static_lib
                .iter()
                .for_each(|path| name(path, &by, Some(Role::StaticLibrary)));
            variant
                .shared_lib
                .iter()
                .for_each(|path| name(path, &by, Some(Role::SharedLibrary)));
            links.extend(variant.links.iter().map(|link| (by.clone(), link)));
        }
        for (by, link) in links {
            link.path_static
                .iter()
                .for_each(|path| name(path, &by, Some(Role::StaticLibrary)));
            link.path_dynamic
                .iter()
                .for_each(|path| name(path, &by, Some(Role::SharedLibrary)));
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
        let Some(expected) = expected else { continue };
        let fits = content.and_then(Content::role) == Some(expected);
        // What cannot be read is no matter of this rule: another one reports what is broken.
        let readable = !subject.inventory.broken.contains_key(&there);
        if readable && !fits && content != Some(&Content::Bitcode) {
            let what = expected.as_str();
            found.at(path, format!("{by} names it as {what}, which it is not"));
        }
    }
}
