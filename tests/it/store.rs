//! The store: round trips, damage, hostile directories, two processes, killed processes.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt};
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use pbs::model::{Digest, Entry, Tree, TreeDigest, TreePath};
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
fn a_damaged_standing_tree_is_made_anew() {
    let store = test_store();
    let (_, digest) = sample(&store);
    let dir = store.materialise(&digest).unwrap().dir.0.clone();
    for damage in [
        (|dir: &Utf8Path| fs_err::remove_file(dir.join("bin/tool")).unwrap()) as fn(&Utf8Path),
        |dir| fs_err::write(dir.join("empty/new"), "x").unwrap(),
        |dir| fs_err::set_permissions(dir.join("lib/a.txt"), PermissionsExt::from_mode(0o600)).unwrap(),
        |dir| {
            fs_err::remove_file(dir.join("lib/link")).unwrap();
            fs_err::os::unix::fs::symlink("elsewhere", dir.join("lib/link")).unwrap();
        },
        |dir| fs_err::remove_dir_all(dir.join("lib")).unwrap(),
    ] {
        damage(&dir);
        store.materialise(&digest).unwrap();
        assert!(dir.join("bin/tool").is_file());
        assert!(!dir.join("empty/new").exists());
        assert_eq!(store.check().unwrap().damage, []);
    }
}

#[test]
fn a_damaged_blob_is_noticed_removed_and_reported() {
    let store = test_store();
    let (_, tree) = sample(&store);
    let blob = Digest::of(b"same");
    type Damage = fn(&Utf8Path);
    let damages: [Damage; 3] = [
        |file| fs_err::write(file, "SAME").unwrap(),
        |file| fs_err::write(file, "sa").unwrap(),
        |file| fs_err::write(file, "").unwrap(),
    ];
    for damage in damages {
        let file = store.blob_path(&blob).unwrap().0;
        damage(&file);
        let error = store.read_blob(&blob).unwrap_err();
        assert!(
            matches!(error, StoreError::Blob { digest, state: BlobState::Corrupt } if digest == blob),
            "{error}"
        );
        assert!(!store.has_blob(&blob));
        store.put_bytes(b"same").unwrap();
        assert_eq!(store.read_blob(&blob).unwrap(), b"same");
    }
    // Through a standing tree, whose files are the same ones.
    let dir = store.materialise(&tree).unwrap().dir.0.clone();
    fs_err::write(dir.join("lib/a.txt"), "SAME").unwrap();
    let error = store.materialise(&tree).unwrap_err();
    assert!(
        matches!(error, StoreError::Blob { digest, .. } if digest == blob),
        "{error}"
    );
    store.put_bytes(b"same").unwrap();
    let standing = store.materialise(&tree).unwrap();
    assert_eq!(
        fs_err::read(standing.dir.as_path().join("lib/a.txt")).unwrap(),
        b"same"
    );
}

#[test]
fn putting_again_repairs_a_blob_that_was_written_to() {
    let store = test_store();
    let digest = store.put_bytes(b"content").unwrap();
    fs_err::write(store.blob_path(&digest).unwrap().as_path(), "CONTENT").unwrap();
    store.put_bytes(b"content").unwrap();
    assert_eq!(store.read_blob(&digest).unwrap(), b"content");
}

#[test]
fn the_full_check_finds_what_hides_behind_its_old_time() {
    let store = test_store();
    let (_, tree) = sample(&store);
    store.put_action(&Digest::of(b"key"), &record(tree)).unwrap();
    store.materialise(&tree).unwrap();
    let file = store.blob_path(&Digest::of(b"same")).unwrap().0;
    let time = fs_err::metadata(&file).unwrap().modified().unwrap();
    let mut damaged = fs_err::OpenOptions::new().write(true).open(&file).unwrap();
    damaged.write_all(b"SAME").unwrap();
    damaged.file().set_modified(time).unwrap();
    drop(damaged);
    let damage = store.check().unwrap().damage;
    assert!(
        matches!(
            &damage[..],
            [
                Damage::Blob { .. },
                Damage::Tree { .. },
                Damage::Action { step, .. }
            ] if step == "zlib/build"
        ),
        "{damage:?}"
    );
    assert_eq!(store.action(&Digest::of(b"key")).unwrap(), None);
    assert_eq!(store.check().unwrap().damage, []);
}

