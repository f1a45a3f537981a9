//! A directory to publish to, archives to publish, a key, and how readers look at it.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};
use pbs::index::{Artifact, Index, PublicKey, trusted_comment};
use pbs::model::{Digest, TreePath};
use pbs::sign::{open_envelope, read_public_key, signed};
use serde_json::Value;

use crate::diff::{USUAL, Writing, write};
use crate::distribution::{Distribution, made, path};

/// The key that publishes where no other is named.
const KEY: &str = "first.key";

pub(super) struct Place {
    _dir: tempfile::TempDir,
    root: Utf8PathBuf,
    /// What programs are started with.
    env: BTreeMap<&'static str, String>,
}

pub(super) struct Output {
    pub(super) code: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

pub(super) fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// A distribution that says that it was built with these options.
fn with_options(options: &str) -> Distribution {
    static MADE: std::sync::OnceLock<Distribution> = std::sync::OnceLock::new();
    let mut distribution = MADE.get_or_init(made).clone();
    distribution.describe(|manifest| {
        manifest.build_options = options.parse().unwrap();
        manifest.optimizations = manifest.build_options.clone();
        for name in ["purelib", "platlib"] {
            let packages = path("install/lib/python3.13/site-packages");
            manifest.python_paths.insert(name.to_owned(), packages);
        }
    });
    distribution
}

impl Place {
    pub(super) fn new() -> Self {
        Self::within(tempfile::tempdir().unwrap())
    }

    /// Where it is cheap to say that what was written has to be on the disk.
    pub(super) fn in_memory() -> Self {
        let memory = Utf8Path::new("/dev/shm");
        match memory.is_dir() {
            true => Self::within(tempfile::tempdir_in(memory).unwrap()),
            false => Self::new(),
        }
    }

    fn within(dir: tempfile::TempDir) -> Self {
        let root = Utf8Path::from_path(dir.path())
            .unwrap()
            .canonicalize_utf8()
            .unwrap();
        let place = Self {
            _dir: dir,
            root,
            env: BTreeMap::new(),
        };
        place.new_key(KEY);
        place
    }

    pub(super) fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// From now on programs are started with this variable.
    pub(super) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.env.insert(name, value.into());
    }

    pub(super) fn public_root(&self) -> Utf8PathBuf {
        self.root.join("public")
    }

    /// Makes a pair of keys.
    pub(super) fn new_key(&self, file: &str) -> PublicKey {
        let output = self.run(&["publish", "key", "new", file], None);
        assert_eq!(output.code, 0, "{}", output.stderr);
        let key = self.public_of(file);
        assert_eq!(output.stdout.trim(), key.as_str());
        key
    }

    pub(super) fn public(&self) -> PublicKey {
        self.public_of(KEY)
    }

    fn public_of(&self, file: &str) -> PublicKey {
        let text = fs_err::read_to_string(self.root.join(format!("{file}.pub"))).unwrap();
        read_public_key(&text).unwrap()
    }

    fn pack(&self, distribution: &Distribution, options: &str, writing: Writing) -> Utf8PathBuf {
        let manifest = distribution.manifest();
        let name = format!(
            "cpython-{}+{}-{}-{options}-full.tar.zst",
            manifest.python_version, manifest.pbs.tag, manifest.target_triple
        );
        let to = self.root.join(name);
        write(distribution, &to, writing);
        to
    }

    /// An archive of a toy distribution.
    pub(super) fn archive(&self, options: &str) -> Utf8PathBuf {
        self.pack(&with_options(options), options, USUAL)
    }

    /// An archive of the same distribution with the tag of another release.
    pub(super) fn archive_of_release(&self, number: u32) -> Utf8PathBuf {
        let mut distribution = with_options("noopt");
        distribution.describe(|manifest| manifest.pbs.tag = format!("2026{number:04}"));
        self.pack(&distribution, "noopt", Writing { level: 1, ..USUAL })
    }

    /// The same distribution, in other bytes.
    pub(super) fn pack_otherwise(&self, options: &str) {
        let writing = Writing { level: 3, ..USUAL };
        self.pack(&with_options(options), options, writing);
    }

    /// An archive that ends too early.
    pub(super) fn truncated(&self, options: &str) -> Utf8PathBuf {
        let archive = self.archive(options);
        let length = fs_err::metadata(&archive).unwrap().len();
        let file = fs_err::OpenOptions::new().write(true).open(&archive).unwrap();
        file.file().set_len(length / 2).unwrap();
        archive
    }

    /// An archive with a file that its manifest does not list so.
    pub(super) fn damaged(&self, options: &str) -> Utf8PathBuf {
        let mut distribution = with_options(options);
        let at = path("python/install/lib/python3.13/os.py");
        distribution.edit(&at, |bytes| bytes.extend(b"# more\n"));
        self.pack(&distribution, options, USUAL)
    }

