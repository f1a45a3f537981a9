//! Objects can be linked by any linker of any vendor.

use crate::inspect::{Code, Content};
use crate::verify::registry::with_objects;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "native-objects",
    explain: "Objects and static libraries hold machine code, never the bitcode of one compiler's version.",
    hint: "compile without `-flto`, or let ThinLTO end in native objects",
    severity: Severity::Error,
    skip: with_objects,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (path, facts) in &subject.inventory.files {
        for (part, content) in facts.content.parts() {
            if *content == Content::Bitcode {
                found.at_member(path, part, "it is LLVM bitcode");
            }
        }
        let carries = |code: &Code<'_>| match code {
            Code::Elf(elf) => elf.embedded_bitcode,
            Code::MachO(macho) => macho.embedded_bitcode(),
            Code::Pe(_) | Code::Coff(_) => false,
        };
        for (part, _) in facts.content.codes().filter(|(_, code)| carries(code)) {
            found.at_member(path, part, "it carries LLVM bitcode in a section");
        }
    }
}
