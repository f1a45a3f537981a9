//! What the contract is run on: a sandbox, a tiny root, and commands for it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use pbs::model::{Digest, GuestPath, HostPath, TreeDigest};
use pbs::sandbox::{
    Choice, ExecSpec, Exit, Finished, Mount, OutputSink, RootDir, Sandbox, SandboxError, Settings, Stdin,
    choose,
};
use tokio_util::sync::CancellationToken;

use crate::support;

const BUSYBOX: &str = "/bin/busybox";

pub(crate) struct Bench {
    pub(crate) sandbox: Arc<dyn Sandbox>,
    root: RootDir,
}

/// A command with its directories, which are removed with it.
pub(crate) struct Call {
    pub(crate) spec: ExecSpec,
    _dirs: tempfile::TempDir,
}

#[derive(Default)]
pub(crate) struct Log(Mutex<Vec<u8>>);

impl OutputSink for Log {
    fn write(&self, bytes: &[u8]) {
        self.0.lock().unwrap().extend_from_slice(bytes);
    }
}

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

pub(crate) fn settings() -> Settings {
    Settings {
        helper: HostPath(env!("CARGO_BIN_EXE_pbs").into()),
        docker: support::variable("DOCKER_HOST"),
    }
}

impl Bench {
    pub(crate) async fn native() -> Option<Self> {
        Self::new("userns", Choice::Native).await
    }

    pub(crate) async fn docker() -> Option<Self> {
        Self::new("docker", Choice::Docker).await
    }

    async fn new(need: &str, choice: Choice) -> Option<Self> {
        if !support::met("busybox", Path::new(BUSYBOX).exists()) {
            return None;
        }
        let sandbox = choose(choice, &settings()).await;
        if let Err(error) = &sandbox {
            let hint = error.hint().unwrap_or_default();
            assert!(!support::met(need, false), "{error} ({hint})");
            return None;
        }
        Some(Self {
            sandbox: sandbox.unwrap(),
            root: busybox_root(),
        })
    }

    /// A call of the shell.
    pub(crate) fn sh(&self, script: &str) -> Call {
        self.call(&["sh", "-c", script])
    }

    pub(crate) fn call(&self, argv: &[&str]) -> Call {
        let dirs = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let base = Utf8Path::from_path(dirs.path()).unwrap();
        let dir = |name: &str| {
            let path = base.join(name);
            fs_err::create_dir(&path).unwrap();
            HostPath(path)
        };
        // Docker's daemon reads what is mounted as another user.
        fs_err::set_permissions(base, PermissionsExt::from_mode(0o755)).unwrap();
        let input = dir("input");
        fs_err::write(input.0.join("hello"), "hello from outside\n").unwrap();
        let env = [("PATH", "/bin"), ("HOME", "/work"), ("GREETING", "a  b=c\nd")];
        let spec = ExecSpec {
            name: "test".to_owned(),
            root: self.root.clone(),
            mounts: vec![Mount {
                host: input,
                guest: GuestPath::parse("/in/some/input").unwrap(),
            }],
            work: dir("work"),
            out: dir("out"),
            argv: argv.iter().map(|&arg| arg.to_owned()).collect(),
            env: env.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
            cwd: GuestPath::parse("/work").unwrap(),
            uid: 1000,
            timeout: Duration::from_secs(60),
            stdin: Stdin::Null,
        };
        Call { spec, _dirs: dirs }
    }

    pub(crate) async fn run(&self, call: &Call) -> Result<(Finished, String), SandboxError> {
        let log = Log::default();
        let cancel = CancellationToken::new();
        let finished = self.sandbox.exec(&call.spec, &log, &cancel).await?;
        Ok((finished, log.text()))
    }

    /// What a script that must succeed prints.
    pub(crate) async fn prints(&self, script: &str) -> String {
        let (finished, text) = self.run(&self.sh(script)).await.unwrap();
        assert_eq!(finished.exit, Exit::Code(0), "{script}: {text}");
        text
    }
}

/// Busybox, links to it and a few files; made once and shared by all processes of the tests.
fn busybox_root() -> RootDir {
    let text = fs_err::read(BUSYBOX).unwrap();
    let digest = TreeDigest(Digest::of(&[text.as_slice(), b"layout 1"].concat()));
    let shared = Utf8PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let dir = shared.join(format!("busybox-{}", &digest.0.hex()[..16]));
    if !dir.exists() {
        let made = tempfile::tempdir_in(&shared).unwrap();
        let root = Utf8Path::from_path(made.path()).unwrap();
        fs_err::create_dir_all(root.join("usr/bin")).unwrap();
        fs_err::create_dir_all(root.join("etc")).unwrap();
        fs_err::create_dir_all(root.join("empty")).unwrap();
        fs_err::os::unix::fs::symlink("usr/bin", root.join("bin")).unwrap();
        fs_err::copy(BUSYBOX, root.join("usr/bin/busybox")).unwrap();
        let list = Command::new(BUSYBOX).arg("--list").output().unwrap().stdout;
        for name in String::from_utf8(list).unwrap().lines() {
            if name != "busybox" {
                fs_err::os::unix::fs::symlink("busybox", root.join("usr/bin").join(name)).unwrap();
            }
        }
        fs_err::write(root.join("etc/passwd"), "builder:x:1000:1000::/work:/bin/sh\n").unwrap();
        fs_err::write(root.join("top-level-file"), "here\n").unwrap();
        fs_err::set_permissions(root, PermissionsExt::from_mode(0o755)).unwrap();
        // Another test may have been faster; then ours goes away.
        let _ = fs_err::rename(root, &dir);
    }
    RootDir {
        digest,
        dir: HostPath(dir),
    }
}

/// Path → what is there, for everything in a directory.
pub(crate) fn listing(dir: &HostPath) -> BTreeMap<String, String> {
    walkdir::WalkDir::new(&dir.0)
        .min_depth(1)
        .into_iter()
        .map(|entry| {
            let entry = entry.unwrap();
            let path = entry.path();
            let name = path.strip_prefix(&dir.0).unwrap().to_str().unwrap();
            let mut what = String::new();
            if entry.file_type().is_symlink() {
                write!(what, "link {}", path.read_link().unwrap().display()).unwrap();
            } else if entry.file_type().is_dir() {
                what.push_str("dir");
            } else {
                let mode = entry.metadata().unwrap().permissions().mode();
                let kind = if mode & 0o100 == 0 { "file" } else { "program" };
                let digest = Digest::of(&fs_err::read(path).unwrap());
                write!(what, "{kind} {digest}").unwrap();
            }
            (name.to_owned(), what)
        })
        .collect()
}
