//! Two small trees, and archives of them, in all the ways in which they can differ.

use serde_json::json;

use super::*;
use crate::diff::{PackingDifference, Shown};
use crate::verify::{ArchiveFacts, ArchiveMember, MemberKind};

/// Files by content; `->` in front makes a link, `x:` an executable.
#[derive(Clone, Default)]
struct Artifact {
    tree: Tree,
    blobs: BTreeMap<Digest, Vec<u8>>,
    packing: Option<Packing>,
}

fn path(text: &str) -> TreePath {
    TreePath::parse(text).unwrap()
}

fn artifact(files: &[(&str, &str)]) -> Artifact {
    let mut made = Artifact::default();
    for (at, content) in files {
        let entry = match (content.strip_prefix("->"), content.strip_prefix("x:")) {
            (Some(target), _) => Entry::Symlink {
                target: target.to_owned(),
            },
            (None, executable) => {
                let bytes = executable.unwrap_or(content).as_bytes();
                let digest = Digest::of(bytes);
                made.blobs.insert(digest, bytes.to_vec());
                let executable = executable.is_some();
                Entry::File { digest, executable }
            }
        };
        made.tree.insert(path(at), entry).unwrap();
    }
    made
}

impl Artifact {
    /// As an archive with these members' headers, and these bytes.
    fn packed(mut self, bytes: &str, stream: &str, change: impl Fn(&mut Vec<ArchiveMember>)) -> Self {
        let members = self.tree.iter().map(|(at, entry)| ArchiveMember {
            path: at.to_string(),
            kind: match entry {
                Entry::File { .. } => MemberKind::File,
                Entry::Symlink { .. } => MemberKind::Symlink,
                Entry::Directory => MemberKind::Directory,
            },
            mode: 0o644,
            mtime: 1,
            owner: (0, 0),
            owner_names: (String::new(), String::new()),
        });
        let mut members = members.collect();
        change(&mut members);
        self.packing = Some(Packing {
            digest: Digest::of(bytes.as_bytes()),
            compression: "zstd",
            stream: Digest::of(stream.as_bytes()),
            facts: Some(ArchiveFacts { members }),
        });
        self
    }
}

fn compared_without(a: &Artifact, b: &Artifact, ignore: &[Ignore]) -> Difference {
    let read = |digest: &Digest| {
        let bytes = a.blobs.get(digest).or_else(|| b.blobs.get(digest));
        bytes.cloned().ok_or_else(|| "no such blob".into())
    };
    fn side<'a>(name: &'a str, artifact: &'a Artifact) -> Side<'a> {
        Side {
            name,
            tree: &artifact.tree,
            packing: artifact.packing.as_ref(),
        }
    }
    let ignore = ignore.iter().copied().collect();
    compare(CompareInput {
        a: side("a", a),
        b: side("b", b),
        read: &read,
        ignore: &ignore,
    })
    .unwrap()
}

fn compared(a: &Artifact, b: &Artifact) -> Difference {
    compared_without(a, b, &[])
}

#[test]
fn the_same_is_identical() {
    let one = artifact(&[("python/a", "1")]);
    assert_eq!(compared(&one, &one).verdict, Verdict::Identical);
    let archive = one.clone().packed("bytes", "stream", |_| {});
    assert_eq!(compared(&archive, &archive).verdict, Verdict::Identical);
    // What a directory does not have is not compared.
    let mixed = compared(&archive, &one);
    assert_eq!(mixed.verdict, Verdict::Equal);
    assert!(mixed.notes[0].contains("no order, times and owners"));
}

