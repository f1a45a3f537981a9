//! `.pyc` files are the same bytes wherever and whenever they are made.

use crate::inspect::Invalidation;
use crate::verify::registry::always;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "bytecode",
    explain: "Every `.pyc` is of this interpreter and names its source by hash, which is compared only where sources are edited.",
    hint: "compile with `--invalidation-mode unchecked-hash` (checked-hash in site-packages and for `_sysconfigdata_*`)",
    severity: Severity::Error,
    skip: always,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let magic = &subject.manifest.python_bytecode_magic_number;
    for (path, facts) in subject
        .inventory
        .files
        .iter()
        .filter(|(path, _)| path.as_str().ends_with(".pyc"))
    {
        let Some(pyc) = &facts.pyc else {
            found.at(path, "it is no `.pyc` file");
            continue;
        };
        let observed: String = pyc.magic.iter().map(|byte| format!("{byte:02x}")).collect();
        if observed != *magic {
            found.at(path, format!("its magic number is {observed}, not {magic}"));
        }
        // What installers and people do change must be noticed.
        let changes = path.name().starts_with("_sysconfigdata_");
        let may_change = changes || path.as_str().contains("/site-packages/");
        match pyc.invalidation {
            Invalidation::Timestamp => found.at(path, "it depends on its source's modification time"),
            Invalidation::CheckedHash if !may_change => found.at(path, "its source is hashed at each import"),
            Invalidation::UncheckedHash if changes => {
                found.at(path, "installers rewrite its source, and nobody would notice");
            }
            Invalidation::CheckedHash | Invalidation::UncheckedHash => {}
        }
    }
}
