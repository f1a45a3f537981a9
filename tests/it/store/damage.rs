//! Damage to blobs, trees and records: noticed, told, made good.

use super::*;

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
