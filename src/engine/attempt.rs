//! One attempt to do a step: its lock, its log, its record.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Engine;
use super::action_lock::ActionLock;
use super::error::StepError;
use super::event::Event;
use super::journal::Journal;
use super::lookup::Pending;
use super::steps::{self, Done, Job};
use crate::model::Digest;
use crate::plan::{self, MissReason, Step, StepId};
use crate::store::ActionRecord;

/// How often a step that another process works on is looked at.
const POLL: Duration = Duration::from_millis(200);

/// How an attempt ended.
pub(super) enum Ended {
    Made(ActionRecord, Option<Duration>),
    /// Somebody else had done it meanwhile.
    Found(ActionRecord),
    /// Somebody else does it now.
    Elsewhere,
    /// Nobody else does it any more.
    AskAgain,
    Failed(StepError, Option<Arc<Journal>>),
}

/// One attempt to do a step.
pub(super) struct Attempt {
    pub(super) engine: Arc<Engine>,
    pub(super) step: Arc<Step>,
    pub(super) id: StepId,
    pub(super) pending: Pending,
    pub(super) jobs: usize,
}

impl Attempt {
    pub(super) async fn run(self) -> Ended {
        let key = self.pending.key;
        // Two processes with the same store do not do the same work twice.
        let _lock = match ActionLock::try_take(&self.engine.locks(), &key) {
            Ok(Some(lock)) => lock,
            Ok(None) => return Ended::Elsewhere,
            Err(error) => return Ended::Failed(error.into(), None),
        };
        if self.engine.reuse.covers(&self.step.kind) {
            match self.engine.store.action(&key) {
                Ok(Some(record)) => return Ended::Found(record),
                Ok(None) => {}
                Err(error) => return Ended::Failed(error.into(), None),
            }
        }
        let path = self.engine.log_path(&self.id, &key);
        let journal = match Journal::create(self.id.clone(), &path, Arc::clone(&self.engine.listener)) {
            Ok(journal) => Arc::new(journal),
            Err(error) => return Ended::Failed(error.into(), None),
        };
        self.announce(&journal);
        match self.execute(&journal).await {
            Ok((record, cpu)) => Ended::Made(record, cpu),
            Err(error) => {
                let _ = journal.finish();
                Ended::Failed(error, Some(journal))
            }
        }
    }

    fn announce(&self, journal: &Journal) {
        let reason = if self.pending.recorded.is_some() {
            "made anew, to be held against what is recorded".to_owned()
        } else {
            let last = self.engine.history.last(&self.id);
            short(&plan::explain(last.as_ref(), &self.pending.spec))
        };
        self.engine.listener.event(&Event::StepStarted {
            step: self.id.clone(),
            why: self.step.why.clone(),
            reason,
            log: journal.path().to_owned(),
        });
    }

    async fn execute(&self, journal: &Arc<Journal>) -> Result<(ActionRecord, Option<Duration>), StepError> {
        let started = Instant::now();
        let job = Job {
            engine: Arc::clone(&self.engine),
            id: self.id.clone(),
            step: Arc::clone(&self.step),
            inputs: self.pending.inputs.clone(),
            jobs: self.jobs,
            journal: Arc::clone(journal),
            cancel: self.engine.cancel.child_token(),
        };
        let Done {
            output,
            usage,
            sandbox,
        } = steps::execute(job).await?;
        let (engine, kept) = (Arc::clone(&self.engine), Arc::clone(journal));
        let log = steps::blocking(move || engine.keep_log(&kept)).await?;
        let record = ActionRecord {
            output,
            log,
            step: self.id.0.clone(),
            wall_seconds: started.elapsed().as_secs_f64(),
            cpu_seconds: usage.cpu.map(|cpu| cpu.as_secs_f64()),
            peak_memory: usage.peak_memory,
            sandbox: sandbox.to_owned(),
        };
        // What is recorded stays: the difference is to be found again.
        if self.pending.recorded.is_none() {
            self.engine.store.put_action(&self.pending.key, &record)?;
            self.engine.history.remember(&self.id, &self.pending.spec);
        }
        Ok((record, usage.cpu))
    }
}

impl Engine {
    /// Waits until nobody else works on an action.
    pub(super) async fn until_free(&self, key: &Digest) {
        loop {
            tokio::select! {
                () = self.cancel.cancelled() => return,
                () = tokio::time::sleep(POLL) => {}
            }
            match ActionLock::try_take(&self.locks(), key) {
                Ok(None) => {}
                // Whoever asks next hears of the error.
                Ok(Some(_)) | Err(_) => return,
            }
        }
    }
}

/// So many reasons are told where a step begins; `pbs explain` tells all, before it has run.
const MOST_REASONS: usize = 3;

fn short(reasons: &[MissReason]) -> String {
    let told = reasons.iter().take(MOST_REASONS).map(ToString::to_string);
    let told: Vec<String> = told.collect();
    match reasons.len().saturating_sub(MOST_REASONS) {
        0 => told.join("; "),
        more => format!("{}; and {more} more", told.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_a_few_reasons() {
        let reasons = vec![MissReason::NeverRun; 3];
        assert_eq!(short(&reasons).matches(';').count(), 2);
        let reasons = vec![MissReason::NeverRun; 100];
        assert!(short(&reasons).ends_with("; and 97 more"), "{}", short(&reasons));
    }
}
