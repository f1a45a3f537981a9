//! Unpacking: every format, parts, hostile archives of each kind.

use super::*;

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
fn a_zip_cannot_lie_about_sizes() {
    let store = test_store();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in ["one", "two", "three"] {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(name, options).unwrap();
        zip.write_all(&[0; 1_000_000]).unwrap();
    }
    let mut bytes = zip.finish().unwrap().into_inner();
    // Each one alone is within the limit.
    replace(&mut bytes, &1_000_000u32.to_le_bytes(), &1u32.to_le_bytes());
    let spec = |bytes| UnpackSpec {
        limits: UnpackLimits {
            bytes,
            ..Default::default()
        },
        ..Default::default()
    };
    let error = unpack_bytes(&store, &bytes, &spec(2_500_000)).unwrap_err();
    assert!(
        matches!(error, ArchiveError::TooBig { limit: 2_500_000 }),
        "{error:?}"
    );
}

#[test]
fn a_link_of_a_zip_is_not_cut_short() {
    let store = test_store();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.add_symlink("link", "x/".repeat(3000), options).unwrap();
    let bytes = zip.finish().unwrap().into_inner();
    assert!(matches!(
        unpack_bytes(&store, &bytes, &stripped(0)),
        Err(ArchiveError::Entry {
            fault: EntryFault::LinkText,
            ..
        })
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
