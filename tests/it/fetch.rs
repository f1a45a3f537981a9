//! Fetching: every way in which a place can fail, and that the next one is tried.

use std::error::Error as _;
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use pbs::fetch::{
    Apt, BodySize, FetchError, FetchOptions, Fetcher, Http, HttpError, HttpLimits, LockRequest, Need,
    Network, Progress, Transfer, lock_changes, render_lock, resolve,
};
use pbs::model::{Digest, Entry, HostPath, Pin, Tree, TreePath};
use pbs::plan::{
    CrateFile, DebianFile, Fetch, LockedPackage, Origin, Place, PypiFile, Root, SourceIdentity, StepKind,
    lower,
};
use pbs::recipe::{RecipeSet, Request};
use pbs::store::Store;
use pbs::workspace::read_workspace;
use tokio_util::sync::CancellationToken;

use crate::server::{Reply, Server};
use crate::support::{requires, variable};

const QUICK: HttpLimits = HttpLimits {
    connect: Duration::from_secs(2),
    idle: Duration::from_millis(200),
    attempts: 3,
    pause: Duration::from_millis(1),
};

fn content() -> Vec<u8> {
    (0..100_000u32).flat_map(|number| number.to_le_bytes()).collect()
}

fn http() -> Http {
    Http::new(QUICK, CancellationToken::new()).unwrap()
}

fn get(http: &Http, url: &str, size: usize) -> Result<Vec<u8>, HttpError> {
    let mut body = http.get(url, BodySize::Exactly(size as u64))?;
    let mut bytes = Vec::new();
    match body.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(_) => Err(body.failure().unwrap()),
    }
}

#[test]
fn a_body_comes_whole_or_not_at_all() {
    let all = content();
    let size = all.len();
    let server = Server::start([
        ("/whole", Reply::Whole(all.clone())),
        ("/unannounced", Reply::Unannounced(all.clone())),
        ("/cut", Reply::Cut(all.clone(), 70_000)),
        ("/restarts", Reply::CutOnce(all.clone(), 70_000)),
        ("/always-cut", Reply::AlwaysCut(all.clone(), 70_000)),
        ("/stall", Reply::Stall(all.clone(), 10)),
        ("/endless", Reply::Endless),
        ("/elsewhere", Reply::Redirect("/whole".into())),
        ("/round", Reply::Redirect("/round".into())),
    ]);
    let http = http();
    for path in ["/whole", "/unannounced", "/cut", "/restarts", "/elsewhere"] {
        assert_eq!(get(&http, &server.url(path), size).unwrap(), all, "{path}");
    }
    // What broke off went on where it stopped.
    let resumed: Vec<_> = server
        .requests()
        .into_iter()
        .filter(|request| request.contains("/cut bytes="))
        .collect();
    assert_eq!(resumed.len(), 1, "{resumed:?}");

    let fails = |path: &str, size: usize| get(&http, &server.url(path), size).unwrap_err();
    assert!(matches!(fails("/none", size), HttpError::Status { status } if status == 404));
    assert!(matches!(fails("/whole", size - 1), HttpError::Announced { .. }));
    assert!(matches!(
        fails("/unannounced", size - 1),
        HttpError::TooLong { .. }
    ));
    assert!(matches!(
        fails("/endless", 100),
        HttpError::TooLong { expected: 100 }
    ));
    assert!(matches!(
        fails("/unannounced", size + 1),
        HttpError::Truncated { .. }
    ));
    assert!(matches!(fails("/round", size), HttpError::Request { .. }));
    let stalled = fails("/stall", size);
    assert!(
        matches!(stalled, HttpError::Stalled { received: 10, .. }),
        "{stalled}"
    );
    let cut = fails("/always-cut", size);
    assert!(
        matches!(cut, HttpError::Broken { .. } | HttpError::Truncated { .. }),
        "{cut}"
    );
    let attempts = server
        .requests()
        .iter()
        .filter(|request| request.contains("/always-cut"))
        .count();
    assert_eq!(attempts, 3, "it is not tried for ever");
    assert!(matches!(
        http.get("ftp://127.0.0.1/x", BodySize::Exactly(1)),
        Err(HttpError::Address { .. })
    ));
}

#[test]
fn a_host_that_cannot_be_reached_is_asked_once() {
    let http = http();
    let first = get(&http, "http://no-such-host.invalid/a", 1).unwrap_err();
    assert!(
        matches!(&first, HttpError::Unreachable { host, .. } if host == "no-such-host.invalid"),
        "{first}"
    );
    let begin = Instant::now();
    let second = get(&http, "http://no-such-host.invalid/b", 1).unwrap_err();
    assert!(matches!(second, HttpError::KnownUnreachable { .. }), "{second}");
    assert!(begin.elapsed() < Duration::from_millis(100));
}

