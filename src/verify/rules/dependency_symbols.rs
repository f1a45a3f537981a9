//! Symbols of linked libraries are nobody else's business.

use std::collections::BTreeSet;

use crate::inspect::Content;
use crate::verify::registry::with_objects;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "dependency-symbols",
    explain: "What static libraries define is not exported by the interpreter or any library, lest it replace other copies.",
    hint: "link with `-Wl,--exclude-libs,ALL`",
    severity: Severity::Error,
    skip: with_objects,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let mut foreign = BTreeSet::new();
    let mut own = BTreeSet::new();
    for (path, facts) in &subject.inventory.files {
        let names = match &facts.content {
            Content::Archive(_) if path.as_str().starts_with("build/lib/") => &mut foreign,
            Content::Elf(elf) if !elf.is_image() => &mut own,
            _ => continue,
        };
        let symbols = facts.content.elves().flat_map(|(_, elf)| &elf.symbols);
        names.extend(
            symbols
                .filter(|symbol| symbol.defined)
                .map(|symbol| symbol.name.as_str()),
        );
    }
    for (path, elf) in subject.inventory.images() {
        let exported = elf.symbols.iter().filter(|symbol| symbol.exported());
        let leaked: Vec<&str> = exported
            .map(|symbol| symbol.name.as_str())
            .filter(|name| foreign.contains(name) && !own.contains(name))
            .collect();
        if let Some(first) = leaked.first() {
            found.at(
                path,
                format!(
                    "it exports {} symbols of static libraries, as `{first}`",
                    leaked.len()
                ),
            );
        }
    }
}
