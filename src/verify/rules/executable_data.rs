//! Data is not executed.

use crate::verify::registry::on_pe;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "executable-data",
    explain: "Every executable and DLL says that its data and stacks hold no code (DEP).",
    hint: "link with `/nxcompat`",
    severity: Severity::Error,
    skip: on_pe,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (path, _) in subject.pe_images().filter(|(_, pe)| !pe.protection.no_execute) {
        found.at(path, "its data may be executed (no NX_COMPAT)");
    }
}
