//! Whoever links a library finds it again when the program runs, wherever that is.

use crate::inspect::MachOKind;
use crate::verify::registry::on_macho;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "install-names",
    explain: "The name by which programs load a library is `@rpath/` and its file's name, and they alone have one.",
    hint: "link with `-install_name @rpath/NAME`: a path in it would be true in one place only",
    severity: Severity::Error,
    skip: on_macho,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (path, file) in subject.macho_images() {
        let name = file.install_name.as_ref().map(|known| known.name.as_str());
        let expected = (file.kind == MachOKind::Dylib).then(|| format!("@rpath/{}", path.name()));
        match (name, expected) {
            (name, expected) if name == expected.as_deref() => {}
            (Some(name), Some(expected)) => {
                found.at(
                    path,
                    format!("programs would load it as `{name}`, not as `{expected}`"),
                );
            }
            (None, Some(_)) => found.at(path, "it has no name by which programs could load it"),
            (Some(name), None) => found.at(
                path,
                format!("it has the name `{name}`, but is no library to link"),
            ),
            (None, None) => {}
        }
    }
}