#[test]
fn a_wrong_stream_never_lands() {
    let store = test_store();
    let expected = Digest::of(b"what was asked for");
    let error = store
        .put_reader_expect(&mut &b"something else"[..], &expected)
        .unwrap_err();
    let text = error.to_string();
    assert!(text.contains(&expected.hex()), "{text}");
    assert!(text.contains(&Digest::of(b"something else").hex()), "{text}");
    // One that breaks off, neither.
    let mut broken = (&b"half"[..]).chain(Broken);
    assert!(matches!(
        store.put_reader(&mut broken),
        Err(StoreError::Input { .. })
    ));
    assert_eq!(store.size().unwrap().blobs, 0);
}

struct Broken;

impl std::io::Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::ConnectionReset.into())
    }
}

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
fn half_a_record_is_none() {
    let store = test_store();
    let (_, tree) = sample(&store);
    let key = Digest::of(b"key");
    store.put_action(&key, &record(tree)).unwrap();
    let file = &files_below(&store.root().join("actions-v1"))[0];
    let text = fs_err::read(file).unwrap();
    fs_err::write(file, &text[..text.len() / 2]).unwrap();
    assert_eq!(store.action(&key).unwrap(), None);
    assert!(!file.exists());
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
        max_bytes: None,
    };
    let guard = store.materialise(&new).unwrap();
    assert!(matches!(
        store.collect(&policy, now),
        Err(StoreError::InUse { .. })
    ));
    drop(guard);
    let collected = store.collect(&policy, now).unwrap();
    assert_eq!((collected.actions, collected.trees), (1, 1));
    assert_eq!(collected.blobs, 3, "old, nobody's, old's directory");
    assert_eq!(store.tree(&new).unwrap().len(), 2);
    assert!(store.has_blob(&Digest::of(b"shared")));
    assert!(!store.has_blob(&Digest::of(b"old")));
    // Down to a size: nothing fits into one byte.
    let policy = CollectPolicy {
        max_age: None,
        max_bytes: Some(1),
    };
    assert_eq!(store.collect(&policy, now).unwrap().actions, 1);
    assert_eq!(store.size().unwrap(), pbs::store::StoreSize::default());
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

/// Name of the variable by which a test starts itself as another process.
const CHILD: &str = "PBS_TEST_STORE_CHILD";

/// Starts one test of this binary as another process, with the store's directory in a variable.
fn child(test: &str, root: &Utf8Path) -> std::process::Command {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, root)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    command
}

/// The directory of the store if this process is the other one.
fn as_child() -> Option<Utf8PathBuf> {
    crate::support::variable(CHILD).map(Utf8PathBuf::from)
}

/// Sixty-four blobs, forty of them the same in every round, as a tree.
fn fill(store: &Store, round: u32) -> TreeDigest {
    let mut tree = Tree::new();
    for number in 0..64u32 {
        let seed = if number < 40 { number } else { round * 64 + number };
        let content = seed.to_le_bytes().repeat(8_000 + number as usize);
        let scratch = store.scratch().unwrap();
        let file = scratch.dir.as_path().join("file");
        fs_err::write(&file, &content).unwrap();
        store.ingest_dir(scratch.dir.as_path()).unwrap();
        let entry = Entry::File {
            digest: Digest::of(&content),
            executable: false,
        };
        tree.insert(path(&format!("d{}/f{number}", number % 7)), entry)
            .unwrap();
    }
    let digest = store.put_tree(&tree).unwrap();
    drop(store.materialise(&digest).unwrap());
    store
        .put_action(&Digest::of(&round.to_le_bytes()), &record(digest))
        .unwrap();
    digest
}

