//! Sources: the next place is tried, and nothing wrong lands.

use super::*;

#[derive(Debug, Default)]
struct Listener(Mutex<Vec<String>>);

impl Progress for Listener {
    fn started(&self, transfer: Transfer<'_>) {
        self.note("started", transfer);
    }
    fn failed(&self, transfer: Transfer<'_>, _reason: &str) {
        self.note("failed", transfer);
    }
    fn finished(&self, transfer: Transfer<'_>) {
        self.note("finished", transfer);
    }
}

impl Listener {
    fn note(&self, what: &str, transfer: Transfer<'_>) {
        let place = transfer.place.rsplit('/').next().unwrap();
        self.0.lock().unwrap().push(format!("{what} {place}"));
    }
}

#[test]
fn the_next_mirror_wins_and_nothing_wrong_lands() {
    let all = content();
    let mut wrong = all.clone();
    wrong[7] ^= 1;
    let server = Server::start([
        ("/wrong", Reply::Whole(wrong.clone())),
        ("/cut", Reply::AlwaysCut(all.clone(), 7)),
        ("/right", Reply::Whole(all.clone())),
    ]);
    let bench = Bench::new();
    let listener = Arc::new(Listener::default());
    let heard = Arc::clone(&listener);
    let fetcher = bench.fetcher(|options| options.progress = heard);
    let fetch = source(&all, ["/wrong", "/cut", "/right"].map(|path| server.url(path)));
    let got = fetcher.fetch_archive(&fetch).unwrap();
    assert_eq!(got.archive, Digest::of(&all));
    assert!(bench.store.has_blob(&Digest::of(&all)));
    assert!(!bench.store.has_blob(&Digest::of(&wrong)));
    let heard = listener.0.lock().unwrap().join(", ");
    assert_eq!(
        heard,
        "started wrong, failed wrong, started cut, failed cut, started right, finished right"
    );
    // It is there now: nobody is asked again, not even offline.
    let before = server.requests().len();
    bench
        .fetcher(|options| options.network = Network::Offline)
        .fetch_archive(&fetch)
        .unwrap();
    assert_eq!(server.requests().len(), before);
}

#[test]
fn the_size_may_be_unknown() {
    let all = content();
    let server = Server::start([("/right", Reply::Whole(all.clone()))]);
    let bench = Bench::new();
    let mut fetch = source(&all, [server.url("/right")]);
    fetch.places[0].archive.size = None;
    let got = bench.fetcher(|_| ()).fetch_archive(&fetch).unwrap();
    assert_eq!(got.archive, Digest::of(&all));
    // And is found again without asking anybody, also when nothing is known of it but its sum.
    let notes = fs_err::read_dir(bench.store.root().join("explain-v1")).unwrap();
    assert_eq!(notes.count(), 0);
    bench
        .fetcher(|options| options.network = Network::Offline)
        .fetch_archive(&fetch)
        .unwrap();
}

#[test]
fn every_place_is_listed_when_all_fail() {
    let all = content();
    let server = Server::start([("/wrong", Reply::Whole(vec![0; all.len()]))]);
    let bench = Bench::new();
    let empty = bench.dir.join("empty");
    fs_err::create_dir(&empty).unwrap();
    let fetcher = bench.fetcher(|options| options.source_dirs = vec![HostPath(empty)]);
    let mut fetch = source(
        &all,
        [
            "http://no-such-host.invalid/thing.tar.gz".to_owned(),
            server.url("/none"),
            server.url("/wrong"),
        ],
    );
    let error = fetcher.fetch_archive(&fetch).unwrap_err();
    let text = error
        .to_string()
        .replace(&server.base, "[server]")
        .replace(bench.dir.as_str(), "[dir]");
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "`thing-1.0` cannot be had");
    assert!(
        lines[1].starts_with("  directory `[dir]/empty`: no file `"),
        "{text}"
    );
    assert!(
        lines[4].starts_with(
            "  http://no-such-host.invalid/thing.tar.gz: host `no-such-host.invalid` cannot be reached: "
        ),
        "{text}"
    );
    assert_eq!(lines[5], "  [server]/none: the server answered 404 Not Found");
    assert!(
        lines[6].starts_with("  [server]/wrong: its digest is sha256:"),
        "{text}"
    );
    assert!(error.is_wrong_content() && error.hint().is_some());
    fetch.places.truncate(2);
    let error = fetcher.fetch_archive(&fetch).unwrap_err();
    assert!(!error.is_wrong_content() && error.hint().unwrap().contains("--source-dir"));
}

#[test]
fn several_at_once_do_not_harm_each_other() {
    let all = content();
    let server = Server::start([("/thing", Reply::Cut(all.clone(), 200_000))]);
    let bench = Bench::new();
    let fetch = source(&all, [server.url("/thing")]);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            // A store of its own each, as another process would have it.
            let store = Store::open(&bench.dir.join("store")).unwrap();
            let fetch = &fetch;
            scope.spawn(move || {
                let options = FetchOptions {
                    http: QUICK,
                    ..FetchOptions::default()
                };
                let fetcher = Fetcher::new(store, options).unwrap();
                assert_eq!(fetcher.fetch_archive(fetch).unwrap().archive, fetch_digest(fetch));
            });
        }
    });
    assert_eq!(bench.store.read_blob(&Digest::of(&all)).unwrap(), all);
}

