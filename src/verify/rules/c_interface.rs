//! Those who embed or extend Python find its C interface.

use crate::inspect::Code;
use crate::manifest::{LinkMode, library_name};
use crate::model::TreePath;
use crate::verify::registry::always;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "c-interface",
    explain: "The interpreter and its shared library export Python's C interface.",
    hint: "link the interpreter with `-Wl,--export-dynamic`, for macOS without `-exported_symbols_list`; see whether `-fvisibility=hidden` hid too much",
    severity: Severity::Error,
    skip: always,
    check,
};

/// One function each of starting, objects and compiling.
const INTERFACE: [&str; 4] = ["Py_Initialize", "PyList_New", "Py_CompileString", "Py_BytesMain"];

/// `Py_CompileString` is a macro in headers, and a function all the same.
fn check_exports(path: &TreePath, code: Code<'_>, found: &mut Found) {
    for name in INTERFACE {
        if !code.exports(name) {
            found.at(path, format!("it does not export `{name}`"));
        }
    }
}

/// The name by which others load it.
fn load_name(code: Code<'_>) -> Option<&str> {
    match code {
        Code::Elf(elf) => elf.soname.as_deref(),
        Code::Pe(pe) => pe.name.as_deref(),
        Code::Coff(_) => None,
        Code::MachO(macho) => {
            let name = macho.install_name.as_ref()?;
            name.name.rsplit('/').next()
        }
    }
}

fn check(subject: &Subject<'_>, found: &mut Found) {
    let manifest = subject.manifest;
    // A program of Windows has the interface from the library only.
    if let Some(code) = subject.inventory.code(&manifest.python_exe)
        && code.loader().is_some()
    {
        check_exports(&manifest.python_exe, code, found);
    }
    let mut libraries = 0;
    let shared = library_name(manifest.pbs.os, &manifest.python_major_minor_version);
    for (path, code) in subject.images() {
        if load_name(code).is_some_and(|name| name.starts_with(&shared)) {
            libraries += 1;
            check_exports(path, code, found);
        }
    }
    match manifest.libpython_link_mode {
        LinkMode::Shared if libraries == 0 => found.say(format!("there is no `{shared}`")),
        LinkMode::Static if libraries > 0 => {
            found.say(format!("there is a `{shared}`, but the manifest denies it"));
        }
        _ => {}
    }
}
