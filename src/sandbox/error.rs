//! Why a sandbox could not run a command at all; a command that fails is no error of its sandbox.

use std::io;

use crate::model::HostPath;

/// Why a sandbox could not run a command at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// This machine cannot have such a sandbox.
    #[error("the {sandbox} sandbox is not usable here: {reason}")]
    Unusable {
        /// `native` or `docker`.
        sandbox: &'static str,
        /// What is missing.
        reason: String,
        /// What a person can do.
        hint: String,
    },
    /// `--sandbox auto` found none.
    #[error("no sandbox is usable here: {native}; {docker}")]
    NoneUsable {
        /// Why not the native one.
        native: Box<Self>,
        /// Why not Docker.
        docker: Box<Self>,
    },
    /// The helper process of the native sandbox could not be started.
    #[error("start the sandbox helper `{}`", helper.0)]
    Helper {
        /// The program.
        helper: HostPath,
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// The helper process ended without saying how the command did.
    #[error("hear from the sandbox helper")]
    HelperLost {
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// Something that the command was to see could not be set up.
    #[error("{what} in the sandbox")]
    SetUp {
        /// What was being done.
        what: String,
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// A container engine did not do what it was asked to.
    #[error(transparent)]
    Docker(#[from] super::DockerError),
    /// A killed sandbox that is still there.
    #[error("end the {sandbox} sandbox: it was killed and is still there")]
    WillNotDie {
        /// `native` or `docker`.
        sandbox: &'static str,
    },
}

impl SandboxError {
    /// What a person can do about it, if we know.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unusable { hint, .. } => Some(hint.clone()),
            Self::NoneUsable { native, docker } => {
                let hints: Vec<_> = [native, docker].iter().filter_map(|e| e.hint()).collect();
                Some(hints.join("; or: "))
            }
            Self::Helper { .. } => Some("is that the `pbs` program, and may it be run?".to_owned()),
            Self::HelperLost { .. } => {
                Some("was a process killed from outside, or for lack of memory?".to_owned())
            }
            Self::WillNotDie { .. } => Some(
                "a process waits for a disk or a network file system; see `ps -eo state,pid,args`".to_owned(),
            ),
            Self::Docker(_) => {
                Some("see the log of the container engine (`journalctl -u docker`)".to_owned())
            }
            Self::SetUp { .. } => None,
        }
    }
}
