//! The interpreter is where people and installers look for it.

use crate::inspect::ElfKind;
use crate::model::{Os, TreePath};
use crate::verify::registry::always;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "interpreter",
    explain: "`python_exe` is an executable, and `bin/python` and `bin/python3` lead to it.",
    hint: "make the links in CPython's last step",
    severity: Severity::Error,
    skip: always,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let exe = &subject.manifest.python_exe;
    if subject.manifest.pbs.os == Os::Windows {
        return;
    }
    match subject.inventory.elf(exe).map(|elf| elf.kind) {
        Some(ElfKind::Executable | ElfKind::PositionIndependentExecutable) => {}
        Some(_) => found.at(exe, "`python_exe` is no executable"),
        None if subject.manifest.pbs.os != Os::Linux && subject.exists(exe) => {}
        None if subject.inventory.broken.contains_key(exe) => {}
        None => found.at(exe, "`python_exe` is not there, or is no executable"),
    }
    let there = subject.inventory.resolve(exe);
    for name in ["bin/python", "bin/python3"] {
        let link = subject.install().join(&TreePath::parse(name).expect("a path"));
        if there.is_none() || subject.inventory.resolve(&link) != there {
            found.at(&link, format!("it does not lead to `{exe}`"));
        }
    }
}
