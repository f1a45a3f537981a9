//! What is run may be executed, and nothing else may.

use crate::inspect::ElfKind;
use crate::verify::registry::always;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "modes",
    explain: "Programs may be executed; objects, static libraries, licences, headers and the manifest may not.",
    hint: "set the mode where the file is made: `install -m` in the script, or chmod in CPython's last step",
    severity: Severity::Error,
    skip: always,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let bin = subject
        .install()
        .join(&crate::model::TreePath::parse("bin").expect("a path"));
    for (path, _, executable) in subject.inventory.tree.files() {
        let facts = subject.inventory.files.get(path);
        let kind = facts.and_then(|facts| facts.elf()).map(|elf| elf.kind);
        let program = matches!(
            kind,
            Some(ElfKind::Executable | ElfKind::PositionIndependentExecutable)
        ) || path.parent() == Some(bin.clone());
        let plain = matches!(kind, Some(ElfKind::Relocatable))
            || [".a", ".h", ".pyc", ".json", ".pc"]
                .iter()
                .any(|suffix| path.as_str().ends_with(suffix))
            || path.as_str().starts_with("licenses/");
        if program && !executable {
            found.at(path, "it is a program but may not be executed");
        } else if plain && executable {
            found.at(path, "it is no program but may be executed");
        }
    }
}
