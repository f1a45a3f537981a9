//! What the driver and the sandbox's process 1 tell each other: one line of JSON each way.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::sandbox::{ExecSpec, Exit, Stdin};

/// What process 1 is to do: an [`ExecSpec`] without what only the driver needs.
#[derive(Serialize, Deserialize, Debug)]
pub(super) struct Job {
    pub(super) uid: u32,
    /// Absent in a probe, which makes a sandbox of nothing and leaves it.
    pub(super) step: Option<StepJob>,
}

#[derive(Serialize, Deserialize, Debug)]
pub(super) struct StepJob {
    pub(super) root: String,
    /// (host, guest)
    pub(super) mounts: Vec<(String, String)>,
    pub(super) work: String,
    pub(super) out: String,
    pub(super) argv: Vec<String>,
    pub(super) env: BTreeMap<String, String>,
    pub(super) cwd: String,
    pub(super) input: Input,
}

/// The command's standard input.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Input {
    Null,
    /// The terminal that standard output is.
    Terminal,
}

impl Job {
    pub(super) fn new(spec: &ExecSpec) -> Self {
        let mounts = spec.mounts.iter();
        Self {
            uid: spec.uid,
            step: Some(StepJob {
                root: spec.root.dir.as_path().to_string(),
                mounts: mounts
                    .map(|m| (m.host.as_path().to_string(), m.guest.to_string()))
                    .collect(),
                work: spec.work.as_path().to_string(),
                out: spec.out.as_path().to_string(),
                argv: spec.argv.clone(),
                env: spec.env.clone(),
                cwd: spec.cwd.to_string(),
                input: match spec.stdin {
                    Stdin::Null => Input::Null,
                    Stdin::Terminal => Input::Terminal,
                },
            }),
        }
    }

    /// Whether the command shares the driver's terminal.
    pub(super) fn is_interactive(&self) -> bool {
        self.step
            .as_ref()
            .is_some_and(|step| step.input == Input::Terminal)
    }

    pub(super) const fn probe() -> Self {
        Self {
            uid: 1000,
            step: None,
        }
    }
}

/// What process 1 says at its end.
#[derive(Serialize, Deserialize, Debug)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Report {
    /// The command ran.
    Finished {
        exit: RawExit,
        cpu: Duration,
        peak_memory: u64,
    },
    /// It did not.
    Failed(Failure),
}

#[derive(Serialize, Deserialize, Clone, Copy, Debug)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RawExit {
    Code(i32),
    Signal(i32),
}

impl From<RawExit> for Exit {
    fn from(raw: RawExit) -> Self {
        match raw {
            RawExit::Code(code) => Self::Code(code),
            RawExit::Signal(signal) => Self::Signal(signal),
        }
    }
}

/// What could not be done on the way to the command.
#[derive(Serialize, Deserialize, Debug)]
pub(super) struct Failure {
    pub(super) part: Part,
    /// Reads after "failed to".
    pub(super) what: String,
    pub(super) errno: i32,
}

/// The part of the work in which something failed; what a hint is chosen by.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Part {
    /// Making the namespaces and becoming someone in them.
    Namespaces,
    /// Mounting something that any sandbox has.
    Mounts,
    /// Mounting `/proc`.
    Proc,
    /// Everything that depends on the step.
    Step,
    /// Everything else.
    Rest,
}

/// Adds to an error what was being done.
pub(super) trait Doing<T> {
    /// `what` reads after "failed to".
    fn doing(self, part: Part, what: impl FnOnce() -> String) -> Result<T, Failure>;
}

impl<T, E: Into<io::Error>> Doing<T> for Result<T, E> {
    fn doing(self, part: Part, what: impl FnOnce() -> String) -> Result<T, Failure> {
        self.map_err(|error| Failure {
            part,
            what: what(),
            errno: error.into().raw_os_error().unwrap_or(0),
        })
    }
}
