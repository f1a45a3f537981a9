//! `pbs fetch`: published directories of every kind, and every way in which one can be wrong.

mod body;
mod bucket;
mod command;
mod evidence;
mod locked;
mod nginx;
mod place;
mod real;
mod registry;
mod trust;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use minisign::KeyPair;
use pbs::engine::Class;
use pbs::fetch::{HttpError, HttpLimits, Progress, Transfer};
use pbs::index::{Artifact, Evidence, FileName, Index, PublicKey, Sum, Tag, VersionChoice, trusted_comment};
use pbs::model::{Digest, Target, TreePath};
use pbs::obtain::{
    LockUse, Machine, ObtainError, Obtained, Origin, ReachError, Request, Tools, TrustError, obtain,
};
use pbs::plan::Flavor;
use pbs::sign::SignatureError;
use pbs::store::Store;
use tokio_util::sync::CancellationToken;

use crate::server::{Reply, Server};
use crate::support::requires;

const QUICK: HttpLimits = HttpLimits {
    connect: Duration::from_secs(2),
    // Long enough for a machine that is busy with other tests.
    idle: Duration::from_secs(10),
    attempts: 3,
    pause: Duration::from_millis(1),
};

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Whoever publishes: a directory, its serial, what is in it.
struct Publisher {
    _kept: tempfile::TempDir,
    dir: Utf8PathBuf,
    index: Index,
    key: KeyPair,
}

fn key() -> KeyPair {
    KeyPair::generate_unencrypted_keypair().unwrap()
}

fn public(key: &KeyPair) -> PublicKey {
    PublicKey::parse(&key.pk.to_base64()).unwrap()
}

/// A file of a toy archive: path, content, mode.
type Member<'a> = (&'a str, &'a [u8], u32);

