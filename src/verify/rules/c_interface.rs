//! Those who embed or extend Python find its C interface.

use crate::inspect::Elf;
use crate::manifest::LinkMode;
use crate::model::TreePath;
use crate::verify::registry::on_elf;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "c-interface",
    explain: "The interpreter and its shared library export Python's C interface.",
    hint: "link the interpreter with `-Wl,--export-dynamic`; see whether `-fvisibility=hidden` hid too much",
    severity: Severity::Error,
    skip: on_elf,
    check,
};

/// One function each of starting, objects and compiling.
const INTERFACE: [&str; 4] = ["Py_Initialize", "PyList_New", "Py_CompileString", "Py_BytesMain"];

/// `Py_CompileString` is a macro in headers, and a function all the same.
fn check_exports(path: &TreePath, elf: &Elf, found: &mut Found) {
    for name in INTERFACE {
        if !elf.symbol(name).is_some_and(|symbol| symbol.exported()) {
            found.at(path, format!("it does not export `{name}`"));
        }
    }
}

fn check(subject: &Subject<'_>, found: &mut Found) {
    let manifest = subject.manifest;
    if let Some(elf) = subject.inventory.elf(&manifest.python_exe)
        && elf.interpreter.is_some()
    {
        check_exports(&manifest.python_exe, elf, found);
    }
    let mut libraries = 0;
    let shared = format!("libpython{}", manifest.python_major_minor_version);
    for (path, elf) in subject.inventory.images() {
        if elf.soname.as_ref().is_some_and(|name| name.starts_with(&shared)) {
            libraries += 1;
            check_exports(path, elf, found);
        }
    }
    match manifest.libpython_link_mode {
        LinkMode::Shared if libraries == 0 => found.say(format!("there is no `{shared}*.so`")),
        LinkMode::Static if libraries > 0 => {
            found.say(format!("there is a `{shared}*.so`, but the manifest denies it"))
        }
        _ => {}
    }
}
