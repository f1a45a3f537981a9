//! Archives: round trips, hostile ones of each kind, packages with links, patches.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Instant;

use pbs::archive::{
    ArchiveError, Compression, EntryFault, PackSpec, PatchError, RootError, UnpackLimits, UnpackSpec,
    apply_patches, pack, unpack, unpack_root,
};
use pbs::model::{Digest, Entry, Tree};
use pbs::plan::{LockedPackage, Root, TextFile};
use pbs::store::{BlobState, Store, StoreError};
use proptest::prelude::*;
use tar::EntryType;

use crate::store::{path, test_store, tree_of};

/// An entry of a tar archive made for a test: any name, as bytes, without the checks of a tool.
struct Raw<'a> {
    name: &'a [u8],
    kind: EntryType,
    link: &'a [u8],
    content: &'a [u8],
    mode: u32,
}

fn file<'a>(name: &'a str, content: &'a str) -> Raw<'a> {
    Raw {
        name: name.as_bytes(),
        kind: EntryType::Regular,
        link: b"",
        content: content.as_bytes(),
        mode: 0o644,
    }
}

fn link<'a>(kind: EntryType, name: &'a str, target: &'a str) -> Raw<'a> {
    Raw {
        kind,
        link: target.as_bytes(),
        ..file(name, "")
    }
}

fn directory(name: &str) -> Raw<'_> {
    Raw {
        kind: EntryType::Directory,
        ..file(name, "")
    }
}