#[test]
fn a_transfer_can_be_cancelled() {
    let server = Server::start([("/stall", Reply::Stall(content(), 10))]);
    let cancelled = CancellationToken::new();
    let limits = HttpLimits {
        idle: Duration::from_secs(60),
        ..QUICK
    };
    let http = Http::new(limits, cancelled.clone()).unwrap();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        cancelled.cancel();
    });
    let error = get(&http, &server.url("/stall"), 400_000).unwrap_err();
    assert!(matches!(error, HttpError::Cancelled), "{error}");
}

struct Bench {
    dir: Utf8PathBuf,
    store: Store,
    _kept: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let kept = tempfile::tempdir().unwrap();
        let dir = Utf8PathBuf::from_path_buf(kept.path().to_owned()).unwrap();
        let store = Store::open(&dir.join("store")).unwrap();
        Self {
            dir,
            store,
            _kept: kept,
        }
    }

    fn fetcher(&self, change: impl FnOnce(&mut FetchOptions)) -> Fetcher {
        let mut options = FetchOptions {
            http: QUICK,
            ..FetchOptions::default()
        };
        change(&mut options);
        Fetcher::new(self.store.clone(), options).unwrap()
    }
}

fn url_place(url: String, archive: Pin) -> Place {
    Place {
        origin: Origin::Url(url),
        archive,
        strip: 1,
        subdir: TreePath::root(),
    }
}

/// A source whose archive is `archive`, at these addresses.
fn source(archive: &[u8], urls: impl IntoIterator<Item = String>) -> Fetch {
    let pin = Pin::from(Digest::of(archive));
    Fetch {
        name: "thing-1.0".into(),
        identity: SourceIdentity::Archive {
            digest: pin,
            strip: 1,
            select: Vec::new(),
        },
        places: urls.into_iter().map(|url| url_place(url, pin)).collect(),
    }
}

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
    // And is found again without asking anybody.
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

/// The one place of a small file that the machine's own clients can get.
fn through(origin: Origin, hex: &str, size: u64) -> Fetch {
    let pin = Pin::from(Digest::from_hex(hex, size).unwrap());
    Fetch {
        name: "small".into(),
        identity: SourceIdentity::Archive {
            digest: pin,
            strip: 1,
            select: Vec::new(),
        },
        places: vec![Place {
            origin,
            archive: pin,
            strip: 1,
            subdir: TreePath::root(),
        }],
    }
}

/// Whether the machine's clients gave it, in a store of its own.
fn comes(fetch: &Fetch) -> bool {
    let bench = Bench::new();
    let home = variable("CARGO_HOME").or_else(|| variable("HOME").map(|home| home + "/.cargo"));
    let fetcher = bench.fetcher(|options| {
        options.http = HttpLimits::default();
        options.cargo_home = home.map(|home| HostPath(home.into()));
    });
    let outcome = fetcher.fetch_archive(fetch);
    if let Err(error) = &outcome {
        #[expect(clippy::print_stderr, reason = "says why a test is skipped")]
        {
            eprintln!("{error}");
        }
    }
    outcome.is_ok_and(|got| bench.store.has_blob(&got.archive))
}

#[test]
fn the_machines_apt_cargo_and_pip_give_files() {
    let debian = through(
        Origin::Debian(DebianFile {
            suite: "trixie".into(),
            source: "bzip2".into(),
            version: "1.0.8-6".into(),
            file: "bzip2_1.0.8.orig.tar.gz".into(),
        }),
        "ab5a03176ee106d3f0fa90e381da478ddae405918153cca248e682cd0c4a2269",
        810_029,
    );
    requires!("registries", comes(&debian));
    let krate = through(
        Origin::Crate(CrateFile {
            name: "cfg-if".into(),
            version: "1.0.0".into(),
        }),
        "baf1de4339761588bc0619e3cbc0120ee582ebb74b53b4efbf79117bd2da40fd",
        7934,
    );
    requires!("registries", comes(&krate));
    let wheel = through(
        Origin::Pypi(PypiFile {
            project: "six".into(),
            version: "1.16.0".into(),
            file: "six-1.16.0-py2.py3-none-any.whl".into(),
        }),
        "8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254",
        11_053,
    );
    requires!("registries", comes(&wheel));
}

