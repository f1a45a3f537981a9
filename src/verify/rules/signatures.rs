//! Systems that run signed code only run it.

use crate::inspect::{MachOKind, Pages, SignatureHash};
use crate::verify::registry::on_macho;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "signatures",
    explain: "Every library and executable has a signature of its own content, signed by nobody (ad hoc), and called by no path.",
    hint: "what changes a file after it was linked must sign it again; for x86_64, link with `-adhoc_codesign`",
    severity: Severity::Error,
    skip: on_macho,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (path, file) in subject.macho_images() {
        let Some(signature) = &file.signature else {
            found.at(path, "it has no code signature");
            continue;
        };
        if signature.cms {
            found.at(
                path,
                "it is signed with a key; whoever publishes it may do so, a build cannot",
            );
        }
        let hashes = signature.directories.iter().map(|directory| directory.hash);
        if !hashes.into_iter().any(|hash| hash == SignatureHash::Sha256) {
            found.at(path, "its signature has no digests of SHA-256");
        }
        for directory in &signature.directories {
            let name = &directory.identifier;
            if !directory.adhoc() {
                found.at(path, "its signature does not say that it is ad hoc");
            }
            if name.is_empty() || name.contains('/') {
                found.at(path, format!("its signature calls it `{name}`"));
            }
            if let Pages::Differ(page) = directory.pages {
                let (size, kind) = (directory.page_size, directory.hash.name());
                found.at(
                    path,
                    format!(
                        "its signature is of another content: page {page} of {size} bytes has another {kind}"
                    ),
                );
            }
            let (signed, at) = (directory.code_limit, signature.at);
            if signed != at {
                found.at(
                    path,
                    format!("{signed} bytes are signed, not the {at} before the signature"),
                );
            }
            if directory.main_binary != (file.kind == MachOKind::Executable) {
                let told = if directory.main_binary {
                    "a program"
                } else {
                    "no program"
                };
                found.at(path, format!("its signature says that it is {told}"));
            }
        }
    }
}
