//! Archives do not tell who made them, nor when.

use crate::verify::registry::with_archive;
use crate::verify::{Found, MemberKind, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "archive-owner",
    explain: "Every member belongs to user and group 0 without names, has the epoch as its time, and mode 644 or 755.",
    hint: "the packer normalises times, owners and modes; look at archive/pack.rs",
    severity: Severity::Error,
    skip: with_archive,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let epoch = subject.manifest.pbs.epoch;
    for member in subject.members() {
        if member.owner != (0, 0) {
            let (user, group) = member.owner;
            found.at(
                &member.path,
                format!("it belongs to user {user} and group {group}"),
            );
        }
        let named = |name: &str| !name.is_empty() && name != "root";
        if named(&member.owner_names.0) || named(&member.owner_names.1) {
            let (user, group) = &member.owner_names;
            found.at(&member.path, format!("it belongs to `{user}` and `{group}`"));
        }
        if member.mtime != epoch {
            found.at(
                &member.path,
                format!("its time is {}, not the epoch {epoch}", member.mtime),
            );
        }
        let modes: &[u32] = match member.kind {
            MemberKind::File => &[0o644, 0o755],
            MemberKind::Directory => &[0o755],
            MemberKind::Symlink | MemberKind::Other => continue,
        };
        if !modes.contains(&member.mode) {
            found.at(&member.path, format!("its mode is {:o}", member.mode));
        }
    }
}
