//! Many at a time: prefetching, directories for machines without a network.

use super::*;

#[test]
fn a_mirror_directory_serves_offline() {
    let all = content();
    let server = Server::start([("/thing.tar.gz", Reply::Whole(all.clone()))]);
    let bench = Bench::new();
    let fetch = source(&all, [server.url("/thing.tar.gz")]);
    let mirror = bench.dir.join("mirror");
    let offline = |bench: &Bench, dirs: &[&Utf8Path]| {
        let dirs = dirs.iter().map(|dir| HostPath(dir.to_path_buf())).collect();
        bench.fetcher(|options| {
            options.network = Network::Offline;
            options.source_dirs = dirs;
        })
    };
    let error = offline(&bench, &[]).fetch_archive(&fetch).unwrap_err();
    assert!(
        error.to_string().contains("not asked, because of `--offline`"),
        "{error}"
    );
    let files = pbs::fetch::mirror(&bench.fetcher(|_| ()), &[Need::Source(&fetch)], &mirror).unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].file, format!("{}-thing.tar.gz", Digest::of(&all).hex()));
    assert!(
        fs_err::read_to_string(mirror.join("index.json"))
            .unwrap()
            .contains(&server.url("/thing.tar.gz"))
    );
    let requests = server.requests().len();
    // A machine that has nothing but the directory.
    let other = Bench::new();
    offline(&other, &[&mirror]).fetch_archive(&fetch).unwrap();
    assert_eq!(server.requests().len(), requests);
    // Somebody damaged the directory: same name, same size, other bytes.
    let third = Bench::new();
    fs_err::write(mirror.join(&files[0].file), vec![0; all.len()]).unwrap();
    let error = offline(&third, &[&mirror]).fetch_archive(&fetch).unwrap_err();
    assert!(error.to_string().contains("its digest is sha256:"), "{error}");
    assert!(!third.store.has_blob(&Digest::of(&all)));
    // Filled again, it is as it should be.
    pbs::fetch::mirror(&bench.fetcher(|_| ()), &[Need::Source(&fetch)], &mirror).unwrap();
    offline(&third, &[&mirror]).fetch_archive(&fetch).unwrap();
}

#[test]
fn a_full_list_of_errors_comes_from_a_prefetch() {
    let all = content();
    let server = Server::start([("/right", Reply::Whole(all.clone()))]);
    let bench = Bench::new();
    let right = source(&all, [server.url("/right")]);
    let one = source(b"one", [server.url("/one")]);
    let two = source(b"two", [server.url("/two")]);
    let needs = [&one, &right, &two].map(Need::Source);
    let errors = pbs::fetch::fetch_all(&bench.fetcher(|_| ()), &needs);
    assert_eq!(errors.len(), 2);
    assert!(
        errors
            .iter()
            .all(|error| matches!(error, FetchError::Nowhere { .. }))
    );
    assert!(bench.store.has_blob(&Digest::of(&all)));
}

#[test]
fn every_missing_package_of_a_root_is_counted() {
    let package = |name: &str| LockedPackage {
        package: name.into(),
        version: "1".into(),
        architecture: "all".into(),
        suite: "trixie".into(),
        filename: format!("pool/main/{name}_1_all.deb"),
        size: 3,
        sha256: Digest::of(name.as_bytes()).hex(),
    };
    let root = Root {
        image: "tiny".into(),
        packages: ["a", "b"].map(package).to_vec(),
        links: Default::default(),
        files: Default::default(),
        directories: Vec::new(),
        remove: Vec::new(),
        snapshot: "20260101T000000Z".into(),
    };
    let bench = Bench::new();
    let fetcher = bench.fetcher(|options| options.network = Network::Offline);
    let text = fetcher.fetch_root(&root).unwrap_err().to_string();
    assert!(
        text.starts_with("2 of the 2 packages of the worker root `tiny` cannot be had\n"),
        "{text}"
    );
    let pin = "https://snapshot.debian.org/archive/debian/20260101T000000Z/pool/main/b_1_all.deb: not asked";
    assert!(text.contains(pin), "{text}");
}

#[test]
fn what_the_machine_lacks_is_told_once() {
    let bench = Bench::new();
    let dir = bench.dir.join("mirror");
    let archives: [&[u8]; 3] = [b"one", b"two", b"three"];
    let sources = archives.map(|archive| {
        bench.store.put_bytes(archive).unwrap();
        // A directory is in the way of every file, even for a user who may do anything.
        let file = format!("{}-{}", Digest::of(archive).hex(), "thing.tar.gz");
        fs_err::create_dir_all(dir.join(file).join("full")).unwrap();
        source(archive, ["http://nobody.invalid/thing.tar.gz".to_owned()])
    });
    let needs = sources.each_ref().map(Need::Source);
    let errors = pbs::fetch::mirror(&bench.fetcher(|_| ()), &needs, &dir).unwrap_err();
    assert!(matches!(errors[..], [FetchError::Io { .. }]), "{errors:?}");
    assert!(errors[0].hint().unwrap().contains("another directory"));
    // Nothing half-written lies about.
    for entry in dir.read_dir_utf8().unwrap() {
        assert!(entry.unwrap().file_type().unwrap().is_dir());
    }
}

#[test]
fn what_was_not_begun_is_no_success() {
    let bench = Bench::new();
    let archives: [&[u8]; 2] = [b"one", b"two"];
    let sources = archives.map(|archive| {
        bench.store.put_bytes(archive).unwrap();
        source(archive, [])
    });
    let needs = sources.each_ref().map(Need::Source);
    let fetcher = bench.fetcher(|options| {
        options.parallel = 1;
        options.cancelled.cancel();
    });
    let errors = pbs::fetch::fetch_all(&fetcher, &needs);
    assert!(matches!(errors[..], [FetchError::Cancelled { .. }]), "{errors:?}");
}
