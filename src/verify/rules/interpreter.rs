//! The interpreter is where people and installers look for it.

use crate::inspect::{Code, Role, Subsystem};
use crate::manifest::places;
use crate::model::TreePath;
use crate::verify::registry::always;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "interpreter",
    explain: "`python_exe` is an executable, and what people call it by leads to it; Windows has one without a console, too.",
    hint: "make the links in CPython's last step, or see which project makes the executable",
    severity: Severity::Error,
    skip: always,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let exe = &subject.manifest.python_exe;
    let places = places(subject.manifest.pbs.os);
    match subject.inventory.code(exe) {
        Some(Code::Pe(pe)) if !pe.dll && pe.subsystem != Subsystem::Console => {
            found.at(exe, "`python_exe` has no console");
        }
        Some(code) if code.role() == Role::Program => {}
        Some(_) => found.at(exe, "`python_exe` is no executable"),
        None if subject.inventory.broken.contains_key(exe) => {}
        None => found.at(exe, "`python_exe` is not there, or is no executable"),
    }
    let there = subject.inventory.resolve(exe);
    if let Some(name) = places.windowed {
        let path = subject.install().join(&TreePath::parse(name).expect("a path"));
        match subject.inventory.code(&path) {
            Some(Code::Pe(pe)) if !pe.dll && pe.subsystem == Subsystem::Gui => {}
            _ => found.at(path, "it is not there, or is no executable without a console"),
        }
    }
    for name in places.aliases {
        let link = subject.install().join(&TreePath::parse(name).expect("a path"));
        if there.is_none() || subject.inventory.resolve(&link) != there {
            found.at(&link, format!("it does not lead to `{exe}`"));
        }
    }
}
