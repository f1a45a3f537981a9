//! One JSON object per event and line, for programs that watch a build (`--log json`).
//!
//! Every object has `version` (of this format) and `event`. Fields are only ever added; when one
//! changes its meaning the version is raised.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::reporter::{Reporter, Verbosity};
use crate::engine::{Event, Listener};

/// Version of the format.
const VERSION: u32 = 1;

/// Writes JSON lines.
pub(super) struct Json {
    verbosity: Verbosity,
    out: Mutex<Box<dyn Write + Send>>,
}

impl Json {
    pub(super) fn new(verbosity: Verbosity, out: Box<dyn Write + Send>) -> Self {
        Self {
            verbosity,
            out: Mutex::new(out),
        }
    }
}

impl Listener for Json {
    fn event(&self, event: &Event) {
        // Output is by far the most; whoever wants it asks for it.
        if matches!(event, Event::StepOutput { .. }) && self.verbosity < Verbosity::Verbose {
            return;
        }
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody is left to be told that standard error is closed.
        let _ = writeln!(out, "{}", object(event));
    }
}

impl Reporter for Json {
    fn clear(&self) {}
}

fn object(event: &Event) -> Value {
    let mut object = match event {
        Event::PlanReady { steps, cores } => json!({"event": "plan-ready", "steps": steps, "cores": cores}),
        Event::StepCached { step, output } => {
            json!({"event": "step-cached", "step": step, "output": output})
        }
        Event::StepWaiting { step } => json!({"event": "step-waiting", "step": step}),
        Event::StepStarted {
            step,
            why,
            reason,
            log,
        } => {
            json!({"event": "step-started", "step": step, "why": why, "reason": reason, "log": log.as_str()})
        }
        Event::StepProgress { step, done, total } => {
            json!({"event": "step-progress", "step": step, "bytes": done, "of": total})
        }
        Event::TransferStarted { name, place } => {
            json!({"event": "transfer-started", "name": name, "place": place})
        }
        Event::TransferProgress { name, done, total } => {
            json!({"event": "transfer-progress", "name": name, "bytes": done, "of": total})
        }
        Event::TransferRetried { name, reason } => {
            json!({"event": "transfer-retried", "name": name, "reason": reason})
        }
        Event::TransferFinished { name } => json!({"event": "transfer-finished", "name": name}),
        Event::TransferFailed { name, place, reason } => {
            json!({"event": "transfer-failed", "name": name, "place": place, "reason": reason})
        }
        Event::StepNote { step, text } => json!({"event": "step-note", "step": step, "text": text}),
        Event::StepOutput { step, line } => json!({"event": "step-output", "step": step, "line": line}),
        Event::StepFinished {
            step,
            output,
            wall,
            cpu,
        } => json!({
            "event": "step-finished", "step": step, "output": output,
            "wall_seconds": wall.as_secs_f64(), "cpu_seconds": cpu.map(|cpu| cpu.as_secs_f64()),
        }),
        Event::SuiteStarted { log } => json!({"event": "suite-started", "log": log.as_str()}),
        Event::SuiteProgress {
            module,
            outcome,
            done,
            total,
        } => json!({
            "event": "suite-progress", "module": module, "outcome": outcome, "done": done, "of": total,
        }),
        Event::StepRemade { step, blob } => json!({"event": "step-remade", "step": step, "blob": blob}),
        Event::StepDiffers { step, before, now } => {
            json!({"event": "step-differs", "step": step, "before": before, "now": now})
        }
        Event::StepFailed { step, message } => {
            json!({"event": "step-failed", "step": step, "message": message})
        }
        Event::ArchiveWritten { path, digest } => {
            json!({"event": "archive-written", "path": path.as_str(), "digest": digest})
        }
        Event::Done { totals } => json!({
            "event": "done", "run": totals.run, "cached": totals.cached, "failed": totals.failed,
            "wall_seconds": totals.wall.as_secs_f64(),
        }),
    };
    object["version"] = VERSION.into();
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::StepId;

    #[test]
    fn every_line_says_its_version() {
        let event = Event::StepWaiting {
            step: StepId("a/b".into()),
        };
        assert_eq!(
            object(&event).to_string(),
            r#"{"event":"step-waiting","step":"a/b","version":1}"#
        );
    }
}
