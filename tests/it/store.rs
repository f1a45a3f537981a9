//! The store: round trips, damage, hostile directories, two processes, killed processes.

mod damage;
mod directory;
mod processes;

use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt};
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use pbs::model::{Digest, Entry, Pin, Tree, TreeDigest, TreePath};
use pbs::store::{
    ActionRecord, BlobMode, BlobState, CollectPolicy, Damage, EntryProblem, MTIME, Store, StoreError,
};

/// A store in a directory of its own, which goes with it.
pub(crate) struct TestStore {
    pub(crate) store: Store,
    _dir: tempfile::TempDir,
}

impl std::ops::Deref for TestStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

pub(crate) fn test_store() -> TestStore {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&utf8(dir.path()).join("store")).unwrap();
    TestStore { store, _dir: dir }
}

pub(crate) fn utf8(path: &std::path::Path) -> &Utf8Path {
    Utf8Path::from_path(path).unwrap()
}

pub(crate) fn path(text: &str) -> TreePath {
    TreePath::parse(text).unwrap()
}

/// A tree of small files, links (`->target`) and directories (`/`), whose contents are put into the store.
pub(crate) fn tree_of(store: &Store, entries: &[(&str, &str)]) -> Tree {
    let mut tree = Tree::new();
    for (name, content) in entries {
        let entry = if *content == "/" {
            Entry::Directory
        } else if let Some(target) = content.strip_prefix("->") {
            Entry::Symlink {
                target: target.to_owned(),
            }
        } else {
            Entry::File {
                digest: store.put_bytes(content.as_bytes()).unwrap(),
                executable: content.starts_with("#!"),
            }
        };
        tree.insert(path(name), entry).unwrap();
    }
    tree
}

fn sample(store: &Store) -> (Tree, TreeDigest) {
    let tree = tree_of(
        store,
        &[
            ("bin/tool", "#!/bin/sh\n"),
            ("lib/a.txt", "same"),
            ("lib/b.txt", "same"),
            ("lib/link", "->../bin/tool"),
            ("empty", "/"),
        ],
    );
    let digest = store.put_tree(&tree).unwrap();
    (tree, digest)
}

fn record(output: TreeDigest) -> ActionRecord {
    ActionRecord {
        output,
        log: None,
        step: "zlib/build".to_owned(),
        wall_seconds: 1.5,
        cpu_seconds: Some(1.25),
        peak_memory: None,
        sandbox: "native".to_owned(),
    }
}

fn files_below(dir: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut files: Vec<_> = walkdir::WalkDir::new(dir)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| utf8(entry.path()).to_owned())
        .collect();
    files.sort();
    files
}

#[test]
fn blobs_come_back() {
    let store = test_store();
    let digest = store.put_bytes(b"hello").unwrap();
    assert_eq!(digest, Digest::of(b"hello"));
    assert_eq!(store.put_reader(&mut &b"hello"[..]).unwrap(), digest);
    assert_eq!(store.read_blob(&digest).unwrap(), b"hello");
    assert!(store.has_blob(&digest));
    assert!(matches!(
        store.read_blob(&Digest::of(b"other")),
        Err(StoreError::Blob {
            state: BlobState::Missing,
            ..
        })
    ));
}

#[test]
fn trees_come_back_and_stand() {
    let store = test_store();
    let (tree, digest) = sample(&store);
    assert_eq!(store.tree(&digest).unwrap(), tree);
    let standing = store.materialise(&digest).unwrap();
    let dir = standing.dir.as_path();
    let tool = fs_err::metadata(dir.join("bin/tool")).unwrap();
    assert_eq!(tool.mode() & 0o7777, 0o755);
    assert_eq!(tool.mtime(), MTIME);
    assert_eq!(fs_err::metadata(dir.join("lib/a.txt")).unwrap().nlink(), 3);
    assert_eq!(
        fs_err::read_link(dir.join("lib/link")).unwrap().to_str(),
        Some("../bin/tool")
    );
    assert!(dir.join("empty").is_dir());
    // Found standing: the same directory, not a new one.
    let before = fs_err::metadata(dir).unwrap().ino();
    let again = store.materialise(&digest).unwrap();
    assert_eq!(fs_err::metadata(again.dir.as_path()).unwrap().ino(), before);
}

