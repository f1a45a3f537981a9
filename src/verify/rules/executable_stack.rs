//! Stacks hold no code.

use crate::inspect::Stack;
use crate::verify::registry::on_elf;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "executable-stack",
    explain: "No object, library or executable asks for a stack that holds code.",
    hint: "give the assembler file a `.note.GNU-stack` section, or link with `-z noexecstack`",
    severity: Severity::Error,
    skip: on_elf,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (path, elf) in subject
        .inventory
        .elf_images()
        .filter(|(_, elf)| elf.stack != Stack::NotExecutable)
    {
        found.at(
            path,
            if elf.stack == Stack::Executable {
                "it asks for an executable stack"
            } else {
                "it does not say that its stack is not executable"
            },
        );
    }
    // An object that says nothing is cured by whoever links it; one that asks is not.
    for (path, member, elf) in subject.inventory.elves() {
        if !elf.is_image() && elf.stack == Stack::Executable {
            found.at_member(path, member, "it asks for an executable stack");
        }
    }
}
