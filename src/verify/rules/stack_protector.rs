//! The interpreter notices when its stack is overwritten.

use crate::model::ObjectFormat;
use crate::verify::registry::always;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "stack-protector",
    explain: "The interpreter has what the stack protector calls and, where it is optimised, on Linux and macOS, checked `__*_chk` functions.",
    hint: "compile with `-fstack-protector-strong` and `-D_FORTIFY_SOURCE=2`",
    severity: Severity::Error,
    skip: always,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    match subject.format() {
        ObjectFormat::Elf => check_elf(subject, found),
        ObjectFormat::Coff => check_coff(subject, found),
        ObjectFormat::MachO => check_macho(subject, found),
    }
}

/// What the compiler calls is in every program, so that only objects tell.
fn check_coff(subject: &Subject<'_>, found: &mut Found) {
    let Some(build) = subject.build() else {
        return;
    };
    let mut codes = build
        .core
        .objs
        .iter()
        .filter_map(|path| subject.inventory.code(path));
    if !codes.any(|code| code.undefined().contains(&"__security_check_cookie")) {
        found.in_manifest("no object of the core refers to `__security_check_cookie`");
    }
}

fn check_macho(subject: &Subject<'_>, found: &mut Found) {
    let exe = &subject.manifest.python_exe;
    let Some(code) = subject.inventory.code(exe) else {
        return;
    };
    let undefined = code.undefined();
    if !undefined.contains(&"__stack_chk_fail") {
        found.at(exe, "it does not refer to `__stack_chk_fail`");
    }
    if !undefined.iter().any(|name| is_checked(name)) && !subject.manifest.build_options.has("debug") {
        found.at(exe, "it refers to no checked `__*_chk` function");
    }
}

/// Whether a function of the C library is one that knows how long the memory is.
fn is_checked(name: &str) -> bool {
    name.starts_with("__") && name.ends_with("_chk")
}

fn check_elf(subject: &Subject<'_>, found: &mut Found) {
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
    let checked = elf.symbols.iter().any(|symbol| is_checked(&symbol.name));
    if glibc && !checked && !subject.manifest.build_options.has("debug") {
        found.at(exe, "it refers to no checked `__*_chk` function");
    }
}
