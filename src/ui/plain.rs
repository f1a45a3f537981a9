//! One line per event, for CI logs and pipes: no colours, no control characters.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::reporter::{Reporter, Verbosity};
use crate::engine::{Event, Listener, Seconds};

/// A download says how far it is at most so often.
const PACE: Duration = Duration::from_secs(15);

/// Writes lines.
pub(super) struct Plain {
    verbosity: Verbosity,
    state: Mutex<State>,
}

struct State {
    out: Box<dyn Write + Send>,
    /// When it was last told how far a step or a transfer is.
    told: BTreeMap<String, Instant>,
}

impl Plain {
    pub(super) fn new(verbosity: Verbosity, out: Box<dyn Write + Send>) -> Self {
        let told = BTreeMap::new();
        Self {
            verbosity,
            state: Mutex::new(State { out, told }),
        }
    }
}

impl Listener for Plain {
    fn event(&self, event: &Event) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let advanced = match event {
            Event::StepProgress { step, .. } => Some(&step.0),
            Event::TransferProgress { name, .. } => Some(name),
            _ => None,
        };
        if let Some(what) = advanced {
            let now = Instant::now();
            // The first sign of progress is no news: it has just begun.
            let last = *state.told.entry(what.clone()).or_insert(now);
            if now.duration_since(last) < PACE {
                return;
            }
            state.told.insert(what.clone(), now);
        }
        if let Some(line) = line(event, self.verbosity) {
            // Nobody is left to be told that standard error is closed.
            let _ = writeln!(state.out, "{line}");
        }
    }
}

impl Reporter for Plain {
    fn clear(&self) {}
}

/// The line of an event, if it deserves one.
pub(super) fn line(event: &Event, verbosity: Verbosity) -> Option<String> {
    let loudness = match event {
        Event::StepFailed { .. } => Verbosity::Quiet,
        Event::StepCached { .. } | Event::StepOutput { .. } => Verbosity::Verbose,
        _ => Verbosity::Normal,
    };
    if loudness > verbosity {
        return None;
    }
    Some(match event {
        Event::PlanReady { steps, cores } => format!("{steps} steps on {cores} cores"),
        Event::StepCached { step, .. } => format!("cached  {step}"),
        Event::StepWaiting { step } => format!("wait    {step}: the same is being done elsewhere"),
        Event::StepStarted {
            step, why, reason, ..
        } => format!("start   {step}: {why} ({reason})"),
        Event::StepProgress { step, done, total } => format!("at      {step}: {}", Bytes(*done, *total)),
        Event::TransferStarted { name, place } => format!("get     {name} from {place}"),
        Event::TransferProgress { name, done, total } => format!("at      {name}: {}", Bytes(*done, *total)),
        Event::TransferRetried { name, reason } => format!("again   {name}: {reason}"),
        Event::TransferFinished { name } => format!("got     {name}"),
        Event::TransferFailed { name, place, reason } => format!("not got {name} from {place}: {reason}"),
        Event::StepNote { step, text } => format!("note    {step}: {text}"),
        Event::StepOutput { step, line } => format!("{step} | {line}"),
        Event::StepFinished { step, wall, cpu, .. } => match cpu {
            Some(cpu) => format!("done    {step} in {} ({} cpu)", Seconds(*wall), Seconds(*cpu)),
            None => format!("done    {step} in {}", Seconds(*wall)),
        },
        Event::StepRemade { step, blob } => {
            format!("again   {step}: blob {blob} of its output is gone")
        }
        Event::StepDiffers { step, before, now } => {
            format!("differs {step}: the same action made {before} before and {now} now")
        }
        Event::StepFailed { step, message } => format!("failed  {step}: {message}"),
        Event::SuiteStarted { log } => format!("start   CPython's tests; all they print goes to {log}"),
        Event::SuiteProgress {
            module,
            outcome,
            done,
            total,
        } => match total {
            Some(total) => format!("test    [{done}/{total}] {module} {outcome}"),
            None => format!("test    [{done}] {module} {outcome}"),
        },
        Event::ArchiveWritten { path, .. } => format!("wrote   {path}"),
        Event::Done { totals } => totals.to_string(),
    })
}

/// `12.0 of 49.9 MB`.
struct Bytes(u64, Option<u64>);

impl std::fmt::Display for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        match self.1 {
            Some(total) => write!(f, "{:.1} of {:.1} MB", megabytes(self.0), megabytes(total)),
            None => write!(f, "{:.1} MB", megabytes(self.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Totals;
    use crate::plan::StepId;

    fn failed() -> Event {
        Event::StepFailed {
            step: StepId("zlib/build".into()),
            message: "the command exited with status 2".into(),
        }
    }

    #[test]
    fn a_failure_is_told_even_when_quiet() {
        assert_eq!(
            line(&failed(), Verbosity::Quiet).as_deref(),
            Some("failed  zlib/build: the command exited with status 2")
        );
    }

    #[test]
    fn output_is_told_on_request_only() {
        let event = Event::StepOutput {
            step: StepId("zlib/build".into()),
            line: "cc -c adler32.c".into(),
        };
        assert_eq!(line(&event, Verbosity::Normal), None);
        assert!(line(&event, Verbosity::Verbose).is_some());
    }

    #[test]
    fn totals_read_as_a_sentence() {
        let totals = Totals {
            cached: 40,
            run: 2,
            failed: 0,
            wall: Duration::from_secs(185),
        };
        assert_eq!(
            line(&Event::Done { totals }, Verbosity::Normal).as_deref(),
            Some("2 run, 40 cached in 3m05s")
        );
    }
}
