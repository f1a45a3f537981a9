//! Everything that is asked of the system is there, on the oldest one, too.

use std::collections::{BTreeMap, BTreeSet};

use crate::inspect::{Binding, Code, Library, Load, MachO, MachOSymbol, Stub};
use crate::model::{Arch, PackedVersion, TreePath};
use crate::verify::registry::on_macho_objects;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "availability",
    explain: "Every symbol is in the library that it is looked for in, and what the oldest system lacks may be missing.",
    hint: "guard the call with `__builtin_available`, or make configure believe that the function does not exist; \
           `newer.txt` beside the stubs says since when there is what",
    severity: Severity::Error,
    skip: on_macho_objects,
    check,
};

/// The list of what is newer than the oldest system, beside the stubs: a line `_symbol VERSION` each.
const NEWER: &str = "newer.txt";

/// The system as its stubs have it.
#[derive(Default)]
struct System {
    /// Install name → its symbols and those of the libraries that it gives on.
    libraries: BTreeMap<String, BTreeSet<String>>,
    /// Symbol → the first version of the system that has it.
    newer: BTreeMap<String, PackedVersion>,
}

fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some(arch) = subject.manifest.target_triple.arch() else {
        return;
    };
    let minimum = subject.manifest.apple_sdk_deployment_target.as_deref();
    let Some(minimum) = minimum.and_then(|text| text.parse::<PackedVersion>().ok()) else {
        return;
    };
    let mut system = read_system(subject, arch, found);
    system.newer.retain(|_, since| *since > minimum);
    for (path, file) in subject.macho_images() {
        if !file.has(object::macho::MH_TWOLEVEL) {
            found.at(
                path,
                "its symbols are looked for in whatever is loaded (no two-level names)",
            );
            continue;
        }
        for symbol in file.symbols.iter().filter(|symbol| !symbol.defined) {
            check_place(subject, &system, path, symbol, found);
        }
    }
    let codes = subject.inventory.codes();
    for (path, member, code) in codes.filter(|(path, ..)| !subject.is_of_a_wheel(path)) {
        let Code::MachO(file) = code else { continue };
        for symbol in file.symbols.iter().filter(|symbol| !symbol.defined) {
            if let Some(since) = system.newer.get(&symbol.name)
                && !may_be_missing(file, symbol)
            {
                let name = &symbol.name;
                let message = format!("it cannot do without `{name}`, which is there since {since} only");
                found.at_member(path, member, message);
            }
        }
    }
}

/// Whether a file starts without this symbol: it is referred to weakly, or its whole library may be missing.
fn may_be_missing(file: &MachO, symbol: &MachOSymbol) -> bool {
    let of_library = file
        .dylibs
        .iter()
        .any(|dylib| dylib.load == Load::Weak && symbol.library == Some(Library::Dylib(dylib.name.clone())));
    symbol.binding == Binding::Weak || of_library
}

/// Whether a symbol is where the file says that it is.
fn check_place(
    subject: &Subject<'_>,
    system: &System,
    path: &TreePath,
    symbol: &MachOSymbol,
    found: &mut Found,
) {
    let name = &symbol.name;
    let exe = &subject.manifest.python_exe;
    let exports = |path: &TreePath| match subject.inventory.code(path) {
        Some(Code::MachO(file)) => file.exports.binary_search(name).is_ok(),
        _ => false,
    };
    let (there, place) = match &symbol.library {
        Some(Library::Dylib(library)) => {
            let there = match (subject.own_library(path, library), system.libraries.get(library)) {
                (Some(own), _) => exports(&own),
                (None, Some(known)) => known.contains(name),
                (None, None) => false,
            };
            (there, format!("`{library}`"))
        }
        Some(Library::Own) => (exports(path), "itself".to_owned()),
        Some(Library::Executable) => (exports(exe), format!("`{exe}`")),
        Some(Library::Any) | None => {
            let of_system = system.libraries.values().any(|known| known.contains(name));
            (
                exports(exe) || of_system,
                "the interpreter and the system".to_owned(),
            )
        }
    };
    if !there {
        found.at(
            path,
            format!("it looks for `{name}` in {place}, where no stub and no file has it"),
        );
    }
}

/// Reads the stubs and the list beside them.
fn read_system(subject: &Subject<'_>, arch: Arch, found: &mut Found) -> System {
    let mut system = System::default();
    let mut stubs = BTreeMap::<String, Stub>::new();
    let Some(start) = &subject.manifest.pbs.interpreter.start else {
        return system;
    };
    let beside = |path: &&TreePath| path.strip_prefix(&start.directory).is_some();
    // Those of frameworks stand in directories of their own.
    for path in subject.inventory.files.keys().filter(beside) {
        if path.name() == NEWER && start.finds(path) {
            read_newer(subject, path, &mut system, found);
        } else if path.name().ends_with(".tbd") {
            let text = subject.text(path).unwrap_or_default();
            match Stub::parse(&text) {
                Ok(read) => stubs.extend(read.into_iter().map(|stub| (stub.install_name.clone(), stub))),
                Err(error) => found.at(path, error.to_string()),
            }
        }
    }
    let target = match arch {
        Arch::Aarch64 => "arm64-macos",
        Arch::X86_64 => "x86_64-macos",
    };
    for name in stubs.keys() {
        let mut symbols = BTreeSet::new();
        let (mut waiting, mut seen) = (vec![name], BTreeSet::new());
        while let Some(name) = waiting.pop() {
            let Some(stub) = stubs.get(name).filter(|_| seen.insert(name)) else {
                continue;
            };
            symbols.extend(stub.exports.get(target).into_iter().flatten().cloned());
            waiting.extend(&stub.reexported);
        }
        system.libraries.insert(name.clone(), symbols);
    }
    system
}

fn read_newer(subject: &Subject<'_>, path: &TreePath, system: &mut System, found: &mut Found) {
    let text = subject.text(path).unwrap_or_default();
    for line in text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let read = line
            .split_once(' ')
            .map(|(name, version)| (name, version.trim().parse()));
        match read {
            Some((name, Ok(version))) => drop(system.newer.insert(name.to_owned(), version)),
            _ => found.at(path, format!("its line `{line}` is no symbol and a version")),
        }
    }
}
