//! Objects can be linked by any linker of any vendor.

use crate::inspect::Content;
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
        match &facts.content {
            Content::Bitcode => found.at(path, "it is LLVM bitcode"),
            Content::Archive(archive) => {
                for member in archive
                    .members
                    .iter()
                    .filter(|member| member.content == Content::Bitcode)
                {
                    found.at_member(path, Some(&member.name), "it is LLVM bitcode");
                }
            }
            Content::Elf(_)
            | Content::Pe(_)
            | Content::Coff(_)
            | Content::Import(_)
            | Content::Resource
            | Content::Other => {}
        }
        for (member, _) in facts.content.elves().filter(|(_, elf)| elf.embedded_bitcode) {
            found.at_member(path, member, "it carries LLVM bitcode in a section");
        }
    }
}
