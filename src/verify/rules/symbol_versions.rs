//! Nothing asks for a newer C library than the target has.

use crate::manifest::version_parts;
use crate::verify::registry::on_elf;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "symbol-versions",
    explain: "No library or executable needs a symbol version above the target's limit, and the manifest says the limit.",
    hint: "something was compiled or linked against the worker's C library instead of the sysroot",
    severity: Severity::Error,
    skip: on_elf,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let limits = &subject.limits.max_symbol_versions;
    for (path, elf) in subject.inventory.elf_images() {
        for version in elf.versions.values().flatten() {
            let Some((prefix, number)) = version.rsplit_once('_') else {
                continue;
            };
            let too_new = match limits.get(prefix) {
                Some(limit) => version_parts(number) > version_parts(limit),
                None => true,
            };
            if too_new {
                let users = elf
                    .symbols
                    .iter()
                    .filter(|symbol| symbol.version.as_ref() == Some(version));
                let users: Vec<_> = users.take(5).map(|symbol| symbol.name.as_str()).collect();
                let limit = limits.get(prefix).map_or("none", String::as_str);
                found.at(
                    path,
                    format!(
                        "it needs `{version}` for `{}`; the limit is {limit}",
                        users.join("`, `")
                    ),
                );
            }
        }
    }
    if let Some(limit) = limits.get("GLIBC") {
        let said = format!("glibc-max-symbol-version:{limit}");
        if !subject.manifest.crt_features.contains(&said) {
            found.in_manifest(format!("`crt_features` does not say `{said}`"));
        }
    }
}
