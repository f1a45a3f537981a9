//! The seam: what every sandbox is given and what it gives back.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::model::{GuestPath, HostPath, TreeDigest};

/// A command to be run, with everything it can see.
#[derive(Clone, Debug)]
pub struct ExecSpec {
    /// Names the session in container labels and process titles; no part of the result.
    pub name: String,
    /// The root file system, read-only.
    pub root: RootDir,
    /// What else is mounted, read-only, in this order. Mount points exist in the root, or are
    /// made by the sandbox where it can do so without writing to the root.
    pub mounts: Vec<Mount>,
    /// An empty directory of this machine, mounted writable at `/work`.
    pub work: HostPath,
    /// An empty directory of this machine that holds what the command left in `/out` when it is done.
    pub out: HostPath,
    /// The command; `argv[0]` is looked up in `PATH` of `env`.
    pub argv: Vec<String>,
    /// The whole environment.
    pub env: BTreeMap<String, String>,
    /// The working directory.
    pub cwd: GuestPath,
    /// User and group that the command runs as.
    pub uid: u32,
    /// After so long everything is killed.
    pub timeout: Duration,
    /// What the command's standard input is.
    pub stdin: Stdin,
}

/// Where standard input comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stdin {
    /// Nothing: end of file at once.
    Null,
    /// The terminal of the driver (`pbs shell`); output goes there too and not to the sink.
    Terminal,
}

/// A root file system: the content and where it is unpacked.
#[derive(Clone, Debug)]
pub struct RootDir {
    /// Digest of the tree.
    pub digest: TreeDigest,
    /// Where it stands on this machine.
    pub dir: HostPath,
}

/// A directory of this machine seen in the sandbox, read-only.
#[derive(Clone, Debug)]
pub struct Mount {
    /// The directory.
    pub host: HostPath,
    /// Where it appears.
    pub guest: GuestPath,
}

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// By itself, with this status.
    Code(i32),
    /// By a signal.
    Signal(i32),
    /// It took longer than allowed and was killed.
    TimedOut,
    /// The caller cancelled it; it was killed.
    Cancelled,
}

/// What a finished command cost.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Usage {
    /// User and system time of all its processes, where the sandbox can tell.
    pub cpu: Option<Duration>,
    /// Time from start to end.
    pub wall: Duration,
    /// Highest resident memory of any of its processes in bytes, where the sandbox can tell.
    pub peak_memory: Option<u64>,
}

/// A finished command.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Finished {
    /// How it ended.
    pub exit: Exit,
    /// What it cost.
    pub usage: Usage,
}

/// Takes what a command prints, as it comes: standard output and standard error in one stream.
pub trait OutputSink: Send + Sync {
    /// The next bytes; not aligned to lines.
    fn write(&self, bytes: &[u8]);
}

/// The future of a running command.
pub type Running<'a> = Pin<Box<dyn Future<Output = Result<Finished, super::SandboxError>> + Send + 'a>>;

/// Somewhere a command can run.
pub trait Sandbox: Send + Sync + std::fmt::Debug {
    /// `native`, `docker`, …: what `--sandbox` takes and what provenance records.
    fn name(&self) -> &'static str;

    /// Runs the command to its end. A non-zero exit is no error of the sandbox.
    fn exec<'a>(
        &'a self,
        spec: &'a ExecSpec,
        sink: &'a dyn OutputSink,
        cancel: &'a CancellationToken,
    ) -> Running<'a>;
}
