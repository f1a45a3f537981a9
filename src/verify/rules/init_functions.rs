//! Every extension module has the function that makes it.

use crate::model::TreePath;
use crate::verify::registry::with_elf_objects;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "init-functions",
    explain: "A built-in module's objects define its `PyInit_` function; a shared one's library exports it.",
    hint: "an object is missing from `facts/build.json`, or it was compiled with another module name",
    severity: Severity::Error,
    skip: with_elf_objects,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some(build) = subject.build() else {
        return;
    };
    let defines = |objects: &[TreePath], function: &str| {
        let mut elves = objects.iter().filter_map(|path| subject.inventory.elf(path));
        elves.any(|elf| elf.symbol(function).is_some_and(|symbol| symbol.defined))
    };
    for (name, variant) in build
        .extensions
        .iter()
        .flat_map(|(name, all)| all.iter().map(move |one| (name, one)))
    {
        let function = &variant.init_fn;
        if function == "NULL" {
            continue;
        }
        let objects = if variant.in_core {
            &build.core.objs
        } else {
            &variant.objs
        };
        if !defines(objects, function) {
            found.in_manifest(format!("no object of `{name}` defines `{function}`"));
        }
        if let Some(library) = &variant.shared_lib
            && let Some(elf) = subject.inventory.elf(library)
            && !elf.symbol(function).is_some_and(|symbol| symbol.exported())
        {
            found.at(library, format!("it does not export `{function}`"));
        }
    }
    let table = subject.inventory.elf(&build.inittab_object);
    let defined = table.is_some_and(|elf| {
        elf.symbol("_PyImport_Inittab")
            .is_some_and(|symbol| symbol.defined)
    });
    if table.is_some() && !defined {
        found.at(&build.inittab_object, "it does not define `_PyImport_Inittab`");
    }
    let main = subject.manifest.pbs.interpreter.main_object.as_ref();
    if let Some(main) = main
        && let Some(elf) = subject.inventory.elf(main)
        && !elf.symbol("main").is_some_and(|symbol| symbol.defined)
    {
        found.at(main, "it does not define `main`");
    }
}
