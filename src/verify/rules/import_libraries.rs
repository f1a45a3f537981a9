//! Who links with the distribution's import libraries finds in its DLLs what they promise.

use std::collections::BTreeMap;

use crate::inspect::{Content, Imported, Pe};
use crate::manifest::{LinkMode, library_name};
use crate::verify::registry::on_pe;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "import-libraries",
    explain: "Import libraries of the installation name only what its DLLs export, and DLLs lead only to what is there.",
    hint: "an import library or python3.dll is of another build than the interpreter's library; link all of them again",
    severity: Severity::Error,
    skip: on_pe,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let home = subject.manifest.python_exe.parent();
    let beside: BTreeMap<String, &Pe> = subject
        .pe_images()
        .filter(|(path, pe)| pe.dll && path.parent() == home)
        .map(|(path, pe)| (path.name().to_ascii_lowercase(), pe))
        .collect();
    let has = |pe: &Pe, imported: &Imported| {
        pe.exports.iter().any(|export| match imported {
            Imported::Name(name) => export.name.as_ref() == Some(name),
            Imported::Ordinal(ordinal) => export.ordinal == *ordinal,
        })
    };
    for (path, pe) in subject.pe_images() {
        let forwards = pe.exports.iter().filter_map(|export| export.forward.as_deref());
        for (library, name) in forwards.filter_map(|forward| forward.rsplit_once('.')) {
            let Some(target) = beside.get(&format!("{}.dll", library.to_ascii_lowercase())) else {
                continue;
            };
            let imported = match name.strip_prefix('#').and_then(|number| number.parse().ok()) {
                Some(ordinal) => Imported::Ordinal(ordinal),
                None => Imported::Name(name.to_owned()),
            };
            let may_be_missing = subject.limits.missing_forwards.iter().any(|known| known == name);
            if !may_be_missing && !has(target, &imported) {
                found.at(
                    path,
                    format!("it leads to `{name}` of `{library}`, which does not export it"),
                );
            }
        }
    }
    let mut named = Vec::new();
    for (path, facts) in &subject.inventory.files {
        let Content::Archive(archive) = &facts.content else {
            continue;
        };
        // What stands in `build/` is for linking an interpreter; the system's DLLs are not here to be asked.
        if path.as_str().starts_with("build/") || subject.is_of_a_wheel(path) {
            continue;
        }
        for member in &archive.members {
            let Content::Import(import) = &member.content else {
                continue;
            };
            let dll = import.dll.to_ascii_lowercase();
            match beside.get(&dll) {
                None => found.at(path, format!("it leads to `{}`, which is not there", import.dll)),
                Some(pe) if !has(pe, &import.import) => {
                    let (symbol, dll) = (&import.symbol, &import.dll);
                    found.at(path, format!("it has `{symbol}`, which `{dll}` does not export"));
                }
                Some(_) => {}
            }
            named.push(dll);
        }
    }
    let own = library_name(
        subject.manifest.pbs.os,
        &subject.manifest.python_major_minor_version,
    );
    if subject.manifest.libpython_link_mode == LinkMode::Shared && !named.contains(&own) {
        found.say(format!(
            "no import library leads to `{own}`, so that nobody can link with it"
        ));
    }
}
