//! The toy in a place of its own: recipes, sources and a store, and `pbs` run on them.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use pbs::model::{Digest, HostPath};
use pbs::sandbox::{Choice, Settings, choose};
use serde_json::Value;

use super::root::{Package, package};
use crate::support::{met, variable};

pub(crate) const TOOLCHAIN: &str = "recipes/toolchain/build.sh";
pub(crate) const TOYLIB1: &str = "recipes/toylib1/build.sh";
pub(crate) const TOYLIB2: &str = "recipes/toylib2/build.sh";
pub(crate) const BUILD: &str = "recipes/cpython/build.sh";
pub(crate) const FINISH: &str = "recipes/cpython/finish.sh";
pub(crate) const PATCH: &str = "patches/toylib1/1.0/0001-answer-correctly.patch";

/// The file that the lock names.
const PACKAGE: &str = "toycompiler_1.0-1_amd64.deb";

pub(crate) struct Toy {
    _dir: tempfile::TempDir,
    pub(crate) root: Utf8PathBuf,
    /// What `--sandbox` is given.
    sandbox: &'static str,
}

impl Toy {
    /// Recipes and sources below a new directory; nothing where this machine cannot build the toy.
    pub(crate) fn new(place: &str) -> Option<Self> {
        Self::on("native", met("userns", works(Choice::Native)), place)
    }

    /// The same with containers.
    pub(crate) fn in_docker(place: &str) -> Option<Self> {
        Self::on("docker", met("docker", works(Choice::Docker)), place)
    }

    fn on(sandbox: &'static str, works: bool, place: &str) -> Option<Self> {
        let fixture = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mini");
        let package = package(&fixture.join("sources/toypython-3.99.1"));
        // The toy has recipes for one kind of machine.
        let can_compile = cfg!(target_arch = "x86_64") && package.is_some();
        if !works || !met("cc", can_compile) {
            return None;
        }
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let root = Utf8Path::from_path(dir.path()).unwrap().join(place);
        for part in ["recipes", "patches", "docker"] {
            copy(&fixture.join(part), &root.join(part));
        }
        let toy = Self {
            _dir: dir,
            root,
            sandbox,
        };
        fs_err::create_dir(toy.path("sources")).unwrap();
        for entry in fixture.join("sources").read_dir_utf8().unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name();
            let bytes = archive(name, entry.path());
            toy.check_pin(name, &bytes);
            fs_err::write(toy.path(&format!("sources/{name}.tar")), bytes).unwrap();
        }
        toy.lock(&package?);
        Some(toy)
    }

    /// Makes the package the one that the lock pins.
    fn lock(&self, package: &Package) {
        fs_err::os::unix::fs::symlink(&package.path, self.path("sources").join(PACKAGE)).unwrap();
        let path = self.path("docker/worker/image.lock");
        let text = fs_err::read_to_string(&path).unwrap();
        let lines = text.lines().map(|line| match line.trim_start().split_once(": ") {
            Some(("size", _)) => format!("    size: {}\n", package.size),
            Some(("sha256", _)) => format!("    sha256: {}\n", package.sha256),
            _ => format!("{line}\n"),
        });
        fs_err::write(path, lines.collect::<String>()).unwrap();
    }

    /// Whoever edits a source has to say so in its version files.
    fn check_pin(&self, name: &str, bytes: &[u8]) {
        let digest = Digest::of(bytes);
        let files = walkdir::WalkDir::new(self.path("recipes"));
        let files = files
            .into_iter()
            .map(Result::unwrap)
            .filter(|entry| entry.file_type().is_file());
        for entry in files {
            let text = fs_err::read_to_string(entry.path()).unwrap();
            assert!(
                !text.contains(&format!("/{name}.tar")) || text.contains(&digest.hex()),
                "{}: the source is now `sha256: {}`, `size: {}`",
                entry.path().display(),
                digest.hex(),
                digest.size
            );
        }
    }

    pub(crate) fn path(&self, below: &str) -> Utf8PathBuf {
        self.root.join(below)
    }

    /// Replaces a text in a file, which must be there.
    pub(crate) fn edit(&self, file: &str, old: &str, new: &str) {
        let path = self.path(file);
        let text = fs_err::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{file} has no `{old}`:\n{text}");
        fs_err::write(path, text.replacen(old, new, 1)).unwrap();
    }

    /// Adds lines at the end of a script.
    pub(crate) fn append(&self, file: &str, lines: &str) {
        let path = self.path(file);
        let text = fs_err::read_to_string(&path).unwrap();
        fs_err::write(path, text + lines).unwrap();
    }

    /// `pbs`, maybe through another program, with the surroundings of this place and no others.
    pub(crate) fn pbs(&self, program: &[&str], args: &[&str]) -> Command {
        self.program(&[program, &[env!("CARGO_BIN_EXE_pbs")], args].concat())
    }

    /// Any program, likewise.
    pub(crate) fn program(&self, words: &[&str]) -> Command {
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .current_dir(&self.root)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", &self.root)
            .env("PBS_STORE", "store")
            .envs(variable("DOCKER_HOST").map(|value| ("DOCKER_HOST", value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// What every command that runs steps is told.
    pub(crate) fn running(&self) -> [&str; 5] {
        ["--offline", "--source-dir", "sources", "--sandbox", self.sandbox]
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.pbs(
            &[],
            &[&["build", "--log", "json"], &self.running()[..], args].concat(),
        )
    }

    /// `pbs build` with these further words.
    pub(crate) fn build(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args).output().unwrap())
    }

    /// A build that must succeed.
    pub(crate) fn built(&self, args: &[&str]) -> Ran {
        let ran = self.build(args);
        ran.check(0);
        ran
    }

    /// Name → bytes of the archives in a directory.
    pub(crate) fn archives(&self, dir: &str) -> Vec<(String, Vec<u8>)> {
        let entries = self.path(dir).read_dir_utf8().unwrap();
        let mut archives: Vec<_> = entries
            .map(|entry| {
                let entry = entry.unwrap();
                (entry.file_name().to_owned(), fs_err::read(entry.path()).unwrap())
            })
            .collect();
        archives.sort();
        archives
    }

    /// What the interpreter of an archive in `dist` prints of its modules, a line each, sorted.
    pub(crate) fn modules(&self, archive: &str, interpreter: &str) -> String {
        let file = fs_err::File::open(self.path("dist").join(archive)).unwrap();
        let reader: Box<dyn std::io::Read> = if archive.ends_with(".zst") {
            Box::new(zstd::Decoder::new(file).unwrap())
        } else {
            Box::new(flate2::read::GzDecoder::new(file))
        };
        let place = tempfile::tempdir_in(&self.root).unwrap();
        tar::Archive::new(reader).unpack(place.path()).unwrap();
        let output = Command::new(place.path().join(interpreter)).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        lines.sort_unstable();
        lines.concat()
    }
}

/// How `pbs` ended and what it said.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn check(&self, code: i32) {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
    }

    /// The steps of which this event was told, sorted.
    pub(crate) fn steps(&self, event: &str) -> Vec<String> {
        let events = self
            .stderr
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut steps: Vec<String> = events
            .filter(|value| value["event"] == event)
            .map(|value| value["step"].as_str().unwrap().to_owned())
            .collect();
        steps.sort();
        steps
    }

    /// What a person is told: all that is no event.
    pub(crate) fn message(&self) -> String {
        let lines = self.stderr.lines().filter(|line| !line.starts_with('{'));
        lines.map(|line| format!("{line}\n")).collect()
    }
}