fn tar_of(entries: &[Raw<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in entries {
        let mut header = tar::Header::new_gnu();
        let gnu = header.as_gnu_mut().unwrap();
        gnu.name[..entry.name.len()].copy_from_slice(entry.name);
        gnu.linkname[..entry.link.len()].copy_from_slice(entry.link);
        header.set_entry_type(entry.kind);
        header.set_size(entry.content.len() as u64);
        header.set_mode(entry.mode);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_cksum();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(entry.content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn unpack_bytes(store: &Store, bytes: &[u8], spec: &UnpackSpec) -> Result<Tree, ArchiveError> {
    let archive = store.put_bytes(bytes).unwrap();
    unpack(store, &archive, spec).map(|unpacked| unpacked.tree)
}

fn stripped(strip: u32) -> UnpackSpec {
    UnpackSpec {
        strip,
        ..Default::default()
    }
}

#[test]
fn every_compression_gives_the_same_tree() {
    let store = test_store();
    let tool = Raw {
        mode: 0o755,
        ..file("./p-1.0/bin/tool", "#!/bin/sh")
    };
    let plain = tar_of(&[
        directory("./"),
        directory("./p-1.0/"),
        tool,
        link(EntryType::Link, "p-1.0/bin/again", "./p-1.0/bin/tool"),
        link(EntryType::Symlink, "p-1.0/lib/link", "../bin/tool"),
        directory("p-1.0/empty/"),
    ]);
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip2.write_all(&plain).unwrap();
    let expected = tree_of(
        &store,
        &[
            ("bin/tool", "#!/bin/sh"),
            ("bin/again", "#!/bin/sh"),
            ("lib/link", "->../bin/tool"),
            ("empty", "/"),
        ],
    );
    for bytes in [
        plain.clone(),
        gzip(&plain),
        xz(&plain),
        bzip2.finish().unwrap(),
        zstd::encode_all(&plain[..], 1).unwrap(),
        // Several streams one behind the other are one archive.
        [gzip(&plain[..700]), gzip(&plain[700..])].concat(),
    ] {
        assert_eq!(unpack_bytes(&store, &bytes, &stripped(1)).unwrap(), expected);
    }
    let put = store.put_tree(&expected).unwrap();
    store.materialise(&put).unwrap();
}

#[test]
fn a_part_is_selected_and_unused_globs_are_told() {
    let store = test_store();
    let bytes = tar_of(&[
        file("c/src/zlib/zlib.h", "h"),
        file("c/src/zlib/contrib/a/b.c", "c"),
        file("c/src/zlib/test/x.c", "x"),
        file("c/src/other.c", "o"),
    ]);
    let archive = store.put_bytes(&bytes).unwrap();
    let select = ["*.h", "contrib/**", "*.none"].map(str::to_owned).to_vec();
    let spec = UnpackSpec {
        strip: 1,
        subdir: path("src/zlib"),
        select,
        ..Default::default()
    };
    let unpacked = unpack(&store, &archive, &spec).unwrap();
    assert_eq!(
        unpacked.tree,
        tree_of(&store, &[("zlib.h", "h"), ("contrib/a/b.c", "c")])
    );
    assert_eq!(unpacked.unused, ["*.none"]);
    let nowhere = UnpackSpec {
        subdir: path("nowhere"),
        ..Default::default()
    };
    assert!(matches!(
        unpack(&store, &archive, &nowhere),
        Err(ArchiveError::Nothing)
    ));
}

#[test]
fn zips_are_read_with_modes_and_links() {
    let store = test_store();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("pkg/tool", options.unix_permissions(0o755))
        .unwrap();
    zip.write_all(b"#!/bin/sh").unwrap();
    zip.start_file("pkg/text", options).unwrap();
    zip.write_all(&b"text ".repeat(100_000)).unwrap();
    zip.add_symlink("pkg/link", "tool", options).unwrap();
    let bytes = zip.finish().unwrap().into_inner();
    let text = "text ".repeat(100_000);
    assert_eq!(
        unpack_bytes(&store, &bytes, &stripped(1)).unwrap(),
        tree_of(
            &store,
            &[("tool", "#!/bin/sh"), ("text", &text), ("link", "->tool")]
        )
    );
    let limited = UnpackSpec {
        limits: UnpackLimits {
            bytes: 1000,
            ..Default::default()
        },
        ..Default::default()
    };
    assert!(matches!(
        unpack_bytes(&store, &bytes, &limited),
        Err(ArchiveError::TooBig { limit: 1000 })
    ));
}

#[test]
fn a_zip_with_doubled_or_leaving_names_is_refused() {
    let store = test_store();
    let zip_of = |first: &str, second: &str| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, content) in [(first, "one"), (second, "two")] {
            zip.start_file(name, zip::write::SimpleFileOptions::default())
                .unwrap();
            zip.write_all(content.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    // The writer refuses doubled names and tidies bad ones, so the names are changed afterwards.
    let mut doubled = zip_of("a/one", "a/two");
    replace(&mut doubled, b"a/two", b"a/one");
    assert!(matches!(
        unpack_bytes(&store, &doubled, &stripped(0)),
        Err(ArchiveError::Entry {
            fault: EntryFault::Duplicate,
            ..
        })
    ));
    let mut leaving = zip_of("a/one", "xx/two");
    replace(&mut leaving, b"xx/two", b"../two");
    assert!(matches!(
        unpack_bytes(&store, &leaving, &stripped(0)),
        Err(ArchiveError::Entry { path, fault: EntryFault::Path { .. } }) if path == "../two"
    ));
}

fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    while let Some(at) = bytes.windows(from.len()).position(|window| window == from) {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
}

#[test]
fn hostile_entries_are_refused_by_name() {
    let check = |entries: &[Raw<'_>], strip: u32, expected: fn(&EntryFault) -> bool| {
        let store = test_store();
        match unpack_bytes(&store, &gzip(&tar_of(entries)), &stripped(strip)) {
            Err(ArchiveError::Entry { path, fault }) => {
                assert!(path.contains("bad"), "{path}");
                assert!(expected(&fault), "{path}: {fault}");
            }
            other => panic!("{other:?}"),
        }
    };
    for name in ["../bad", "a/../../bad", "/etc/bad", "a/../bad"] {
        // Also where the offending part would be stripped.
        for strip in [0, 1] {
            check(&[file(name, "x")], strip, |fault| {
                matches!(fault, EntryFault::Path { .. })
            });
        }
    }
    check(&[link(EntryType::Symlink, "d/bad", "../../out")], 0, |fault| {
        matches!(fault, EntryFault::LeavingLink { .. })
    });
    // Within the archive, but not within what is left of it.
    check(&[link(EntryType::Symlink, "d/bad", "../out")], 1, |fault| {
        matches!(fault, EntryFault::LeavingLink { .. })
    });
    check(&[link(EntryType::Symlink, "bad", "/etc/passwd")], 0, |fault| {
        matches!(fault, EntryFault::AbsoluteLink { .. })
    });
    check(&[link(EntryType::Symlink, "bad", "")], 0, |fault| {
        matches!(fault, EntryFault::LinkText)
    });
    check(&[link(EntryType::Link, "bad", "not-before")], 0, |fault| {
        matches!(fault, EntryFault::HardLink { .. })
    });
    for kind in [EntryType::Char, EntryType::Block, EntryType::Fifo] {
        check(&[link(kind, "bad", "")], 0, |fault| {
            matches!(fault, EntryFault::Special { .. })
        });
    }
    check(&[file("bad", "x"), file("bad", "y")], 0, |fault| {
        matches!(fault, EntryFault::Conflict { .. })
    });
    // Writing through a link.
    check(
        &[link(EntryType::Symlink, "d", "e"), file("d/bad", "x")],
        0,
        |fault| matches!(fault, EntryFault::Conflict { .. }),
    );
    let name = Raw {
        name: b"bad\xff",
        ..file("", "x")
    };
    check(&[name], 0, |fault| matches!(fault, EntryFault::Name));
    check(&[file("bad", "x")], 1, |fault| {
        matches!(fault, EntryFault::Shallow { strip: 1 })
    });
}

#[test]
fn bombs_are_stopped_early() {
    let store = test_store();
    let limits = UnpackLimits {
        entries: 10,
        bytes: 1 << 20,
        ratio: 20,
        free_bytes: 4096,
    };
    let spec = |select: &[&str]| UnpackSpec {
        limits,
        select: select.iter().map(|glob| (*glob).to_owned()).collect(),
        ..Default::default()
    };
    let zeros = "\0".repeat(500_000);
    let bomb = gzip(&tar_of(&[file("zeros", &zeros)]));
    // Also when the entry is not even wanted, and when it is the padding behind the last entry.
    for select in [&[][..], &["other"][..]] {
        let error = unpack_bytes(&store, &bomb, &spec(select)).unwrap_err();
        assert!(matches!(error, ArchiveError::TooBig { .. }), "{error:?}");
        assert!(error.hint().is_some());
    }
    let mut padded = tar_of(&[file("a", "a")]);
    padded.resize(3_000_000, 0);
    let error = unpack_bytes(&store, &gzip(&padded), &spec(&[])).unwrap_err();
    assert!(matches!(error, ArchiveError::TooBig { .. }), "{error:?}");
    let names: Vec<String> = (0..11).map(|number| format!("f{number}")).collect();
    let many: Vec<Raw<'_>> = names.iter().map(|name| file(name, "")).collect();
    assert!(matches!(
        unpack_bytes(&store, &tar_of(&many), &spec(&[])),
        Err(ArchiveError::TooManyEntries { limit: 10 })
    ));
}

#[test]
fn damage_is_told_from_a_damaged_store() {
    let store = test_store();
    let whole = gzip(&tar_of(&[file("a", &"content ".repeat(1000))]));
    assert!(matches!(
        unpack_bytes(&store, b"this is a text and no archive at all", &stripped(0)),
        Err(ArchiveError::Format)
    ));
    for cut in [whole.len() / 2, whole.len() - 4] {
        let error = unpack_bytes(&store, &whole[..cut], &stripped(0)).unwrap_err();
        assert!(matches!(error, ArchiveError::Damaged { .. }), "{error:?}");
    }
    let archive = store.put_bytes(&whole).unwrap();
    let mut bytes = whole.clone();
    bytes[whole.len() / 2] ^= 0xff;
    fs_err::write(store.blob_path(&archive).unwrap().as_path(), bytes).unwrap();
    let error = unpack(&store, &archive, &stripped(0)).unwrap_err();
    assert!(
        matches!(&error, ArchiveError::Store(StoreError::Blob { digest, state: BlobState::Corrupt }) if *digest == archive),
        "{error:?}"
    );
    assert!(!store.has_blob(&archive));
}

fn deb_of(data_name: &str, data: &[u8]) -> Vec<u8> {
    let mut builder = ar::Builder::new(Vec::new());
    for (name, content) in [
        ("debian-binary", &b"2.0\n"[..]),
        ("control.tar.xz", b"never read"),
        (data_name, data),
    ] {
        let header = ar::Header::new(name.as_bytes().to_vec(), content.len() as u64);
        builder.append(&header, content).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A worker root of packages given by name and tar entries.
fn root_of(store: &Store, packages: &[(&str, &[Raw<'_>])]) -> Root {
    let packages = packages
        .iter()
        .enumerate()
        .map(|(index, (name, entries))| {
            let tar = tar_of(entries);
            let deb = match index % 3 {
                0 => deb_of("data.tar.xz", &xz(&tar)),
                1 => deb_of("data.tar.zst", &zstd::encode_all(&tar[..], 1).unwrap()),
                _ => deb_of("data.tar.gz", &gzip(&tar)),
            };
            let digest = store.put_bytes(&deb).unwrap();
            LockedPackage {
                package: (*name).to_owned(),
                version: "1".to_owned(),
                architecture: "amd64".to_owned(),
                suite: "s".to_owned(),
                filename: "pool/x".to_owned(),
                size: digest.size,
                sha256: digest.hex(),
            }
        })
        .collect();
    Root {
        image: "worker".to_owned(),
        packages,
        links: BTreeMap::new(),
        files: BTreeMap::new(),
        directories: Vec::new(),
        remove: Vec::new(),
        snapshot: String::new(),
    }
}

fn base() -> Vec<Raw<'static>> {
    vec![
        directory("./"),
        directory("./usr/bin/"),
        directory("./usr/lib/"),
        link(EntryType::Symlink, "./bin", "usr/bin"),
        link(EntryType::Symlink, "./lib", "usr/lib"),
        link(EntryType::Symlink, "./lib64", "/usr/lib"),
    ]
}

#[test]
fn packages_land_where_links_of_earlier_ones_point() {
    let store = test_store();
    let setuid = Raw {
        mode: 0o4755,
        ..file("./bin/su", "#!su")
    };
    let entries = [
        directory("./bin/"),
        setuid,
        file("./lib64/ld.so", "ld"),
        link(EntryType::Link, "./lib/ld-again.so", "./lib64/ld.so"),
        link(EntryType::Symlink, "./bin/awk", "/etc/alternatives/awk"),
        link(EntryType::Symlink, "./lib/up", "../../../../bin/su"),
        file("./usr/share/doc/su/copyright", "c"),
        file("./lib/man/x.1", "m"),
    ];
    let mut root = root_of(&store, &[("base-files", &base()), ("login", &entries)]);
    root.remove = vec![
        "usr/share/doc/**".to_owned(),
        "usr/lib/man/**".to_owned(),
        "none/**".to_owned(),
    ];
    root.links.insert(path("bin/sh"), "su".to_owned());
    root.files.insert(path("etc/hosts"), "localhost\n".to_owned());
    root.directories.push(path("in"));
    let unpacked = unpack_root(&store, &root).unwrap();
    let expected = tree_of(
        &store,
        &[
            ("bin", "->usr/bin"),
            ("lib", "->usr/lib"),
            ("lib64", "->usr/lib"),
            ("usr/bin/su", "#!su"),
            ("usr/bin/sh", "->su"),
            ("usr/bin/awk", "->../../etc/alternatives/awk"),
            ("usr/lib/ld.so", "ld"),
            ("usr/lib/ld-again.so", "ld"),
            ("usr/lib/up", "->../../bin/su"),
            ("etc/hosts", "localhost\n"),
            ("in", "/"),
        ],
    );
    assert_eq!(unpacked.tree, expected);
    assert_eq!(unpacked.unused, ["none/**"]);
    let digest = store.put_tree(&unpacked.tree).unwrap();
    store.materialise(&digest).unwrap();
}

#[test]
fn packages_that_do_not_fit_are_named() {
    let store = test_store();
    let root = root_of(
        &store,
        &[
            ("base-files", &base()),
            ("one", &[file("./bin/tool", "1")]),
            ("two", &[file("./usr/bin/tool", "2")]),
        ],
    );
    assert!(matches!(
        unpack_root(&store, &root).unwrap_err(),
        RootError::Conflict { package, other, path: at }
            if package == "two" && other == "one" && at == path("usr/bin/tool")
    ));
    let late = root_of(
        &store,
        &[("one", &[file("./bin/tool", "1")]), ("base-files", &base())],
    );
    let error = unpack_root(&store, &late).unwrap_err();
    assert!(
        matches!(&error, RootError::Conflict { package, .. } if package == "base-files"),
        "{error}"
    );
    let circle = [
        link(EntryType::Symlink, "./a", "b"),
        link(EntryType::Symlink, "./b", "a"),
        file("./a/x", ""),
    ];
    let root = root_of(&store, &[("circle", &circle)]);
    assert!(matches!(
        unpack_root(&store, &root),
        Err(RootError::Circle { .. })
    ));
    let mut missing = root_of(&store, &[("gone", &base())]);
    missing.packages[0].sha256 = Digest::of(b"?").hex();
    assert!(matches!(
        unpack_root(&store, &missing),
        Err(RootError::Package { package, .. }) if package == "gone"
    ));
}

fn spec(compression: Compression) -> PackSpec {
    PackSpec {
        compression,
        epoch: 1_767_225_600,
        first: vec![path("python/PYTHON.json")],
    }
}

#[test]
fn packs_are_the_same_everywhere_and_readable_by_others() {
    let long = format!("python/{}/{}", "d".repeat(120), "f".repeat(120));
    let target = format!("->{}", "t".repeat(150));
    let entries = [
        ("python/PYTHON.json", "{}"),
        ("python/install/bin/python3", "#!"),
        ("python/install/lib/link", target.as_str()),
        (long.as_str(), "long"),
        ("python/empty", "/"),
    ];
    for compression in [
        Compression::None,
        Compression::GZIP,
        Compression::Zstd {
            level: 3,
            window_log: 20,
        },
    ] {
        let archives: Vec<(Digest, Vec<u8>)> = (0..2)
            .map(|_| {
                let store = test_store();
                let tree = tree_of(&store, &entries);
                let archive = pack(&store, &tree, &spec(compression)).unwrap();
                assert_eq!(unpack(&store, &archive, &stripped(0)).unwrap().tree, tree);
                (archive, store.read_blob(&archive).unwrap())
            })
            .collect();
        assert_eq!(archives[0], archives[1]);
        if compression == Compression::None {
            let mut tar = tar::Archive::new(&archives[0].1[..]);
            for (index, entry) in tar.entries().unwrap().enumerate() {
                let entry = entry.unwrap();
                let header = entry.header();
                assert_eq!(header.mtime().unwrap(), 1_767_225_600);
                assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
                assert_eq!(header.username().unwrap(), Some(""));
                if index == 0 {
                    assert_eq!(&*entry.path_bytes(), b"python/PYTHON.json");
                }
            }
        }
    }
    // The header of a .gz: no flags, no time, unknown system.
    let store = test_store();
    let tree = tree_of(&store, &entries);
    let archive = pack(&store, &tree, &spec(Compression::GZIP)).unwrap();
    let bytes = store.read_blob(&archive).unwrap();
    assert_eq!((bytes[3], &bytes[4..8], bytes[9]), (0, &[0; 4][..], 255));
    let without = tree_of(&store, &[("a", "b")]);
    assert!(matches!(
        pack(&store, &without, &spec(Compression::GZIP)),
        Err(ArchiveError::NoFirst { .. })
    ));
}

fn patch(text: &str) -> TextFile {
    TextFile {
        name: "zlib/1.3/0001-x.patch".to_owned(),
        text: text.to_owned(),
    }
}

#[test]
fn patches_change_make_remove_and_rename() {
    let store = test_store();
    let tree = tree_of(
        &store,
        &[
            ("a.c", "0\n1\n2\n3\n"),
            ("old", "gone\n"),
            ("name", "n\n"),
            ("tool", "#!x\n"),
        ],
    );
    let text = "Subject: all of it\n\n\
        --- a/a.c\n+++ b/a.c\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n\
        --- /dev/null\n+++ b/dir/new\n@@ -0,0 +1 @@\n+new\n\
        --- a/old\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n\
        diff --git a/name b/renamed\nsimilarity index 100%\nrename from name\nrename to renamed\n\
        diff --git a/tool b/tool\nold mode 100755\nnew mode 100644\n";
    let patched = apply_patches(&store, &tree, &[patch(text)]).unwrap();
    let mut expected = tree_of(
        &store,
        &[
            ("a.c", "0\n1\ntwo\n3\n"),
            ("dir/new", "new\n"),
            ("renamed", "n\n"),
        ],
    );
    let tool = Entry::File {
        digest: Digest::of(b"#!x\n"),
        executable: false,
    };
    expected.insert(path("tool"), tool).unwrap();
    assert_eq!(patched.tree, expected);
    assert_eq!(
        patched.offsets[0].to_string(),
        "zlib/1.3/0001-x.patch: hunk 1 of `a.c` fits +1 lines away"
    );
    let again = apply_patches(&store, &patched.tree, &[patch(text)]).unwrap_err();
    assert_eq!(
        again.to_string(),
        "zlib/1.3/0001-x.patch: hunk 1 of `a.c` is already applied"
    );
    assert!(again.hint().is_some());
}

#[test]
fn patches_that_do_not_fit_say_where_and_what() {
    let check = |text: &str, expected: &str| {
        let store = test_store();
        let tree = tree_of(&store, &[("a.c", "1\n2\n3\n"), ("link", "->a.c")]);
        let error = apply_patches(&store, &tree, &[patch(text)]).unwrap_err();
        assert_eq!(error.to_string(), format!("zlib/1.3/0001-x.patch: {expected}"));
        assert!(!matches!(error, PatchError::Store(_)));
    };
    check(
        "--- a/a.c\n+++ b/a.c\n@@ -1,3 +1,3 @@\n 1\n-TWO\n+two\n 3\n",
        "hunk 1 does not fit `a.c`, line 2: expected `TWO`, found `2`",
    );
    check(
        "--- a/a.c\n+++ b/a.c\n@@ -3,2 +3,2 @@\n 3\n-4\n+5\n",
        "hunk 1 does not fit `a.c`, line 4: expected `4`, but the file ends there",
    );
    check(
        "--- a/b.c\n+++ b/b.c\n@@ -1 +1 @@\n-1\n+2\n",
        "there is no file `b.c`",
    );
    check(
        "--- a/link\n+++ b/link\n@@ -1 +1 @@\n-1\n+2\n",
        "there is no file `link`",
    );
    check(
        "--- /dev/null\n+++ b/a.c\n@@ -0,0 +1 @@\n+x\n",
        "`a.c` is to be made but is there",
    );
    check(
        "--- a/a.c\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-1\n-2\n",
        "`a.c` is to be removed but has more in it than the patch says",
    );
    check(
        "--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n",
        "the removal of `gone` is already applied",
    );
    check("just words\n", "it changes no file");
}

fn any_tree() -> impl Strategy<Value = Vec<(String, Vec<u8>, u8)>> {
    let name = "[a-zé ]{1,60}(/[a-z.+]{1,60}){0,3}".prop_filter("a name", |name| {
        name.split('/').all(|part| part != "." && part != "..")
    });
    prop::collection::vec((name, prop::collection::vec(any::<u8>(), 0..2000), 0..4u8), 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_tree_survives_store_disk_and_archive(entries in any_tree()) {
        let store = test_store();
        let mut tree = Tree::new();
        for (name, content, kind) in entries {
            let entry = match kind {
                0 => Entry::Directory,
                1 => Entry::Symlink { target: format!("x{}", content.len()) },
                kind => Entry::File {
                    digest: store.put_bytes(&content).unwrap(),
                    executable: kind == 2,
                },
            };
            // What does not fit to what is there is left out.
            let _ = tree.insert(path(&name), entry);
        }
        prop_assume!(!tree.is_empty());
        let digest = store.put_tree(&tree).unwrap();
        prop_assert_eq!(&store.tree(&digest).unwrap(), &tree);
        let archive = pack(&store, &tree, &PackSpec { compression: Compression::GZIP, epoch: 0, first: vec![] }).unwrap();
        prop_assert_eq!(&unpack(&store, &archive, &stripped(0)).unwrap().tree, &tree);
        let standing = store.materialise(&digest).unwrap();
        let scratch = store.scratch().unwrap();
        let copy = scratch.dir.as_path().join("copy");
        let done = std::process::Command::new("cp").arg("-R").arg(standing.dir.as_path()).arg(&copy).status().unwrap();
        prop_assert!(done.success());
        prop_assert_eq!(store.ingest_dir(&copy).unwrap(), digest);
    }
}

/// Not a test but a figure: `cargo test -- --ignored figures --nocapture`.
#[test]
#[expect(clippy::print_stderr, reason = "it is there to print")]
fn figures() {
    crate::support::requires!("figures", crate::support::variable("PBS_TEST_FIGURES").is_some());
    let store = test_store();
    let mut tree = Tree::new();
    for number in 0..10_000u32 {
        let content = number.to_le_bytes().repeat(1000);
        let digest = store.put_bytes(&content).unwrap();
        let executable = false;
        tree.insert(
            path(&format!("d{}/f{number}", number % 100)),
            Entry::File { digest, executable },
        )
        .unwrap();
    }
    let digest = store.put_tree(&tree).unwrap();
    for what in ["first", "again"] {
        let start = Instant::now();
        drop(store.materialise(&digest).unwrap());
        eprintln!("10000 files of 4 kB materialised, {what}: {:?}", start.elapsed());
    }
    let scratch = store.scratch().unwrap();
    for number in 0..50u32 {
        let content = number.to_le_bytes().repeat(2_500_000);
        fs_err::write(scratch.dir.as_path().join(number.to_string()), content).unwrap();
    }
    let start = Instant::now();
    store.ingest_dir(scratch.dir.as_path()).unwrap();
    eprintln!("500 MB in 50 files ingested: {:?}", start.elapsed());
}

/// Not a test but a figure: the worker root from a directory of packages named by
/// `PBS_TEST_DEBS`, put into the store, unpacked and materialised.
#[test]
#[expect(clippy::print_stderr, reason = "it is there to print")]
fn worker_root() {
    let debs = crate::support::variable("PBS_TEST_DEBS");
    crate::support::requires!("debs", debs.is_some());
    let debs = debs.unwrap_or_default();
    let store = test_store();
    for entry in fs_err::read_dir(debs).unwrap() {
        let mut file = fs_err::File::open(entry.unwrap().path()).unwrap();
        store.put_reader(&mut file).unwrap();
    }
    let repository = camino::Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = pbs::workspace::read_workspace(repository).unwrap();
    let request = pbs::recipe::Request {
        python: None,
        target: "x86_64-unknown-linux-gnu".to_owned(),
        options: None,
        pins: BTreeMap::new(),
    };
    let recipes = pbs::recipe::RecipeSet::load(files).unwrap();
    let root = recipes.resolve(&request).unwrap().root;
    let start = Instant::now();
    let unpacked = unpack_root(&store, &root).unwrap();
    eprintln!(
        "{} packages unpacked: {:?}, {} entries, {} MB, unused {:?}",
        root.packages.len(),
        start.elapsed(),
        unpacked.tree.len(),
        unpacked.tree.size() / 1_000_000,
        unpacked.unused
    );
    let start = Instant::now();
    let digest = store.put_tree(&unpacked.tree).unwrap();
    eprintln!("stored as {digest}: {:?}", start.elapsed());
    for what in ["first", "again"] {
        let start = Instant::now();
        drop(store.materialise(&digest).unwrap());
        eprintln!("materialised, {what}: {:?}", start.elapsed());
    }
    let start = Instant::now();
    let spec = PackSpec {
        compression: Compression::ZSTD,
        epoch: 0,
        first: Vec::new(),
    };
    let archive = pack(&store, &unpacked.tree, &spec).unwrap();
    eprintln!("packed to {} MB: {:?}", archive.size / 1_000_000, start.elapsed());
    let status = fs_err::read_to_string("/proc/self/status").unwrap();
    eprintln!(
        "{}",
        status.lines().find(|line| line.starts_with("VmHWM")).unwrap()
    );
}