fn tar(members: &[Member<'_>]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content, mode) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(*mode);
        builder.append_data(&mut header, path, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The installation of a toy: a script that says which version it is, and ballast that does not compress.
fn toy(python: &str) -> Vec<u8> {
    let script = format!("#!/bin/sh\necho Python {python}\n");
    let mut state = 7u32;
    let ballast: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(300_000)
    .collect();
    gzip(&tar(&[
        ("python/PYTHON.json", MANIFEST, 0o644),
        ("python/bin/python3", script.as_bytes(), 0o755),
        ("python/lib/ballast", &ballast, 0o644),
    ]))
}

const MANIFEST: &[u8] = br#"{"version": "8", "python_exe": "bin/python3"}"#;

impl Publisher {
    /// With one toy in it, published.
    fn new() -> Self {
        let mut publisher = Self::empty();
        publisher.add("3.13.5", toy("3.13.5"));
        publisher.publish();
        publisher
    }

    fn empty() -> Self {
        let kept = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(kept.path())
            .unwrap()
            .canonicalize_utf8()
            .unwrap();
        fs_err::create_dir(dir.join(Index::ARCHIVES)).unwrap();
        Self {
            _kept: kept,
            dir,
            index: Index::empty(),
            key: key(),
        }
    }

    fn add(&mut self, python: &str, archive: Vec<u8>) {
        self.add_for(python, TARGET, Flavor::InstallOnlyStripped, archive);
    }

    fn add_for(&mut self, python: &str, target: &str, flavor: Flavor, archive: Vec<u8>) {
        let name = format!("cpython-{python}+20260101-{target}-{}.tar.gz", flavor.as_str());
        let artifact = Artifact {
            python: python.parse().unwrap(),
            target: Target::parse(target).unwrap(),
            flavor,
            ..self.described(FileName::parse(&name).unwrap(), archive)
        };
        self.put(artifact);
    }

    /// Puts an archive into the directory and describes it.
    fn described(&self, name: FileName, archive: Vec<u8>) -> Artifact {
        let path = format!("{}/{name}", Index::ARCHIVES);
        let digest = Digest::of(&archive);
        fs_err::write(self.dir.join(&path), archive).unwrap();
        Artifact {
            name,
            path: TreePath::parse(&path).unwrap(),
            python: "3.13.5".parse().unwrap(),
            tag: Tag::parse("20260101").unwrap(),
            target: Target::parse(TARGET).unwrap(),
            options: "pgo+lto".parse().unwrap(),
            flavor: Flavor::InstallOnlyStripped,
            size: digest.size,
            digest: Sum::of(&digest),
            manifest: None,
            evidence: Evidence::default(),
        }
    }

    fn put(&mut self, artifact: Artifact) {
        self.index.artifacts.push(artifact);
        self.index
            .artifacts
            .sort_by(|one, other| one.name.cmp(&other.name));
    }

    /// The next publication, signed with its key, which it names.
    fn publish(&mut self) {
        let key = self.key.clone();
        self.publish_by(&key, &[&key]);
    }

    fn publish_by(&mut self, by: &KeyPair, named: &[&KeyPair]) {
        self.index.serial += 1;
        self.index.keys = named.iter().map(|key| public(key)).collect();
        self.write(by);
    }

    /// Writes and signs the index as it is.
    fn write(&self, by: &KeyPair) {
        let text = self.index.write();
        self.sign(by, &text, &trusted_comment(self.index.serial));
        fs_err::write(self.dir.join(Index::NAME), text).unwrap();
    }

    fn sign(&self, by: &KeyPair, text: &[u8], comment: &str) {
        let signature = minisign::sign(None, &by.sk, text, Some(comment), None).unwrap();
        fs_err::write(self.dir.join(Index::SIGNATURE), signature.into_string()).unwrap();
    }

    /// The path of the newest archive, as a server is asked for it.
    fn archive_url(&self) -> String {
        let path = &self.index.artifacts.last().unwrap().path;
        format!("/{}", path.as_str().replace('+', "%2B"))
    }

    fn archive(&self) -> Vec<u8> {
        let path = &self.index.artifacts.last().unwrap().path;
        fs_err::read(self.dir.join(path.as_str())).unwrap()
    }

    /// Everything that is published, and over it what a test wants.
    fn serve(&self, over: impl IntoIterator<Item = (String, Reply)>) -> Server {
        let files = walkdir::WalkDir::new(&self.dir).into_iter().map(Result::unwrap);
        let files = files.filter(|entry| entry.file_type().is_file()).map(|entry| {
            let path = Utf8Path::from_path(entry.path()).unwrap();
            let url = path.strip_prefix(&self.dir).unwrap().as_str().replace('+', "%2B");
            (format!("/{url}"), Reply::Whole(fs_err::read(path).unwrap()))
        });
        let replies: Vec<_> = files.chain(over).collect();
        Server::start(replies)
    }
}

/// Listens, and remembers in lines.
#[derive(Clone, Debug, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn say(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }

    fn all(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }
}

impl Progress for Heard {
    fn again(&self, _: Transfer<'_>, reason: &str) {
        self.say(&format!("again: {reason}"));
    }

    fn failed(&self, _: Transfer<'_>, reason: &str) {
        self.say(&format!("failed: {reason}"));
    }
}

/// Whoever fetches: a machine with a store of its own.
struct Customer {
    _kept: tempfile::TempDir,
    root: Utf8PathBuf,
    tools: Tools,
    heard: Heard,
}

impl Customer {
    fn new() -> Self {
        let kept = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(kept.path())
            .unwrap()
            .canonicalize_utf8()
            .unwrap();
        let heard = Heard::default();
        let told = heard.clone();
        let tools = Tools {
            store: Store::open(&root.join("store")).unwrap(),
            limits: QUICK,
            progress: Arc::new(heard.clone()),
            notice: Arc::new(move |text: &str| told.say(text)),
            buckets: pbs::bucket::Given::default(),
            authorities: Vec::new(),
            registries: pbs::registry::Access::default(),
            cancelled: CancellationToken::new(),
            machine: Machine {
                os: "linux",
                arch: "x86_64",
                libcs: vec!["gnu"],
            },
        };
        Self {
            _kept: kept,
            root,
            tools,
            heard,
        }
    }

    /// Asks for the newest at a place.
    fn request(&self, from: &str) -> Request {
        Request {
            python: VersionChoice::default(),
            target: None,
            options: None,
            flavor: Flavor::InstallOnlyStripped,
            origin: Some(Origin::parse(from, &self.root).unwrap()),
            keys: Vec::new(),
            dest: None,
            lock: None,
            evidence: None,
        }
    }

    fn get(&self, from: &str) -> Result<Obtained, ObtainError> {
        obtain(&self.request(from), &self.tools)
    }

    fn get_with(&self, from: &str, change: impl FnOnce(&mut Request)) -> Result<Obtained, ObtainError> {
        let mut request = self.request(from);
        change(&mut request);
        obtain(&request, &self.tools)
    }

    /// What is there of interpreters and of temporary things.
    fn remains(&self) -> Vec<String> {
        let mut found = Vec::new();
        for dir in ["store/fetched-v1/python", "store/tmp"] {
            let entries = walkdir::WalkDir::new(self.root.join(dir))
                .min_depth(1)
                .into_iter();
            found.extend(
                entries
                    .flatten()
                    .map(|entry| entry.path().display().to_string())
                    // A session's directory, its lock, and the door to them.
                    .filter(|path| !path.ends_with("/session") && !path.ends_with("/tmp/lock"))
                    .filter(|path| !Utf8Path::new(path).parent().unwrap().ends_with("store/tmp")),
            );
        }
        found
    }
}

/// Text of an error with its causes.
fn told(error: &ObtainError) -> String {
    pbs::model::on_one_line(error)
}

fn runs(obtained: &Obtained) -> String {
    let output = std::process::Command::new(&obtained.interpreter)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn an_interpreter_is_fetched_once() {
    let publisher = Publisher::new();
    let server = publisher.serve([]);
    let customer = Customer::new();
    let first = customer.get(&server.base).unwrap();
    assert!(first.downloaded);
    assert_eq!(first.serial, Some(1));
    assert_eq!(runs(&first), "Python 3.13.5");
    assert!(first.interpreter.starts_with(customer.root.join("store")));
    let heard = customer.heard.all();
    assert!(
        heard.contains("first use of") && heard.contains(public(&publisher.key).as_str()),
        "{heard}"
    );

    let second = customer.get(&server.base).unwrap();
    assert!(!second.downloaded);
    assert_eq!(second.interpreter, first.interpreter);
    let asked = server.requests();
    let of_archive = asked.iter().filter(|request| request.contains("/archives/"));
    assert_eq!(of_archive.count(), 1, "{asked:?}");
    assert_eq!(customer.heard.all(), heard, "it is no first use any more");
}

#[test]
fn a_directory_is_as_good_as_a_server() {
    let publisher = Publisher::new();
    let customer = Customer::new();
    let path = publisher.dir.as_str();
    assert_eq!(runs(&customer.get(path).unwrap()), "Python 3.13.5");
    let url = format!("file://{path}/index.json");
    let again = customer.get(&url).unwrap();
    assert!(!again.downloaded);
    assert_eq!(again.from, path);
}

#[test]
fn jobs_share_one_download() {
    let publisher = Publisher::new();
    // Late enough for all of them to want it at once.
    let late = Reply::Late(publisher.archive(), Duration::from_millis(500));
    let server = publisher.serve([(publisher.archive_url(), late)]);
    let customer = Customer::new();
    std::thread::scope(|scope| {
        let jobs: Vec<_> = (0..4)
            .map(|number| {
                let (customer, server) = (&customer, &server);
                scope.spawn(move || {
                    customer
                        .get_with(&server.base, |request| {
                            // Half of them want a place of their own.
                            if number % 2 == 1 {
                                request.dest = Some(customer.root.join(format!("dest-{number}")));
                            }
                        })
                        .unwrap()
                })
            })
            .collect();
        for job in jobs {
            assert_eq!(runs(&job.join().unwrap()), "Python 3.13.5");
        }
    });
    let asked = server.requests();
    let of_archive = asked.iter().filter(|request| request.contains("/archives/"));
    assert_eq!(of_archive.count(), 1, "{asked:?}");
}

#[test]
fn what_does_not_fit_is_told_with_what_there_is() {
    let mut publisher = Publisher::new();
    publisher.add_for(
        "3.13.5",
        "aarch64-unknown-linux-gnu",
        Flavor::InstallOnly,
        toy("3.13.5"),
    );
    publisher.publish();
    let customer = Customer::new();
    let from = publisher.dir.as_str();
    let miss = |change: &dyn Fn(&mut Request)| {
        let error = customer.get_with(from, |request| change(request)).unwrap_err();
        assert_eq!(error.class(), Class::Input, "{}", told(&error));
        format!("{}; {}", told(&error), error.hint().unwrap())
    };
    let text = miss(&|request| request.python = "3.12".parse().unwrap());
    assert!(
        text.contains("3.12") && text.contains("3.13.5+20260101"),
        "{text}"
    );
    let text = miss(&|request| request.flavor = Flavor::InstallOnly);
    assert!(text.contains("install_only_stripped"), "{text}");
    let text = miss(&|request| request.options = Some("debug".parse().unwrap()));
    assert!(text.contains("pgo+lto"), "{text}");
    let stranger = Customer::new();
    let mut tools = stranger.tools.clone();
    tools.machine.arch = "riscv64";
    let error = obtain(&stranger.request(from), &tools).unwrap_err();
    assert!(matches!(error, ObtainError::NoTarget { .. }), "{}", told(&error));
    assert!(error.hint().unwrap().contains(TARGET));
}