/// Waits until a driver that was started with `--verbose` has shown a line with this text.
pub(crate) fn until_said(driver: &mut Child, text: &str) {
    let mut lines = BufReader::new(driver.stderr.take().unwrap())
        .lines()
        .map(Result::unwrap);
    assert!(lines.any(|line| line.contains(text)), "the driver ended early");
    // Nobody listens any more: what it still says must not block it.
    std::thread::spawn(move || lines.for_each(drop));
}

fn works(choice: Choice) -> bool {
    let settings = Settings {
        helper: HostPath(env!("CARGO_BIN_EXE_pbs").into()),
        docker: variable("DOCKER_HOST"),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(choose(choice, &settings)).is_ok()
}

fn copy(from: &Utf8Path, to: &Utf8Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let path = Utf8Path::from_path(entry.path()).unwrap();
        let to = to.join(path.strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs_err::create_dir_all(to).unwrap();
        } else {
            fs_err::copy(path, to).unwrap();
        }
    }
}

/// A source as its authors would publish it, the same bytes each time.
fn archive(name: &str, dir: &Utf8Path) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for entry in walkdir::WalkDir::new(dir).sort_by_file_name() {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let bytes = fs_err::read(entry.path()).unwrap();
            let mut header = tar::Header::new_gnu();
            header.set_mode(0o644);
            header.set_size(bytes.len() as u64);
            let below = entry.path().strip_prefix(dir).unwrap();
            let path = std::path::Path::new(name).join(below);
            builder.append_data(&mut header, path, bytes.as_slice()).unwrap();
        }
    }
    builder.into_inner().unwrap()
}
