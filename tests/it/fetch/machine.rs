//! The machine's own clients, and everything that the recipes name.

use super::*;

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
