//! Libraries are looked for beside the distribution's own files only.

use crate::verify::registry::on_unix;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "run-paths",
    explain: "Run paths are relative to the file's own place (`$ORIGIN`, `@loader_path`) or to the program's.",
    hint: "link with `-rpath '$ORIGIN/../lib'`, for macOS with `-rpath @loader_path/../lib`, or without a run path",
    severity: Severity::Error,
    skip: on_unix,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (path, elf) in subject.inventory.elf_images() {
        for run_path in elf.rpath.iter().chain(&elf.runpath) {
            if run_path.split(':').any(|place| !place.starts_with("$ORIGIN")) {
                found.at(path, format!("its run path is `{run_path}`"));
            }
        }
    }
    for (path, file) in subject.macho_images() {
        for rpath in &file.rpaths {
            let place = rpath.split('/').next().unwrap_or_default();
            if !["@loader_path", "@executable_path"].contains(&place) {
                found.at(path, format!("its run path is `{rpath}`"));
            }
        }
    }
}