#[test]
fn mounting_trees_touches_only_the_way() {
    let store = test_store();
    let (root, root_digest) = sample(&store);
    let part = tree_of(&store, &[("zlib.h", "header")]);
    let part_digest = store.put_tree(&part).unwrap();
    let composed = store
        .compose(
            &root_digest,
            &[(path("in/zlib"), part_digest), (path("lib"), part_digest)],
        )
        .unwrap();
    let mut expected = root;
    expected.remove(&path("lib"));
    expected.merge(&path("in/zlib"), &part).unwrap();
    expected.merge(&path("lib"), &part).unwrap();
    assert_eq!(store.tree(&composed).unwrap(), expected);
    assert_eq!(store.put_tree(&expected).unwrap(), composed);
    assert_eq!(
        store.subtree(&composed, &path("in/zlib")).unwrap(),
        Some(part_digest)
    );
    assert_eq!(store.subtree(&composed, &path("in/other")).unwrap(), None);
    assert!(matches!(
        store.compose(&root_digest, &[(path("bin/tool/x"), part_digest)]),
        Err(StoreError::Merge(_))
    ));
}

#[test]
fn many_may_copy_one_blob_out_at_once() {
    let store = test_store();
    let content = b"out".repeat(1 << 20);
    let digest = store.put_bytes(&content).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let to = utf8(dir.path()).join("file");
    std::thread::scope(|scope| {
        let copies: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| store.export(&digest, &to)))
            .collect();
        for copy in copies {
            copy.join().unwrap().unwrap();
        }
    });
    assert_eq!(fs_err::read(&to).unwrap(), content);
    assert_eq!(files_below(utf8(dir.path())), [to]);
}

#[test]
fn a_note_may_have_any_name() {
    let store = test_store();
    let long = |end: &str| format!("export/{}{end}", "deep/".repeat(100));
    store.put_note(&long("a"), b"one").unwrap();
    store.put_note(&long("b"), b"two").unwrap();
    assert_eq!(store.note(&long("a")).unwrap().as_deref(), Some(&b"one"[..]));
    assert_eq!(store.note(&long("b")).unwrap().as_deref(), Some(&b"two"[..]));
    assert_eq!(store.note(&long("c")).unwrap(), None);
}

#[test]
fn actions_and_notes_are_kept() {
    let store = test_store();
    let (_, tree) = sample(&store);
    let key = Digest::of(b"key");
    assert_eq!(store.action(&key).unwrap(), None);
    store.put_action(&key, &record(tree)).unwrap();
    assert_eq!(store.action(&key).unwrap(), Some(record(tree)));
    assert_eq!(store.actions().unwrap().len(), 1);
    store.forget_action(&key).unwrap();
    store.forget_action(&key).unwrap();
    assert_eq!(store.action(&key).unwrap(), None);
    store.put_note("zlib/build", b"one").unwrap();
    store.put_note("zlib/build", b"two").unwrap();
    assert_eq!(store.note("zlib/build").unwrap().as_deref(), Some(&b"two"[..]));
    assert_eq!(store.note("../escape").unwrap(), None);
}

#[test]
fn the_collector_keeps_what_recent_actions_need() {
    let store = test_store();
    let old = store
        .put_tree(&tree_of(&store, &[("a", "old"), ("b", "shared")]))
        .unwrap();
    let new = store
        .put_tree(&tree_of(&store, &[("a", "new"), ("b", "shared")]))
        .unwrap();
    store.put_bytes(b"nobody's").unwrap();
    store.put_action(&Digest::of(b"old"), &record(old)).unwrap();
    store.put_action(&Digest::of(b"new"), &record(new)).unwrap();
    drop(store.materialise(&old).unwrap());
    drop(store.materialise(&new).unwrap());
    let now = store.actions().unwrap()[0].2;
    // `actions` has the most recent first; make one of them a day old.
    let file = store
        .root()
        .join(format!("actions-v1/{}-3.json", Digest::of(b"old").hex()));
    let day = Duration::from_secs(86_400);
    fs_err::File::open(&file)
        .unwrap()
        .file()
        .set_modified(now - day)
        .unwrap();
    let policy = CollectPolicy {
        max_age: Some(day / 2),
        ..CollectPolicy::default()
    };
    let guard = store.materialise(&new).unwrap();
    assert!(matches!(
        store.collect(&policy, now, || ()),
        Err(StoreError::InUse { .. })
    ));
    drop(guard);
    let (collected, ()) = store.collect(&policy, now, || ()).unwrap();
    assert_eq!((collected.actions, collected.trees), (1, 1));
    assert_eq!(collected.blobs, 3, "old, nobody's, old's directory");
    assert_eq!(store.tree(&new).unwrap().len(), 2);
    assert!(store.has_blob(&Digest::of(b"shared")));
    assert!(!store.has_blob(&Digest::of(b"old")));
    // Down to a size: nothing fits into one byte.
    let policy = CollectPolicy {
        max_bytes: Some(1),
        ..CollectPolicy::default()
    };
    assert_eq!(store.collect(&policy, now, || ()).unwrap().0.actions, 1);
    assert_eq!(store.size().unwrap(), pbs::store::StoreSize::default());
}

