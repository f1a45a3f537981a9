//! What happens while a plan is conducted, as typed values.
//!
//! Owns the vocabulary between the engine and whoever shows its work (`ui`). Nothing here prints,
//! and nothing in the engine does either: it emits events.

use std::fmt;
use std::time::Duration;

use camino::Utf8PathBuf;

use crate::model::{Digest, TreeDigest};
use crate::plan::StepId;

/// Something that happened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The steps that wanted outputs need are known; work begins.
    PlanReady {
        /// How many steps there are.
        steps: usize,
        /// How many cores they may take.
        cores: usize,
    },
    /// A result was found in the store.
    StepCached {
        /// Which step.
        step: StepId,
        /// Its output.
        output: TreeDigest,
    },
    /// Another `pbs` works on the same action; this one waits for its result.
    StepWaiting {
        /// Which step.
        step: StepId,
    },
    /// A step begins to run.
    StepStarted {
        /// Which step.
        step: StepId,
        /// What it is for.
        why: String,
        /// Why its result could not be taken from the store.
        reason: String,
        /// Where its log grows.
        log: Utf8PathBuf,
    },
    /// How far a step is, in bytes.
    StepProgress {
        /// Which step.
        step: StepId,
        /// Bytes so far.
        done: u64,
        /// Bytes in all, where known.
        total: Option<u64>,
    },
    /// Something is asked for that no step waits for.
    TransferStarted {
        /// What.
        name: String,
        /// From where.
        place: String,
    },
    /// How far such a transfer is, in bytes.
    TransferProgress {
        /// What.
        name: String,
        /// Bytes so far.
        done: u64,
        /// Bytes in all, where known.
        total: Option<u64>,
    },
    /// Such a transfer is tried again at the same place.
    TransferRetried {
        /// What.
        name: String,
        /// Why, on one line.
        reason: String,
    },
    /// It is in the store.
    TransferFinished {
        /// What.
        name: String,
    },
    /// One place did not give it; the next one is asked.
    TransferFailed {
        /// What.
        name: String,
        /// From where.
        place: String,
        /// One line.
        reason: String,
    },
    /// A step said something that a person should read although it did not fail.
    StepNote {
        /// Which step.
        step: StepId,
        /// One line.
        text: String,
    },
    /// A line of a step's output.
    StepOutput {
        /// Which step.
        step: StepId,
        /// The line without its end.
        line: String,
    },
    /// A step has run and its result is recorded.
    StepFinished {
        /// Which step.
        step: StepId,
        /// Its output.
        output: TreeDigest,
        /// How long it took.
        wall: Duration,
        /// User and system time, where known.
        cpu: Option<Duration>,
    },
    /// A recorded result turned out to be gone or damaged; the step runs again.
    StepRemade {
        /// The step whose output is made again.
        step: StepId,
        /// The blob that is gone.
        blob: Digest,
    },
    /// A step that ran again made another output from the same inputs.
    StepDiffers {
        /// Which step.
        step: StepId,
        /// What the store had recorded.
        before: TreeDigest,
        /// What came out now.
        now: TreeDigest,
    },
    /// A step failed. Details come with the error that ends the work.
    StepFailed {
        /// Which step.
        step: StepId,
        /// One line.
        message: String,
    },
    /// CPython's own tests begin to run.
    SuiteStarted {
        /// Where all they print is kept.
        log: Utf8PathBuf,
    },
    /// A module of CPython's own tests has ended.
    SuiteProgress {
        /// The module.
        module: String,
        /// How it ended, in CPython's words.
        outcome: String,
        /// How many have ended.
        done: usize,
        /// How many there are, where known.
        total: Option<usize>,
    },
    /// An archive stands where it was asked for.
    ArchiveWritten {
        /// Where.
        path: Utf8PathBuf,
        /// Digest of its bytes.
        digest: Digest,
    },
    /// Nothing runs any more.
    Done {
        /// What was done.
        totals: Totals,
    },
}

/// How many steps ended in which way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// Taken from the store.
    pub cached: usize,
    /// Run.
    pub run: usize,
    /// Failed.
    pub failed: usize,
    /// Wall-clock time of everything.
    pub wall: Duration,
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} run, {} cached", self.run, self.cached)?;
        if self.failed > 0 {
            write!(f, ", {} failed", self.failed)?;
        }
        write!(f, " in {}", Seconds(self.wall))
    }
}

/// A duration as people read it: `0.4s`, `12s`, `3m05s`.
#[derive(Clone, Copy, Debug)]
pub struct Seconds(pub Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match seconds {
            0..=9 => write!(f, "{:.1}s", self.0.as_secs_f64()),
            10..=59 => write!(f, "{seconds}s"),
            _ => write!(f, "{}m{:02}s", seconds / 60, seconds % 60),
        }
    }
}

/// Listens to what happens. Called from many threads; must not wait.
pub trait Listener: Send + Sync {
    /// Takes note of an event.
    fn event(&self, event: &Event);
}

/// Listens to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Listener for Silent {
    fn event(&self, _event: &Event) {}
}
