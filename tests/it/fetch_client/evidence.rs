//! What is published about an archive is kept beside it.

use pbs::index::Published;

use super::*;

/// A publisher with a document about the archive.
fn publisher() -> Publisher {
    let mut publisher = Publisher::empty();
    publisher.add("3.13.5", toy("3.13.5"));
    let path = format!("{}/x.spdx.json", Index::EVIDENCE);
    fs_err::create_dir(publisher.dir.join(Index::EVIDENCE)).unwrap();
    fs_err::write(publisher.dir.join(&path), DOCUMENT).unwrap();
    publisher.index.artifacts[0].evidence.spdx = Some(Published {
        path: TreePath::parse(&path).unwrap(),
        size: DOCUMENT.len() as u64,
        digest: Sum::of(&Digest::of(DOCUMENT)),
    });
    publisher.publish();
    publisher
}

const DOCUMENT: &[u8] = b"{\"a\": \"document\"}";

#[test]
fn evidence_is_a_copy_of_what_is_published() {
    let publisher = publisher();
    let server = publisher.serve([]);
    let customer = Customer::new();
    let dir = customer.root.join("evidence/of/it");
    let lock = customer.root.join("lock.json");
    let get = |customer: &Customer| {
        customer.get_with(&server.base, |request| {
            request.evidence = Some(dir.clone());
            request.lock = Some(LockUse {
                path: lock.clone(),
                update: false,
            });
        })
    };
    get(&customer).unwrap();
    let index = fs_err::read(publisher.dir.join(Index::NAME)).unwrap();
    let signature = fs_err::read(publisher.dir.join(Index::SIGNATURE)).unwrap();
    let check = || {
        for (path, bytes) in [
            (Index::NAME, &index[..]),
            (Index::SIGNATURE, &signature[..]),
            (&Index::signature_of(&index), &signature[..]),
            ("evidence/x.spdx.json", DOCUMENT),
        ] {
            assert_eq!(fs_err::read(dir.join(path)).unwrap(), bytes, "{path}");
        }
        let files = walkdir::WalkDir::new(&dir).into_iter().map(Result::unwrap);
        assert_eq!(files.filter(|file| file.file_type().is_file()).count(), 4);
    };
    check();
    // Where a lock file is followed, too, and over what is there.
    fs_err::write(dir.join(Index::NAME), "old").unwrap();
    get(&customer).unwrap();
    check();
}

#[test]
fn evidence_that_is_not_what_was_published_is_not_kept() {
    let mut publisher = publisher();
    let document = publisher.dir.join("evidence/x.spdx.json");
    let customer = Customer::new();
    let dir = customer.root.join("evidence");
    let refused = |publisher: &Publisher| {
        let error = customer.get_with(publisher.dir.as_str(), |request| {
            request.evidence = Some(dir.clone());
        });
        assert!(!dir.join(Index::NAME).exists());
        told(&error.unwrap_err())
    };
    fs_err::write(&document, DOCUMENT.to_ascii_uppercase()).unwrap();
    let error = refused(&publisher);
    assert!(error.contains("is not what was published"), "{error}");
    fs_err::write(&document, [DOCUMENT, DOCUMENT].concat()).unwrap();
    let error = refused(&publisher);
    assert!(error.contains("is larger than 17 bytes"), "{error}");
    fs_err::remove_file(&document).unwrap();
    let error = refused(&publisher);
    assert!(error.contains("cannot be had"), "{error}");
    // What is locked may be listed no more.
    let lock = LockUse {
        path: customer.root.join("lock.json"),
        update: false,
    };
    let with_lock = |request: &mut Request| request.lock = Some(lock.clone());
    customer.get_with(publisher.dir.as_str(), with_lock).unwrap();
    publisher.index.artifacts.clear();
    publisher.publish();
    let error = customer.get_with(publisher.dir.as_str(), |request| {
        with_lock(request);
        request.evidence = Some(dir.clone());
    });
    let error = told(&error.unwrap_err());
    assert!(error.contains("so there is no evidence of it"), "{error}");
}
