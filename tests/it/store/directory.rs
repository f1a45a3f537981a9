//! Directories taken in: what is kept of them, and what is refused.

use super::*;

#[test]
fn a_directory_is_moved_in() {
    let store = test_store();
    let scratch = store.scratch().unwrap();
    let dir = scratch.dir.as_path();
    fs_err::create_dir_all(dir.join("a/empty")).unwrap();
    fs_err::write(dir.join("a/file"), "content").unwrap();
    fs_err::write(dir.join("a/secret"), "unreadable").unwrap();
    fs_err::set_permissions(dir.join("a/secret"), PermissionsExt::from_mode(0o000)).unwrap();
    fs_err::write(dir.join("tool"), "#!").unwrap();
    fs_err::set_permissions(dir.join("tool"), PermissionsExt::from_mode(0o711)).unwrap();
    fs_err::hard_link(dir.join("tool"), dir.join("tool-again")).unwrap();
    fs_err::os::unix::fs::symlink("../tool", dir.join("a/link")).unwrap();
    fs_err::set_permissions(dir.join("a"), PermissionsExt::from_mode(0o500)).unwrap();
    let digest = store.ingest_dir(dir).unwrap();
    let expected = tree_of(
        &store,
        &[
            ("a/file", "content"),
            ("a/secret", "unreadable"),
            ("a/empty", "/"),
            ("a/link", "->../tool"),
            ("tool", "#!"),
            ("tool-again", "#!"),
        ],
    );
    assert_eq!(store.tree(&digest).unwrap(), expected);
    assert_eq!(store.check().unwrap().damage, []);
}

#[test]
fn what_cannot_be_a_tree_is_refused_by_name() {
    type Make = fn(&Utf8Path);
    let check = |make: Make, expected: fn(&EntryProblem) -> bool| {
        let store = test_store();
        let scratch = store.scratch().unwrap();
        let dir = scratch.dir.as_path();
        fs_err::create_dir(dir.join("sub")).unwrap();
        make(&dir.join("sub/bad"));
        match store.ingest_dir(dir).unwrap_err() {
            StoreError::Entry { path, problem } => {
                assert!(path.as_str().starts_with("sub/"), "{path}");
                assert!(expected(&problem), "{problem}");
            }
            other => panic!("{other}"),
        }
    };
    check(
        |at| drop(std::os::unix::net::UnixListener::bind(at).unwrap()),
        |problem| matches!(problem, EntryProblem::Special { kind: "socket" }),
    );
    check(
        |at| {
            rustix::fs::mkfifoat(rustix::fs::CWD, at.as_std_path(), rustix::fs::Mode::RUSR).unwrap();
        },
        |problem| matches!(problem, EntryProblem::Special { kind: "named pipe" }),
    );
    check(
        |at| {
            fs_err::write(at, "").unwrap();
            fs_err::set_permissions(at, PermissionsExt::from_mode(0o4755)).unwrap();
        },
        |problem| matches!(problem, EntryProblem::SetId { mode: 0o4755 }),
    );
    check(
        |at| fs_err::os::unix::fs::symlink("/etc/passwd", at).unwrap(),
        |problem| matches!(problem, EntryProblem::AbsoluteLink { .. }),
    );
    check(
        |at| fs_err::os::unix::fs::symlink("../../out", at).unwrap(),
        |problem| matches!(problem, EntryProblem::LeavingLink { .. }),
    );
    check(
        |at| {
            use std::os::unix::ffi::OsStrExt as _;
            let name = std::ffi::OsStr::from_bytes(b"bad\xff");
            fs_err::write(at.as_std_path().with_file_name(name), "").unwrap();
        },
        |problem| matches!(problem, EntryProblem::Name),
    );
}

#[test]
fn a_copy_is_whole_and_its_own() {
    let store = test_store();
    let (tree, digest) = sample(&store);
    let place = tempfile::tempdir().unwrap();
    let [whole, changed] = ["whole", "changed"].map(|name| utf8(place.path()).join(name));
    store.unpack(&digest, &whole).unwrap();
    assert_eq!(store.ingest_dir(&whole).unwrap(), digest);
    store.unpack(&digest, &changed).unwrap();
    let is_file = |entry: &Entry| matches!(entry, Entry::File { .. });
    for (path, _) in tree.iter().filter(|(_, entry)| is_file(entry)) {
        let file = changed.join(path.as_str());
        assert_eq!(fs_err::metadata(&file).unwrap().nlink(), 1);
        fs_err::write(&file, "changed").unwrap();
    }
    assert_eq!(store.check().unwrap().damage, []);
    assert!(store.unpack(&digest, &changed).is_err(), "it is there already");
}

#[test]
fn a_copied_directory_stays_as_it_is() {
    let store = test_store();
    let place = tempfile::tempdir().unwrap();
    let dir = utf8(place.path()).join("given");
    fs_err::create_dir_all(dir.join("a/empty")).unwrap();
    fs_err::write(dir.join("a/file"), "content").unwrap();
    fs_err::write(dir.join("tool"), "#!").unwrap();
    fs_err::set_permissions(dir.join("tool"), PermissionsExt::from_mode(0o700)).unwrap();
    fs_err::os::unix::fs::symlink("../tool", dir.join("a/link")).unwrap();
    fs_err::set_permissions(dir.join("a"), PermissionsExt::from_mode(0o500)).unwrap();
    let state = |name: &str| {
        let metadata = fs_err::symlink_metadata(dir.join(name)).unwrap();
        (
            metadata.ino(),
            metadata.mode(),
            metadata.mtime(),
            metadata.nlink(),
        )
    };
    let before = ["a", "a/file", "a/link", "tool"].map(state);
    let digest = store.copy_dir(&dir).unwrap();
    assert_eq!(before, ["a", "a/file", "a/link", "tool"].map(state));
    let entries = [
        ("a/file", "content"),
        ("a/empty", "/"),
        ("a/link", "->../tool"),
        ("tool", "#!"),
    ];
    assert_eq!(store.tree(&digest).unwrap(), tree_of(&store, &entries));
    // The store has files of its own: what becomes of these is nothing to it.
    fs_err::write(dir.join("a/file"), "changed").unwrap();
    assert_eq!(store.check().unwrap().damage, []);

    fs_err::set_permissions(dir.join("a"), PermissionsExt::from_mode(0o700)).unwrap();
    let listing = pbs::store::list_dir(&dir).unwrap();
    let paths: Vec<&str> = listing.0.keys().map(|path| path.as_str()).collect();
    assert_eq!(paths, ["a", "a/empty", "a/file", "a/link", "tool"]);
    assert_eq!(
        listing
            .0
            .values()
            .map(|listed| listed == &pbs::model::Listed::File)
            .collect::<Vec<_>>(),
        [false, false, true, false, true]
    );
    fs_err::os::unix::fs::symlink("../../out", dir.join("a/bad")).unwrap();
    let refused = [
        store.copy_dir(&dir).unwrap_err(),
        pbs::store::list_dir(&dir).unwrap_err(),
    ];
    for error in refused {
        assert!(
            matches!(error, StoreError::Entry { ref path, .. } if path == "a/bad"),
            "{error}"
        );
    }
    let gone = store.copy_dir(&dir.join("none")).unwrap_err();
    assert!(matches!(gone, StoreError::Input { .. }), "{gone}");
}
