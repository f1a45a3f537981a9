//! Every extension module has the function that makes it.

use crate::model::TreePath;
use crate::verify::registry::with_objects;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "init-functions",
    explain: "A built-in module's objects define its `PyInit_` function; a shared one's library exports it.",
    hint: "an object is missing from `facts/build.json`, or it was compiled with another module name",
    severity: Severity::Error,
    skip: with_objects,
    check,
};

/// Where programs begin; the second one takes its words as Windows has them.
const MAIN: [&str; 2] = ["main", "wmain"];

fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some(build) = subject.build() else {
        return;
    };
    let defines = |objects: &[TreePath], function: &str| {
        let mut codes = objects.iter().filter_map(|path| subject.inventory.code(path));
        codes.any(|code| code.defines(function))
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
            && let Some(code) = subject.inventory.code(library)
            && !code.exports(function)
        {
            found.at(library, format!("it does not export `{function}`"));
        }
    }
    let table = subject.inventory.code(&build.inittab_object);
    if table.is_some_and(|code| !code.defines("_PyImport_Inittab")) {
        found.at(&build.inittab_object, "it does not define `_PyImport_Inittab`");
    }
    let main = subject.manifest.pbs.interpreter.main_object.as_ref();
    if let Some(main) = main
        && let Some(code) = subject.inventory.code(main)
        && !MAIN.iter().any(|name| code.defines(name))
    {
        found.at(main, "it does not define `main`");
    }
}
