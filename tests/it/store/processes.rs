//! Several processes, killed ones, a full disk, one that may not be written.

use super::*;

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
        let mut process = child("store::processes::a_killed_process_leaves_a_whole_store", &root)
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
            child("store::processes::two_processes_share_a_store", &root)
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
        max_bytes: Some(0),
        ..CollectPolicy::default()
    };
    let now = store.actions().unwrap()[0].2;
    let error = store.collect(&all, now, || ()).unwrap_err();
    assert!(
        error.to_string().contains(&std::process::id().to_string()),
        "{error}"
    );
    drop(other);
    assert_eq!(store.collect(&all, now, || ()).unwrap().0.actions, 3);
}

#[test]
fn who_comes_is_not_in_the_way_of_who_leaves() {
    let dir = tempfile::tempdir().unwrap();
    let root = utf8(dir.path()).join("store");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let store = Store::open(&root).unwrap();
                    store.put_bytes(b"here").unwrap();
                }
            });
        }
    });
    let left = fs_err::read_dir(root.join("tmp")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["lock"], "every session has cleaned up");
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
        .args([
            "--exact",
            "store::processes::a_full_disk_is_told_and_leaves_nothing",
        ])
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
