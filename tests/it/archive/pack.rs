//! Packing: the same bytes everywhere, and what goes in comes out again.

use super::*;

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
