//! Programs reserve the stack that CPython's limits of recursion were measured with.

use crate::verify::registry::on_pe;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "stack-size",
    explain: "The interpreters reserve at least as much stack as CPython's project files say, for which its recursion limits are made.",
    hint: "see `StackReserveSize` in PCbuild/python.vcxproj, and `limits: stack-reserve` of the target's file",
    severity: Severity::Error,
    skip: on_pe,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some(expected) = subject.limits.stack_reserve else {
        return;
    };
    let home = subject.manifest.python_exe.parent();
    for (path, pe) in subject.pe_images().filter(|(_, pe)| !pe.dll) {
        // What `venv` copies starts an interpreter and is none.
        if path.parent() == home && pe.stack < expected {
            found.at(
                path,
                format!("it reserves {} bytes of stack, not at least {expected}", pe.stack),
            );
        }
    }
}