#[test]
fn what_is_to_be_kept_survives_a_collection() {
    let store = test_store();
    let [known, open] =
        ["an archive", "one of unknown size"].map(|text| store.put_bytes(text.as_bytes()).unwrap());
    let other = store.put_bytes(b"another").unwrap();
    let open = Pin {
        size: None,
        ..Pin::from(open)
    };
    let gone = Pin::from(Digest::of(b"never there"));
    let policy = CollectPolicy {
        keep: vec![gone, known.into(), open],
        max_bytes: Some(0),
        ..CollectPolicy::default()
    };
    let now = fs_err::metadata(store.root()).unwrap().modified().unwrap();
    let lock = store.root().join("lock");
    let (collected, alone) = store
        .collect(&policy, now, || {
            fs_err::File::open(&lock)
                .unwrap()
                .file()
                .try_lock_shared()
                .is_err()
        })
        .unwrap();
    assert!(alone, "nobody can open the store meanwhile");
    assert_eq!(collected.blobs, 1);
    assert!(store.has_blob(&known) && !store.has_blob(&other));
    let found = store.find_pinned(&open).unwrap();
    assert_eq!(found, Some(Digest::of(b"one of unknown size")));
    assert_eq!(store.find_pinned(&gone).unwrap(), None);
    let wrong_size = Pin {
        size: Some(3),
        ..Pin::from(known)
    };
    assert_eq!(store.find_pinned(&wrong_size).unwrap(), None);
}

#[test]
fn roots_that_are_no_store_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let dir = utf8(dir.path());
    fs_err::write(dir.join("file"), "").unwrap();
    for root in [dir.join("file"), dir.join("file/below")] {
        assert!(
            matches!(Store::open(&root), Err(StoreError::NotADirectory { .. })),
            "{root}"
        );
    }
    let error = Store::open(dir).unwrap_err();
    assert!(
        matches!(&error, StoreError::NotAStore { found, .. } if found == "file"),
        "{error}"
    );
    assert!(error.hint().is_some());
    assert_eq!(files_below(dir).len(), 1, "nothing was written");
    let root = dir.join("store");
    drop(Store::open(&root).unwrap());
    fs_err::write(root.join("pbs-store"), "2\n").unwrap();
    assert!(matches!(Store::open(&root), Err(StoreError::Format { found, .. }) if found == "2"));
}

#[test]
fn a_store_leaves_nothing_temporary() {
    let store = test_store();
    let root = store.root().to_owned();
    let (_, tree) = sample(&store);
    drop(store.materialise(&tree).unwrap());
    let scratch = store.scratch().unwrap();
    fs_err::write(scratch.dir.as_path().join("x"), "x").unwrap();
    drop(scratch);
    let second = Store::open(&root).unwrap();
    drop(second);
    let session = files_below(&root.join("tmp"));
    assert_eq!(session.len(), 2, "{session:?}");
    assert!(root.join("CACHEDIR.TAG").is_file());
}

#[test]
fn an_executable_content_is_stored_once_if_said_so() {
    let store = test_store();
    let digest = store
        .put_reader_as(&mut &b"#!/bin/sh"[..], BlobMode::Executable)
        .unwrap();
    let tree = tree_of(&store, &[("tool", "#!/bin/sh")]);
    let tree = store.put_tree(&tree).unwrap();
    drop(store.materialise(&tree).unwrap());
    assert_eq!(store.size().unwrap().blobs, 2, "the file and the directory");
    // Used both ways it is there twice, and either way comes back.
    let mut plain = Tree::new();
    let entry = Entry::File {
        digest,
        executable: false,
    };
    plain.insert(path("text"), entry).unwrap();
    let plain = store.put_tree(&plain).unwrap();
    let standing = store.materialise(&plain).unwrap();
    let file = fs_err::metadata(standing.dir.as_path().join("text")).unwrap();
    assert_eq!(file.mode() & 0o7777, 0o644);
    let mut text = String::new();
    store
        .open_blob(&digest)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "#!/bin/sh");
    assert!(SystemTime::UNIX_EPOCH + Duration::from_secs(MTIME as u64) == file.modified().unwrap());
}