    fn command(&self, words: &[&str], password: Option<&str>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pbs"));
        command
            .args(words)
            .args(["--store", "store"])
            .current_dir(&self.root)
            .env_clear()
            .envs(&self.env)
            .envs(password.map(|password| ("PBS_KEY_PASSWORD", password)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(super) fn run(&self, words: &[&str], password: Option<&str>) -> Output {
        let output = self.command(words, password).output().unwrap();
        Output {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn words<'a>(key: &'a str, archives: &[&'a Utf8Path], more: &[&'a str]) -> Vec<&'a str> {
        let mut words = vec!["publish", "--key", key];
        if !more.contains(&"--to") {
            words.extend(["--to", "public"]);
        }
        words.extend(more);
        words.extend(archives.iter().map(|archive| archive.as_str()));
        words
    }

    /// Publishes, which must succeed; gives standard output.
    pub(super) fn publish(&self, archives: &[&Utf8PathBuf], more: &[&str]) -> String {
        self.publish_by(KEY, archives, more)
    }

    pub(super) fn publish_by(&self, key: &str, archives: &[&Utf8PathBuf], more: &[&str]) -> String {
        let archives: Vec<&Utf8Path> = archives.iter().map(|path| path.as_path()).collect();
        let output = self.run(&Self::words(key, &archives, more), None);
        assert_eq!(output.code, 0, "{}", output.stderr);
        output.stdout
    }

    /// Starts publishing.
    pub(super) fn start(&self, archives: &[&Utf8PathBuf], more: &[&str]) -> Child {
        let archives: Vec<&Utf8Path> = archives.iter().map(|path| path.as_path()).collect();
        self.command(&Self::words(KEY, &archives, more), None)
            .spawn()
            .unwrap()
    }

    /// Publishes, with whatever outcome.
    pub(super) fn try_publish(&self, archives: &[&Utf8PathBuf], more: &[&str]) -> Output {
        let archives: Vec<&Utf8Path> = archives.iter().map(|path| path.as_path()).collect();
        self.run(&Self::words(KEY, &archives, more), None)
    }

    /// A file of so many bytes that no compression makes smaller, called as one of debug information is: it is
    /// not looked into.
    pub(super) fn ballast(&self, options: &str, size: usize) -> Utf8PathBuf {
        let manifest = with_options(options);
        let manifest = manifest.manifest();
        let name = format!(
            "cpython-{}+{}-{}-{options}-debuginfo.tar.zst",
            manifest.python_version, manifest.pbs.tag, manifest.target_triple
        );
        let mut state = 7u64;
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        })
        .take(size)
        .collect();
        let to = self.root.join(name);
        fs_err::write(&to, bytes).unwrap();
        to
    }

    /// Publishes, which must be refused; gives standard error.
    pub(super) fn refused<P: AsRef<Utf8Path>>(&self, archives: &[P], more: &[&str]) -> String {
        self.refused_by(KEY, archives, more)
    }

    pub(super) fn refused_by<P: AsRef<Utf8Path>>(&self, key: &str, archives: &[P], more: &[&str]) -> String {
        let archives: Vec<&Utf8Path> = archives.iter().map(AsRef::as_ref).collect();
        let output = self.run(&Self::words(key, &archives, more), None);
        assert_eq!(output.code, 1, "{}{}", output.stdout, output.stderr);
        assert_eq!(output.stdout, "");
        output.stderr
    }

    /// A published file.
    pub(super) fn file(&self, path: &str) -> Vec<u8> {
        fs_err::read(self.public_root().join(path)).unwrap()
    }

    /// Every published file with its content and when it was written.
    pub(super) fn look(&self) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
        let root = self.public_root();
        walkdir::WalkDir::new(&root)
            .into_iter()
            .map(Result::unwrap)
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| {
                let path = Utf8Path::from_path(entry.path()).unwrap();
                let name = path.strip_prefix(&root).unwrap().to_string();
                let written = entry.metadata().unwrap().modified().unwrap();
                (name, (fs_err::read(path).unwrap(), written))
            })
            .filter(|(name, _)| !name.ends_with(".lock"))
            .collect()
    }

    /// Every published file with its content.
    pub(super) fn contents(&self) -> BTreeMap<String, Vec<u8>> {
        let look = self.look().into_iter();
        look.map(|(name, (bytes, _))| (name, bytes)).collect()
    }

    /// Puts back what was published, and nothing else.
    pub(super) fn restore(&self, contents: &BTreeMap<String, Vec<u8>>) {
        fs_err::remove_dir_all(self.public_root()).unwrap();
        for (name, bytes) in contents {
            let path = self.public_root().join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, bytes).unwrap();
        }
    }

    /// What a reader who trusts the first key finds, all of it checked; nothing before the first publication.
    pub(super) fn read_back(&self) -> Option<Index> {
        self.read_back_by(&self.public())
    }

    pub(super) fn read_back_by(&self, key: &PublicKey) -> Option<Index> {
        let bytes = fs_err::read(self.public_root().join(Index::NAME)).ok()?;
        let signature = String::from_utf8(self.file(&Index::signature_of(&bytes))).unwrap();
        let comment = signed(&bytes, signature.as_bytes(), [key]).unwrap().comment;
        let index = Index::read(&bytes).unwrap();
        assert_eq!(comment, trusted_comment(index.serial));
        let check = |path: &TreePath, digest: Digest| {
            assert_eq!(Digest::of(&self.file(path.as_str())), digest, "{path}");
        };
        for artifact in &index.artifacts {
            check(&artifact.path, artifact.digest());
            for document in artifact.evidence.documents() {
                check(&document.path, document.digest());
            }
        }
        Some(index)
    }

    /// Who signed an archive's provenance, and the statement.
    pub(super) fn statement(&self, artifact: &Artifact) -> (PublicKey, Vec<u8>) {
        self.statement_by(artifact, &[self.public()])
    }

    pub(super) fn statement_by(&self, artifact: &Artifact, keys: &[PublicKey]) -> (PublicKey, Vec<u8>) {
        let provenance = artifact.evidence.provenance.as_ref().unwrap();
        let envelope = self.file(provenance.path.as_str());
        let (key, statement) = open_envelope(&envelope, keys).unwrap();
        (key.clone(), statement)
    }
}
