//! Stacks hold no code.

use object::macho::MH_ALLOW_STACK_EXECUTION;

use crate::inspect::Stack;
use crate::verify::registry::on_unix;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "executable-stack",
    explain: "No object, library or executable asks for a stack that holds code.",
    hint: "give the assembler file a `.note.GNU-stack` section, or link with `-z noexecstack`; for macOS, without `-allow_stack_execute`",
    severity: Severity::Error,
    skip: on_unix,
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
    for (path, _) in subject
        .macho_images()
        .filter(|(_, file)| file.has(MH_ALLOW_STACK_EXECUTION))
    {
        found.at(path, "it asks for an executable stack");
    }
    // An object that says nothing is cured by whoever links it; one that asks is not.
    for (path, member, elf) in subject.inventory.elves() {
        if !elf.is_image() && elf.stack == Stack::Executable {
            found.at_member(path, member, "it asks for an executable stack");
        }
    }
}
