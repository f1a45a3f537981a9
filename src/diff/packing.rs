//! How two archives differ whatever is in them: order, times, owners, modes, compression.

use std::collections::{BTreeMap, BTreeSet};

use super::difference::{ModeDifference, PackingDifference, PackingKind};
use crate::model::Digest;
use crate::verify::{ArchiveFacts, ArchiveMember, MemberKind};

/// What an archive is beside its content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packing {
    /// Digest of its bytes.
    pub digest: Digest,
    /// `zstd`, `gzip`, …
    pub compression: &'static str,
    /// Digest of what was compressed.
    pub stream: Digest,
    /// Its members; nothing where they have no headers of tar.
    pub facts: Option<ArchiveFacts>,
}

/// What differs of two archives, their paths brought together by `place`.
pub(super) fn compare(a: &Packing, b: &Packing) -> (Vec<PackingDifference>, Vec<ModeDifference>) {
    let mut found = Vec::new();
    let mut modes = Vec::new();
    if a.compression != b.compression {
        found.push(whole(PackingKind::Compression, a.compression, b.compression));
    } else if a.stream == b.stream && a.digest != b.digest {
        let [a, b] = [a, b].map(|side| format!("{}, {} bytes", side.compression, side.digest.size));
        found.push(whole(PackingKind::Compression, &a, &b));
    }
    if let (Some(a), Some(b)) = (&a.facts, &b.facts) {
        members(a, b, &mut found, &mut modes);
    }
    (found, modes)
}

/// That two archives are not the same bytes although nothing else tells them apart.
pub(super) fn headers() -> PackingDifference {
    let what = "the same to every reader";
    whole(PackingKind::Headers, what, what)
}

fn whole(kind: PackingKind, a: &str, b: &str) -> PackingDifference {
    PackingDifference {
        kind,
        a: a.to_owned(),
        b: b.to_owned(),
        members: None,
        first: None,
    }
}

fn members(
    a: &ArchiveFacts,
    b: &ArchiveFacts,
    found: &mut Vec<PackingDifference>,
    modes: &mut Vec<ModeDifference>,
) {
    let by_path = |facts: &'_ ArchiveFacts| -> BTreeMap<String, ArchiveMember> {
        let members = facts.members.iter();
        members
            .map(|member| (member.path.clone(), member.clone()))
            .collect()
    };
    let (of_a, of_b) = (by_path(a), by_path(b));
    let common: BTreeSet<&String> = of_a.keys().filter(|path| of_b.contains_key(*path)).collect();
    let order = |facts: &'_ ArchiveFacts| -> Vec<String> {
        let paths = facts.members.iter().map(|member| &member.path);
        paths.filter(|path| common.contains(path)).cloned().collect()
    };
    let (order_a, order_b) = (order(a), order(b));
    if let Some(at) = (0..order_a.len().min(order_b.len())).find(|at| order_a[*at] != order_b[*at]) {
        let moved = (0..order_a.len().min(order_b.len())).filter(|at| order_a[*at] != order_b[*at]);
        found.push(PackingDifference {
            kind: PackingKind::Order,
            a: format!("`{}`", order_a[at]),
            b: format!("`{}`", order_b[at]),
            members: Some(moved.count()),
            first: Some(format!("member {}", at + 1)),
        });
    }
    for path in &order_a {
        let (a, b) = (&of_a[path], &of_b[path]);
        group(
            found,
            PackingKind::Mtime,
            path,
            a.mtime.to_string(),
            b.mtime.to_string(),
        );
        group(found, PackingKind::Owner, path, owner(a), owner(b));
        // What stands in a link's header is nothing to anybody.
        if a.mode != b.mode && a.kind == b.kind && a.kind != MemberKind::Symlink {
            modes.push(ModeDifference {
                path: path.clone(),
                a: format!("{:04o}", a.mode),
                b: format!("{:04o}", b.mode),
            });
        }
    }
}

/// Counts a member where others differ in the same way.
fn group(found: &mut Vec<PackingDifference>, kind: PackingKind, path: &str, a: String, b: String) {
    if a == b {
        return;
    }
    let same = |known: &&mut PackingDifference| known.kind == kind && known.a == a && known.b == b;
    match found.iter_mut().find(same) {
        Some(known) => known.members = known.members.map(|count| count + 1),
        None => found.push(PackingDifference {
            kind,
            a,
            b,
            members: Some(1),
            first: Some(path.to_owned()),
        }),
    }
}

fn owner(member: &ArchiveMember) -> String {
    let (user, group) = member.owner;
    let (user_name, group_name) = &member.owner_names;
    let shown = |id: u64, name: &str| match name {
        "" => id.to_string(),
        name => format!("{id} ({name})"),
    };
    format!("{}:{}", shown(user, user_name), shown(group, group_name))
}
