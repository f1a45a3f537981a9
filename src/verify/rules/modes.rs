//! What is run may be executed, and nothing else may.

use crate::inspect::{Code, Role};
use crate::manifest::places;
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
    let has_modes = places(subject.manifest.pbs.os).modes;
    for (path, _, executable) in subject.inventory.tree.files() {
        let facts = subject.inventory.files.get(path);
        let code = facts.and_then(|facts| facts.content.code());
        let ours = code.filter(|code| code.format() == subject.format());
        let role = ours.map(Code::role);
        let program = has_modes && role == Some(Role::Program) || path.parent() == Some(bin.clone());
        let plain = role == Some(Role::Object)
            || [".a", ".lib", ".h", ".pyc", ".json", ".pc"]
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