fn fetch_digest(fetch: &Fetch) -> Digest {
    let pin = fetch.places[0].archive;
    Digest {
        hash: pin.hash,
        size: pin.size.unwrap(),
    }
}

/// Packs files as `thing-1.0/<path>`.
fn tar_gz(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(flate2::write::GzEncoder::new(
        Vec::new(),
        flate2::Compression::fast(),
    ));
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder
            .append_data(&mut header, format!("thing-1.0/{path}"), text.as_bytes())
            .unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

#[test]
fn a_mirror_may_pack_the_same_files_differently() {
    let upstream = tar_gz(&[("a.c", "a"), ("README", "upstream")]);
    let repacked = tar_gz(&[("README", "ours"), ("a.c", "a")]);
    let changed = tar_gz(&[("a.c", "b")]);
    let server = Server::start([
        ("/changed", Reply::Whole(changed.clone())),
        ("/no-archive", Reply::Whole(b"hello".to_vec())),
        ("/repacked", Reply::Whole(repacked.clone())),
    ]);
    let bench = Bench::new();
    let fetcher = bench.fetcher(|_| ());
    let select = vec!["*.c".to_owned()];
    let digest = bench.store.put_bytes(b"a").unwrap();
    let mut tree = Tree::new();
    let executable = false;
    tree.insert(
        TreePath::parse("a.c").unwrap(),
        Entry::File { digest, executable },
    )
    .unwrap();
    let tree = bench.store.put_tree(&tree).unwrap();
    let place = |path: &str, archive: &[u8]| url_place(server.url(path), Digest::of(archive).into());
    let mut fetch = Fetch {
        name: "thing-1.0".into(),
        identity: SourceIdentity::Tree { digest: tree, select },
        places: vec![
            place("/upstream", &upstream),
            place("/changed", &changed),
            place("/no-archive", b"hello"),
            place("/repacked", &repacked),
        ],
    };
    let got = fetcher.fetch_source(&fetch).unwrap();
    assert_eq!((got.tree, got.archive.place), (tree, 3));
    fetch.places.truncate(3);
    let text = fetcher.fetch_source(&fetch).unwrap_err().to_string();
    // The two others are in the store by now, and are what they were.
    assert!(
        text.contains("its files have the tree digest sha256:") && text.contains(&tree.to_string()),
        "{text}"
    );
    assert!(text.contains("its archive cannot be unpacked"), "{text}");
    // Where the archive identifies the source, another one with its files is not the source.
    fetch.identity = SourceIdentity::Archive {
        digest: Digest::of(&upstream).into(),
        strip: 1,
        select: Vec::new(),
    };
    let text = fetcher.fetch_source(&fetch).unwrap_err().to_string();
    assert!(text.contains("is the source"), "{text}");
}

#[test]
fn a_damaged_archive_is_fetched_again() {
    let archive = tar_gz(&[("a.c", "a")]);
    let server = Server::start([("/a", Reply::Whole(archive.clone()))]);
    let bench = Bench::new();
    let fetch = source(&archive, [server.url("/a")]);
    let fetcher = bench.fetcher(|_| ());
    let good = fetcher.fetch_source(&fetch).unwrap();
    let blob = bench.store.blob_path(&Digest::of(&archive)).unwrap().0;
    fs_err::remove_file(&blob).unwrap();
    fs_err::write(&blob, vec![0; archive.len()]).unwrap();
    assert_eq!(fetcher.fetch_source(&fetch).unwrap().tree, good.tree);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_useless_archive_is_told_from_a_replaced_one() {
    let all = content();
    let server = Server::start([("/a", Reply::Whole(all.clone()))]);
    let bench = Bench::new();
    let fetch = source(&all, ["/a", "/a", "/a"].map(|path| server.url(path)));
    let error = bench.fetcher(|_| ()).fetch_source(&fetch).unwrap_err();
    assert!(error.is_wrong_content());
    assert!(error.hint().unwrap().starts_with("pbs reads .tar"), "{error}");
    // One archive is one reason, however many places give it; and so where it is in the store.
    assert_eq!(error.to_string().lines().count(), 2, "{error}");
    let again = bench
        .fetcher(|_| ())
        .fetch_source(&fetch)
        .unwrap_err()
        .to_string();
    assert_eq!(again.lines().count(), 2, "{again}");
    assert!(
        again.contains("in the store: its archive cannot be unpacked"),
        "{again}"
    );
    let mut other = all.clone();
    other[0] ^= 1;
    let replaced = source(&other, [server.url("/a")]);
    let error = bench.fetcher(|_| ()).fetch_source(&replaced).unwrap_err();
    assert!(
        error.hint().unwrap().contains("if upstream replaced the file"),
        "{error}"
    );
}