#[test]
fn an_image_is_resolved_to_the_whole_closure() {
    let mirrors = Apt::discover(&CancellationToken::new()).map(|apt| apt.mirrors);
    requires!("registries", mirrors.is_ok_and(|mirrors| !mirrors.is_empty()));
    let bench = Bench::new();
    let request = LockRequest {
        image: "tiny".into(),
        architecture: "amd64".into(),
        suites: vec![("trixie".into(), vec!["main".into()])],
        packages: vec!["netbase".into(), "dash".into()],
        snapshot: "20261101T000000Z".into(),
    };
    let scratch = bench.dir.join("scratch");
    fs_err::create_dir(&scratch).unwrap();
    let lock = resolve(&request, &scratch, &CancellationToken::new());
    if let Err(error) = &lock {
        #[expect(clippy::print_stderr, reason = "says why a test is skipped")]
        {
            eprintln!("{error}: {:?}", error.source());
        }
    }
    requires!("registries", lock.is_ok());
    let packages = lock.unwrap().packages;
    let names: Vec<_> = packages.iter().map(|package| package.package.as_str()).collect();
    for name in ["dash", "libc6", "netbase"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert!(names.is_sorted());
    let dash = packages.iter().find(|package| package.package == "dash").unwrap();
    assert!(dash.filename.starts_with("pool/main/d/dash/dash_") && dash.suite == "trixie");
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

/// Set `PBS_TEST_ALL_SOURCES` to a directory: then all that any recipe names is fetched, each
/// version of each package, the worker root unpacked, and all of it mirrored and found again. The way to find a
/// missing `tree:`, too.
#[test]
fn every_source_and_every_worker_root_can_be_had() {
    let dir = variable("PBS_TEST_ALL_SOURCES");
    requires!("all-sources", dir.is_some());
    let workspace = Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
    let set = RecipeSet::load(read_workspace(workspace).unwrap()).unwrap();
    let mut requests = set.released();
    for (name, package) in &set.packages {
        for version in package.versions.keys().filter(|_| name != "cpython") {
            for target in set.targets.keys() {
                requests.push(Request {
                    target: target.clone(),
                    pins: [(name.clone(), version.clone())].into(),
                    ..Request::default()
                });
            }
        }
    }
    let plans: Vec<_> = requests
        .iter()
        .filter_map(|request| lower(&set.resolve(request).ok()?).ok())
        .collect();
    let home = variable("CARGO_HOME").or_else(|| variable("HOME").map(|home| home + "/.cargo"));
    let options = FetchOptions {
        cargo_home: home.map(|home| HostPath(home.into())),
        ..FetchOptions::default()
    };
    let dir = Utf8PathBuf::from(dir.unwrap());
    let store = Store::open(&dir.join("store")).unwrap();
    let fetcher = Fetcher::new(store, options).unwrap();
    let mut report = Vec::new();
    let needs = Need::of_plans(&plans);
    for need in needs.iter().copied() {
        let Need::Source(fetch) = need else { continue };
        match fetcher.fetch_source(fetch) {
            Ok(got) => {
                let place = &fetch.places[got.archive.place].origin;
                report.push(format!(
                    "{}: {} from {place:?}, unused {:?}",
                    fetch.name, got.tree, got.unused
                ));
            }
            Err(error) => report.push(format!("FAILED {error}")),
        }
    }
    let worker = plans
        .iter()
        .flat_map(|plan| plan.steps.values())
        .find_map(|step| match &step.kind {
            StepKind::Root(root) => Some(root),
            _ => None,
        });
    if let Some(root) = worker {
        let begin = Instant::now();
        match fetcher.fetch_root(root) {
            Ok(got) => report.push(format!(
                "{}: {} in {:.1?}, unused {:?}",
                root.image,
                got.tree,
                begin.elapsed(),
                got.unused
            )),
            Err(error) => report.push(format!("FAILED {error}: {:?}", error.source())),
        }
    }
    for image in set.images.values() {
        let scratch = dir.join("apt");
        let _ = fs_err::remove_dir_all(&scratch);
        fs_err::create_dir(&scratch).unwrap();
        let request = LockRequest::from(&image.recipe.value);
        match resolve(&request, &scratch, &CancellationToken::new()) {
            Ok(lock) => {
                let changes = lock_changes(&image.lock.value.packages, &lock.packages);
                report.push(format!("lock of {}: changes {changes:?}", request.image));
                let same = render_lock(&request.image, &lock.packages) == image.lock.file.text;
                assert_eq!(same, changes.is_empty(), "the lock is written as it is read");
            }
            Err(error) => report.push(format!("FAILED {error}: {:?}", error.source())),
        }
    }
    // A machine without a network, an empty store and the mirror come to the same.
    let mirror = dir.join("mirror");
    match pbs::fetch::mirror(&fetcher, &needs, &mirror) {
        Ok(files) => report.push(format!("{} files in the mirror", files.len())),
        Err(errors) => report.extend(errors.iter().map(|error| format!("FAILED {error}"))),
    }
    let elsewhere = Store::open(&dir.join("offline")).unwrap();
    let options = FetchOptions {
        network: Network::Offline,
        source_dirs: vec![HostPath(mirror)],
        ..FetchOptions::default()
    };
    let errors = pbs::fetch::fetch_all(&Fetcher::new(elsewhere, options).unwrap(), &needs);
    report.extend(errors.iter().map(|error| format!("FAILED offline {error}")));
    let report = report.join("\n");
    #[expect(clippy::print_stderr, reason = "the answer is for people")]
    {
        eprintln!("{report}");
    }
    assert!(!report.contains("FAILED"));
}
