//! A sandbox that runs nothing: tests say what each command prints, leaves and ends with.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use camino::Utf8Path;
use tokio_util::sync::CancellationToken;

use super::{ExecSpec, Exit, Finished, OutputSink, Running, Sandbox, SandboxError, Usage};
use crate::model::TreePath;

/// Runs nothing.
#[derive(Clone)]
pub struct Fake {
    script: Arc<dyn Fn(&ExecSpec) -> Script + Send + Sync>,
    seen: Arc<Mutex<Vec<ExecSpec>>>,
}

/// What a command does.
#[derive(Debug)]
pub struct Script {
    /// What it prints.
    pub prints: Vec<u8>,
    /// What it leaves in `/out`.
    pub leaves: Vec<(TreePath, Leaving)>,
    /// How it ends.
    pub ending: Ending,
}

/// Something left in `/out`; missing parents are made.
#[derive(Clone, Debug)]
pub enum Leaving {
    /// A file with this content.
    File(Vec<u8>),
    /// The same, executable.
    Program(Vec<u8>),
    /// A symbolic link with this target.
    Link(String),
    /// An empty directory.
    Directory,
}

/// How a command ends.
#[derive(Debug)]
pub enum Ending {
    /// Like this, at once.
    Exit(Exit),
    /// Never, until it is cancelled or its time is over.
    Hangs,
    /// The sandbox itself fails.
    Fails(SandboxError),
}

impl Script {
    /// Leaves these things and succeeds.
    #[must_use]
    pub const fn leaving(leaves: Vec<(TreePath, Leaving)>) -> Self {
        Self {
            prints: Vec::new(),
            leaves,
            ending: Ending::Exit(Exit::Code(0)),
        }
    }

    /// Ends so, leaving nothing.
    #[must_use]
    pub const fn ending(ending: Ending) -> Self {
        Self {
            prints: Vec::new(),
            leaves: Vec::new(),
            ending,
        }
    }

    /// ... after printing this.
    #[must_use]
    pub fn printing(mut self, text: &str) -> Self {
        self.prints = text.into();
        self
    }
}

impl Fake {
    /// A sandbox in which every command does what `script` says.
    pub fn new(script: impl Fn(&ExecSpec) -> Script + Send + Sync + 'static) -> Self {
        Self {
            script: Arc::new(script),
            seen: Arc::default(),
        }
    }

    /// The commands that were asked for so far, in order of their start.
    #[must_use]
    pub fn seen(&self) -> Vec<ExecSpec> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl std::fmt::Debug for Fake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fake")
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}

impl Sandbox for Fake {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn exec<'a>(
        &'a self,
        spec: &'a ExecSpec,
        sink: &'a dyn OutputSink,
        cancel: &'a CancellationToken,
    ) -> Running<'a> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(spec.clone());
        drop(seen);
        let script = (self.script)(spec);
        Box::pin(async move {
            if !script.prints.is_empty() {
                sink.write(&script.prints);
            }
            for (path, what) in &script.leaves {
                leave(&spec.out.as_path().join(path.as_str()), what).map_err(|source| {
                    SandboxError::SetUp {
                        what: format!("leave `{path}`"),
                        source,
                    }
                })?;
            }
            let exit = match script.ending {
                Ending::Fails(error) => return Err(error),
                Ending::Exit(exit) => exit,
                Ending::Hangs => tokio::select! {
                    () = cancel.cancelled() => Exit::Cancelled,
                    () = tokio::time::sleep(spec.timeout) => Exit::TimedOut,
                },
            };
            let usage = Usage {
                wall: Duration::from_millis(1),
                ..Usage::default()
            };
            Ok(Finished { exit, usage })
        })
    }
}

fn leave(path: &Utf8Path, what: &Leaving) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        fs_err::create_dir_all(parent)?;
    }
    match what {
        Leaving::File(bytes) => fs_err::write(path, bytes),
        Leaving::Program(bytes) => {
            use std::os::unix::fs::PermissionsExt;
            fs_err::write(path, bytes)?;
            fs_err::set_permissions(path, PermissionsExt::from_mode(0o755))
        }
        Leaving::Link(target) => fs_err::os::unix::fs::symlink(target, path),
        Leaving::Directory => fs_err::create_dir_all(path),
    }
}
