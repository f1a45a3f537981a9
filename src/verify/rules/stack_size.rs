//! Programs reserve the stack that CPython's limits of recursion were measured with.

use crate::inspect::Role;
use crate::verify::registry::on_pe_and_macho;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "stack-size",
    explain: "The interpreters reserve at least as much stack as CPython's own build asks for; its recursion limits are made for that.",
    hint: "see `StackReserveSize` in PCbuild/python.vcxproj and `-stack_size` in configure.ac, and `limits: stack-reserve` of the target's file",
    severity: Severity::Error,
    skip: on_pe_and_macho,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some(expected) = subject.limits.stack_reserve else {
        return;
    };
    let home = subject.manifest.python_exe.parent();
    for (path, code) in subject.images().filter(|(_, code)| code.role() == Role::Program) {
        let stack = code.stack().unwrap_or_default();
        // What `venv` copies starts an interpreter and is none.
        if path.parent() == home && stack < expected {
            let message = format!("it reserves {stack} bytes of stack, not at least {expected}");
            found.at(path, message);
        }
    }
}