#[test]
fn a_killed_process_leaves_a_whole_store() {
    if let Some(root) = as_child() {
        let store = Store::open(&root).unwrap();
        for round in 0..100_000 {
            fill(&store, round);
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let root = utf8(dir.path()).join("store");
    drop(Store::open(&root).unwrap());
    for milliseconds in [15, 25, 40, 60, 85, 115] {
        let mut process = child("store::a_killed_process_leaves_a_whole_store", &root)
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        process.kill().unwrap();
        process.wait().unwrap();
        let store = Store::open(&root).unwrap();
        // Only this session: its lock, and the door's.
        assert_eq!(files_below(&root.join("tmp")).len(), 2);
        let health = store.check().unwrap();
        assert_eq!(health.damage, []);
    }
    let store = Store::open(&root).unwrap();
    assert!(
        store.size().unwrap().blobs > 0,
        "the children have done something"
    );
    let digest = fill(&store, 0);
    assert_eq!(store.tree(&digest).unwrap().files().count(), 64);
}

#[test]
fn two_processes_share_a_store() {
    if let Some(root) = as_child() {
        let store = Store::open(&root).unwrap();
        for round in 0..3 {
            fill(&store, round);
        }
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    // Both make it.
    let root = utf8(dir.path()).join("store");
    let mut processes: Vec<_> = (0..3)
        .map(|_| {
            child("store::two_processes_share_a_store", &root)
                .spawn()
                .unwrap()
        })
        .collect();
    for process in &mut processes {
        assert!(process.wait().unwrap().success());
    }
    let store = Store::open(&root).unwrap();
    let health = store.check().unwrap();
    assert_eq!((health.damage, health.trees), (Vec::new(), 3));
    assert_eq!(store.actions().unwrap().len(), 3);
    // As long as another has it open nothing is collected.
    let other = Store::open(&root).unwrap();
    let all = CollectPolicy {
        max_age: None,
        max_bytes: Some(0),
    };
    let now = store.actions().unwrap()[0].2;
    let error = store.collect(&all, now).unwrap_err();
    assert!(
        error.to_string().contains(&std::process::id().to_string()),
        "{error}"
    );
    drop(other);
    assert_eq!(store.collect(&all, now).unwrap().actions, 3);
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing() {
    if let Some(root) = as_child() {
        // On a file system of one megabyte.
        let store = Store::open(&root).unwrap();
        let small = store.put_bytes(b"small").unwrap();
        let error = store.put_bytes(&[7; 4 << 20]).unwrap_err();
        assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
        assert!(error.hint().unwrap().contains("pbs cache gc"));
        assert_eq!(store.size().unwrap().blobs, 1);
        assert_eq!(files_below(&root.join("tmp")).len(), 2);
        assert_eq!(store.read_blob(&small).unwrap(), b"small");
        store.put_bytes(b"goes on").unwrap();
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = utf8(dir.path());
    let mounts = |script: &str| {
        let mut command = std::process::Command::new("unshare");
        command.args(["-rm", "sh", "-ec", script, "sh"]).arg(root);
        command
    };
    let script = r#"mount -t tmpfs -o size=1m tmpfs "$1""#;
    let is_able = mounts(script)
        .output()
        .is_ok_and(|output| output.status.success());
    crate::support::requires!("userns", is_able);
    let mut command = mounts(&format!(r#"{script}; shift; exec "$@""#));
    let status = command
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "store::a_full_disk_is_told_and_leaves_nothing"])
        .env(CHILD, root)
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn a_store_that_may_not_be_written_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let root = utf8(dir.path()).join("store");
    drop(Store::open(&root).unwrap());
    for each in [root.join("tmp"), root.clone()] {
        fs_err::set_permissions(each, PermissionsExt::from_mode(0o555)).unwrap();
    }
    // Root may write all the same.
    crate::support::requires!("not-root", !rustix::process::geteuid().is_root());
    let error = Store::open(&root).unwrap_err();
    assert!(matches!(error, StoreError::NotWritable { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("--store"));
    fs_err::set_permissions(&root, PermissionsExt::from_mode(0o755)).unwrap();
}
