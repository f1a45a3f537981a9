//! Two static libraries: which members differ, and how.

use std::collections::BTreeMap;

use object::read::archive::ArchiveFile;
use serde_json::json;

use super::bytes::first_difference;
use super::difference::{FieldDifference, LibraryDifference, MemberDifference};
use super::explain::explain_member;

struct Member<'a> {
    /// Its name, with a number where it is not the first of that name.
    name: String,
    /// Time, user, group, mode.
    header: [(&'static str, u64); 4],
    data: &'a [u8],
}

/// What differs; nothing where one of them cannot be read.
pub(super) fn compare(a: &[u8], b: &[u8]) -> Option<LibraryDifference> {
    let (of_a, of_b) = (members(a)?, members(b)?);
    let names = |members: &[Member<'_>]| -> Vec<String> {
        members.iter().map(|member| member.name.clone()).collect()
    };
    let (names_a, names_b) = (names(&of_a), names(&of_b));
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        these
            .iter()
            .filter(|name| !those.contains(name))
            .cloned()
            .collect()
    };
    let mut found = LibraryDifference {
        only_in_a: only(&names_a, &names_b),
        only_in_b: only(&names_b, &names_a),
        ..LibraryDifference::default()
    };
    let common = |these: &[String], those: &[String]| -> Vec<String> {
        these
            .iter()
            .filter(|name| those.contains(name))
            .cloned()
            .collect()
    };
    let pairs = common(&names_a, &names_b)
        .into_iter()
        .zip(common(&names_b, &names_a));
    found.order = pairs.filter(|(a, b)| a != b).map(|(a, b)| [a, b]).next();
    for a in &of_a {
        let Some(b) = of_b.iter().find(|b| b.name == a.name) else {
            continue;
        };
        let header: Vec<_> = a
            .header
            .iter()
            .zip(&b.header)
            .filter(|(a, b)| a != b)
            .map(|((field, a), (_, b))| FieldDifference {
                field: (*field).to_owned(),
                a: Some(json!(a)),
                b: Some(json!(b)),
            })
            .collect();
        let content = (a.data != b.data).then(|| Box::new(explain_member(a.data, b.data)));
        if !header.is_empty() || content.is_some() {
            found.members.push(MemberDifference {
                member: a.name.clone(),
                header,
                content,
            });
        }
    }
    if found == LibraryDifference::default() {
        found.elsewhere = first_difference(a, b);
    }
    Some(found)
}

fn members(bytes: &[u8]) -> Option<Vec<Member<'_>>> {
    let mut seen = BTreeMap::<String, usize>::new();
    let file = ArchiveFile::parse(bytes).ok()?;
    let members = file.members().map(|member| {
        let member = member.ok()?;
        let name = String::from_utf8_lossy(member.name()).into_owned();
        let number = seen.entry(name.clone()).or_default();
        *number += 1;
        Some(Member {
            name: match *number {
                1 => name,
                number => format!("{name}#{number}"),
            },
            header: [
                ("time", member.date().unwrap_or_default()),
                ("user", member.uid().unwrap_or_default()),
                ("group", member.gid().unwrap_or_default()),
                ("mode", member.mode().unwrap_or_default()),
            ],
            data: member.data(bytes).ok()?,
        })
    });
    members.collect()
}

#[cfg(test)]
mod tests {
    use super::super::code::tests::object;
    use super::super::difference::Explanation;
    use super::*;
    use crate::inspect::made_archive as library;

    #[test]
    fn names_the_member_and_its_section() {
        let [one, other] = [b"\x90\xc3", b"\xc3\xc3"].map(|code| object("f", code, b""));
        let same = object("g", b"\xc3", b"");
        let found = compare(
            &library(0, &[("same.o", &same), ("f.o", &one)]),
            &library(0, &[("same.o", &same), ("f.o", &other)]),
        );
        let found = found.unwrap();
        assert_eq!(
            (found.members.len(), found.members[0].member.as_str()),
            (1, "f.o")
        );
        let Some(Explanation::Elf(elf)) = found.members[0].content.as_deref() else {
            panic!("{found:?}")
        };
        assert_eq!(elf.sections[0].name, ".text");
    }

    #[test]
    fn tells_order_times_and_strays() {
        let [a, b] = [("a.o", &b"A"[..]), ("b.o", &b"B"[..])];
        let found = compare(&library(0, &[a, b]), &library(0, &[b, a])).unwrap();
        assert_eq!(found.order, Some(["a.o".to_owned(), "b.o".to_owned()]));
        assert!(found.members.is_empty());
        let found = compare(&library(0, &[a]), &library(1, &[a, b])).unwrap();
        assert_eq!(found.only_in_b, ["b.o"]);
        assert_eq!(found.members[0].header[0].field, "time");
        assert_eq!(found.members[0].content, None);
    }
}
