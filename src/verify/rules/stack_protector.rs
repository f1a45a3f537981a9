//! The interpreter notices when its stack is overwritten.

use crate::verify::registry::on_elf;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "stack-protector",
    explain: "The interpreter refers to `__stack_chk_fail` and, where it is optimised, to a checked `__*_chk` function.",
    hint: "compile with `-fstack-protector-strong` and `-D_FORTIFY_SOURCE=2`",
    severity: Severity::Error,
    skip: on_elf,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let exe = &subject.manifest.python_exe;
    let Some(elf) = subject.inventory.elf(exe) else {
        return;
    };
    if elf.symbol("__stack_chk_fail").is_none() {
        found.at(exe, "it does not refer to `__stack_chk_fail`");
    }
    // The C library checks nothing where the compiler does not optimise, and musl never does.
    let glibc = subject
        .manifest
        .crt_features
        .iter()
        .any(|feature| feature == "glibc-dynamic");
    let checked = elf
        .symbols
        .iter()
        .any(|symbol| symbol.name.starts_with("__") && symbol.name.ends_with("_chk"));
    if glibc && !checked && !subject.manifest.build_options.has("debug") {
        found.at(exe, "it refers to no checked `__*_chk` function");
    }
}