#[test]
fn trees_are_told_by_what_happened() {
    let a = artifact(&[
        ("python/same", "1"),
        ("python/gone/one", "12345"),
        ("python/gone/two", "123"),
        ("python/link", "->same"),
        ("python/text", "a\nb\n"),
        ("python/mode", "x:1"),
    ]);
    let b = artifact(&[
        ("python/same", "1"),
        ("python/new", "1"),
        ("python/link", "->new"),
        ("python/text", "a\nc\n"),
        ("python/mode", "1"),
    ]);
    let found = compared(&a, &b);
    insta::assert_snapshot!(found.render(Shown::Some), @r"
    A  a  (directory, 5 files, 14 bytes)
    B  b  (directory, 4 files, 7 bytes)

    only in A: 2 files, 8 bytes
      python/gone/  2 files, 8 bytes

    only in B: 1 file, 1 byte
      python/new  1 byte

    not the same thing
      python/link: a link to `same` in A, a link to `new` in B

    other permissions: 1
      python/mode: executable in A, not executable in B

    other content: 1 file
      python/text
        text, from line 2 on
          A: b
          B: c

    different: 1 with other content, 2 only in A, 1 only in B, 1 of another kind, 1 with other permissions
    ");
    assert_eq!((found.only_in_a[0].files, found.only_in_a[0].size), (2, 8));
}

#[test]
fn archives_are_told_by_what_happened() {
    let files = artifact(&[("python/a", "1"), ("python/b", "2")]);
    let plain = files.clone().packed("1", "1", |_| {});
    let kinds = |other: Artifact| -> Vec<(PackingKind, Option<usize>)> {
        let found = compared(&plain, &other);
        assert_eq!(found.verdict, Verdict::Different);
        let told = |found: &PackingDifference| (found.kind, found.members);
        found.packing.iter().map(told).collect()
    };
    let with = |change: fn(&mut Vec<ArchiveMember>)| files.clone().packed("2", "2", change);
    assert_eq!(
        kinds(files.clone().packed("2", "1", |_| {})),
        [(PackingKind::Compression, None)]
    );
    assert_eq!(kinds(with(|_| {})), [(PackingKind::Headers, None)]);
    assert_eq!(
        kinds(with(|members| members.swap(1, 2))),
        [(PackingKind::Order, Some(2))]
    );
    let late = with(|members| members.iter_mut().for_each(|member| member.mtime = 2));
    assert_eq!(kinds(late.clone()), [(PackingKind::Mtime, Some(3))]);
    let owned = with(|members| members[1].owner = (1000, 0));
    assert_eq!(kinds(owned), [(PackingKind::Owner, Some(1))]);
    let found = compared(&plain, &with(|members| members[1].mode = 0o664));
    assert_eq!(
        (found.modes[0].a.as_str(), found.modes[0].b.as_str()),
        ("0644", "0664")
    );
    // What is left out is no difference, and leaves none behind.
    let found = compared_without(&plain, &late, &[Ignore::Mtime]);
    assert_eq!((found.verdict, found.packing.len()), (Verdict::Equal, 0));
}

#[test]
fn digests_in_the_manifest_that_just_follow_are_counted() {
    let manifest = |digest: &str, other: &str| {
        let document = json!({"version": "8", "python_version": "1", "pbs": {"files": {
            "lib/a": Digest::of(digest.as_bytes()), "lib/b": Digest::of(other.as_bytes())}}});
        document.to_string()
    };
    let made = |a: &str, manifest: &str| {
        artifact(&[
            ("python/lib/a", a),
            ("python/lib/b", "b"),
            ("python/PYTHON.json", manifest),
        ])
    };
    let one = made("1", &manifest("1", "b"));
    let found = compared(&one, &made("2", &manifest("2", "b")));
    assert_eq!(found.changed.len(), 2);
    let Explanation::Manifest(fields) = &found.changed[0].explanation else {
        panic!("{found:?}")
    };
    assert_eq!((fields.fields.len(), fields.followed), (0, 1));
    // One that does not follow is told.
    let found = compared(&one, &made("1", &manifest("1", "lie")));
    let Explanation::Manifest(fields) = &found.changed[0].explanation else {
        panic!("{found:?}")
    };
    assert_eq!(
        (fields.fields[0].field.as_str(), fields.followed),
        ("pbs.files[lib/b]", 0)
    );
    let found = compared_without(&one, &made("1", &manifest("1", "lie")), &[Ignore::Manifest]);
    assert_eq!(found.verdict, Verdict::Equal);
    // The same said in another way.
    let spaced = manifest("1", "b").replace("\"8\",", "\"8\",\n");
    let found = compared(&one, &made("1", &spaced));
    let Explanation::Manifest(fields) = &found.changed[0].explanation else {
        panic!("{found:?}")
    };
    assert_eq!((fields.fields.len(), fields.line), (0, Some(1)));
}

#[test]
fn a_full_archive_is_laid_over_an_installation() {
    let manifest = |flavor: &str, exe: &str| {
        json!({"python_exe": exe, "pbs": {"flavor": flavor, "files": {}}}).to_string()
    };
    let full = artifact(&[
        ("python/install/bin/python3", "exe"),
        ("python/build/core.o", "object"),
        ("python/PYTHON.json", &manifest("full", "install/bin/python3")),
    ]);
    let install = artifact(&[
        ("python/bin/python3", "exe"),
        ("python/PYTHON.json", &manifest("install_only", "bin/python3")),
    ]);
    let found = compared(&full, &install);
    assert!(found.notes[0].contains("A, a full archive"), "{:?}", found.notes);
    assert_eq!(found.only_in_a[0].path, "python/build/");
    assert!(found.only_in_b.is_empty());
    let Explanation::Manifest(fields) = &found.changed[0].explanation else {
        panic!("{found:?}")
    };
    let names: Vec<&str> = fields.fields.iter().map(|field| field.field.as_str()).collect();
    assert_eq!((names, found.changed.len()), (vec!["pbs.flavor"], 1));
}

#[test]
fn long_lists_are_cut_and_counted() {
    let many: Vec<String> = (0..30).map(|number| format!("python/{number:02}")).collect();
    let files = |content| -> Vec<(&str, &str)> { many.iter().map(|at| (at.as_str(), content)).collect() };
    let found = compared(&artifact(&files("1")), &artifact(&files("2")));
    let text = found.render(Shown::Some);
    assert!(text.contains("… and 10 more (`--all` shows them)"), "{text}");
    assert!(!text.contains("python/20"), "{text}");
    assert!(found.render(Shown::All).contains("python/29"));
}
