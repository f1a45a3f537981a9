//! Nothing tells when it was made.

use crate::inspect::Code;
use crate::verify::registry::on_pe;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "timestamps",
    explain: "Objects have no time, and the time of executables and DLLs is a digest of their content, and says so.",
    hint: "compile with `-mno-incremental-linker-compatible`, and link with `/Brepro`",
    severity: Severity::Error,
    skip: on_pe,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (path, pe) in subject.pe_images().filter(|(_, pe)| !pe.reproducible()) {
        found.at(
            path,
            format!("its time is {}, and nothing says that this is a digest", pe.time),
        );
    }
    for (path, member, code) in subject.inventory.codes() {
        if let Code::Coff(coff) = code
            && coff.time != 0
            && !subject.is_of_a_wheel(path)
        {
            found.at_member(path, member, format!("its time is {}", coff.time));
        }
    }
}
