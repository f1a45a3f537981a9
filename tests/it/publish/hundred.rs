//! Many archives: one more changes what lists archives, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt as _;

use camino::{Utf8Path, Utf8PathBuf};
use pbs::index::Index;
use pbs::model::Digest;

use super::place::Place;
use crate::distribution::needs_cc;

/// What tells whether a file was written: which one it is, when it was changed in any way, and what is in it.
type Seen = (u64, i64, i64, Digest);

fn look(root: &Utf8Path) -> BTreeMap<String, Seen> {
    let entries = walkdir::WalkDir::new(root).into_iter().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().is_file());
    // Whoever publishes writes to the lock that it is they.
    let files = files.filter(|entry| entry.path().extension() != Some("lock".as_ref()));
    files
        .map(|entry| {
            let path = Utf8Path::from_path(entry.path()).unwrap();
            let about = entry.metadata().unwrap();
            let seen = (
                about.ino(),
                about.ctime(),
                about.ctime_nsec(),
                Digest::of(&fs_err::read(path).unwrap()),
            );
            (path.strip_prefix(root).unwrap().to_string(), seen)
        })
        .collect()
}

#[test]
fn one_more_than_a_hundred_writes_one_more() {
    needs_cc!();
    let place = Place::in_memory();
    let archives: Vec<Utf8PathBuf> = (1..=101).map(|tag| place.archive_of_release(tag)).collect();
    let (last, first) = archives.split_last().unwrap();
    let first: Vec<&Utf8PathBuf> = first.iter().collect();
    place.publish(&first, &["--url", "https://example.org/python"]);
    let before = look(&place.public_root());
    assert_eq!(place.read_back().unwrap().artifacts.len(), 100);

    // All of them once more, and nothing is written at all.
    let said = place.publish(&first, &[]);
    assert!(said.ends_with("serial 1, unchanged\n"), "{said}");
    assert_eq!(look(&place.public_root()), before);

    // Alone or with those that are there already, it is the same.
    let all: Vec<&Utf8PathBuf> = archives.iter().collect();
    let said = place.publish(&all, &[]);
    assert_eq!(said.lines().filter(|line| line.starts_with("new ")).count(), 1);
    let after = look(&place.public_root());
    let index = place.read_back().unwrap();
    assert_eq!(index.artifacts.len(), 101);
    let name = last.file_name().unwrap();
    let artifact = index
        .artifacts
        .iter()
        .find(|artifact| artifact.name.as_str() == name);
    let artifact = artifact.unwrap();
    let documents = artifact
        .evidence
        .documents()
        .map(|document| document.path.to_string());
    let signature = Index::signature_of(&place.file(Index::NAME));
    let new: BTreeSet<String> = documents.chain([artifact.path.to_string(), signature]).collect();
    let lists = [Index::NAME, Index::SIGNATURE, Index::UV, Index::SUMS, Index::PAGE];
    let lists: BTreeSet<String> = lists.map(str::to_owned).into();
    let written: BTreeSet<String> = after
        .iter()
        .filter(|(path, seen)| before.get(*path) != Some(seen))
        .map(|(path, _)| path.clone())
        .collect();
    assert_eq!(written, &new | &lists);
    // What disappears is nothing that an earlier reader may still want.
    let gone: Vec<&String> = before.keys().filter(|path| !after.contains_key(*path)).collect();
    assert_eq!(gone, Vec::<&String>::new());
}
