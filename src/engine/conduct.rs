//! Runs what is needed of a plan: asks the store first, then does what is missing.
//!
//! For each step whose inputs are known the action key is computed from their *content*. If the
//! store has a result under it, nothing is done or even unpacked. Otherwise the step runs and its
//! result is recorded.
//!
//! When a step fails, nothing new begins, but steps that already run may end: their results are
//! kept, so the next attempt has less to do. An interruption kills them.
//!
//! A recorded output whose content turns out to be gone or damaged while a later step reads it is
//! forgotten and made again, once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::Engine;
use super::attempt::{Attempt, Ended};
use super::error::{Class, EngineError, Enterable, StepError, StepFailure};
use super::event::{Event, Totals};
use super::journal::Journal;
use super::lookup::Pending;
use super::schedule::Schedule;
use crate::model::{Digest, TreeDigest};
use crate::plan::{Plan, Step, StepId, StepKind};
use crate::store::ActionRecord;

/// A step whose output is known.
#[derive(Clone, PartialEq, Debug)]
pub struct Made {
    /// Its action key.
    pub key: Digest,
    /// What the store has of it.
    pub record: ActionRecord,
    /// What the store had of the same action before, where it was made again and is another now.
    pub before: Option<TreeDigest>,
}

/// The steps whose outputs are known.
pub type Outputs = BTreeMap<StepId, Made>;

/// One call of [`Engine::conduct`].
struct Work {
    engine: Arc<Engine>,
    plan: Arc<Plan>,
    schedule: Schedule,
    made: Outputs,
    pending: BTreeMap<StepId, Pending>,
    /// Steps that ran because their recorded output was gone → what had been recorded.
    remade: BTreeMap<StepId, TreeDigest>,
    failures: Vec<StepFailure>,
    waiting: BTreeSet<StepId>,
    totals: Totals,
    tasks: JoinSet<(StepId, Ended)>,
}

impl Engine {
    /// Makes the outputs of `wanted` known, running as little as possible.
    pub async fn conduct(
        self: &Arc<Self>,
        plan: &Arc<Plan>,
        wanted: &[StepId],
    ) -> Result<Outputs, EngineError> {
        let started = Instant::now();
        let schedule = Schedule::new(plan, wanted, self.cores)?;
        self.listener.event(&Event::PlanReady {
            steps: schedule.len(),
            cores: self.cores,
        });
        let mut work = Work {
            engine: Arc::clone(self),
            plan: Arc::clone(plan),
            schedule,
            made: Outputs::new(),
            pending: BTreeMap::new(),
            remade: BTreeMap::new(),
            failures: Vec::new(),
            waiting: BTreeSet::new(),
            totals: Totals::default(),
            tasks: JoinSet::new(),
        };
        let result = work.finish().await;
        work.totals.wall = started.elapsed();
        self.listener.event(&Event::Done { totals: work.totals });
        result.map(|()| work.made)
    }
}

impl Work {
    async fn finish(&mut self) -> Result<(), EngineError> {
        loop {
            if self.engine.cancel.is_cancelled() {
                self.schedule.drain();
            }
            while let Some(id) = self.schedule.next_known() {
                self.ask_store(id);
            }
            while let Some((id, cores)) = self.schedule.next_start() {
                self.look_for_sandbox().await?;
                self.start(id, cores);
            }
            match self.tasks.join_next().await {
                None => break,
                Some(Ok((id, ended))) => self.ended(id, ended),
                // A task catches the panics of its step; this is a bug of the loop itself.
                Some(Err(error)) => std::panic::resume_unwind(error.into_panic()),
            }
        }
        if self.engine.cancel.is_cancelled() && !self.schedule.complete() {
            return Err(EngineError::Interrupted);
        }
        if !self.failures.is_empty() {
            return Err(EngineError::Failed {
                failures: std::mem::take(&mut self.failures),
            });
        }
        assert!(self.schedule.complete(), "a plan without cycles comes to its end");
        Ok(())
    }

    fn step(&self, id: &StepId) -> &Step {
        &self.plan.steps[id]
    }

    /// Finds the sandbox before the first step starts, if any step left may want one: who lacks it
    /// should hear so before a long download and not after.
    async fn look_for_sandbox(&mut self) -> Result<(), EngineError> {
        let wants = |id: &&StepId| matches!(self.step(id).kind, StepKind::Run(_) | StepKind::Verify(_));
        let (mut left, done) = (self.schedule.order().iter().filter(wants), &self.made);
        if self.tasks.is_empty() && left.any(|id| !done.contains_key(id)) {
            self.engine.sandbox.get().await.map_err(EngineError::Sandbox)?;
        }
        Ok(())
    }

    fn ask_store(&mut self, id: StepId) {
        match self.engine.look_up(&self.plan, &id, &self.made) {
            Ok((pending, Some(record))) => self.found(id, pending.key, record),
            Ok((pending, None)) => {
                self.pending.insert(id.clone(), pending);
                self.schedule.miss(&id);
            }
            Err(error) => self.failed(id, error, None),
        }
    }

    fn found(&mut self, id: StepId, key: Digest, record: ActionRecord) {
        self.totals.cached += 1;
        self.engine.listener.event(&Event::StepCached {
            step: id.clone(),
            output: record.output,
        });
        self.schedule.done(&id);
        let before = None;
        self.made.insert(id, Made { key, record, before });
    }

    fn start(&mut self, id: StepId, cores: usize) {
        let pending = self.pending[&id].clone();
        let job = Attempt {
            engine: Arc::clone(&self.engine),
            step: Arc::new(self.step(&id).clone()),
            id: id.clone(),
            pending,
            jobs: cores.max(1),
        };
        self.tasks.spawn(async move {
            let ended = job.run().await;
            (id, ended)
        });
    }

    fn ended(&mut self, id: StepId, ended: Ended) {
        match ended {
            Ended::Made(record, cpu) => self.made(id, record, cpu),
            Ended::Found(record) => {
                let key = self.pending[&id].key;
                self.found(id, key, record);
            }
            Ended::Elsewhere => {
                if self.waiting.insert(id.clone()) {
                    self.engine
                        .listener
                        .event(&Event::StepWaiting { step: id.clone() });
                }
                self.schedule.elsewhere(&id);
                let (engine, key) = (Arc::clone(&self.engine), self.pending[&id].key);
                self.tasks.spawn(async move {
                    engine.until_free(&key).await;
                    (id, Ended::AskAgain)
                });
            }
            Ended::AskAgain => self.schedule.ask_again(&id),
            Ended::Failed(error, journal) => self.failed(id, error, journal),
        }
    }

    fn made(&mut self, id: StepId, record: ActionRecord, cpu: Option<Duration>) {
        self.totals.run += 1;
        self.engine.listener.event(&Event::StepFinished {
            step: id.clone(),
            output: record.output,
            wall: Duration::try_from_secs_f64(record.wall_seconds).unwrap_or_default(),
            cpu,
        });
        let Pending { key, recorded, .. } = self.pending[&id];
        let before = self.remade.get(&id).copied().or(recorded);
        let before = before.filter(|before| *before != record.output);
        if let Some(before) = before {
            self.engine.listener.event(&Event::StepDiffers {
                step: id.clone(),
                before,
                now: record.output,
            });
        }
        self.schedule.done(&id);
        self.made.insert(id, Made { key, record, before });
    }

    fn failed(&mut self, id: StepId, error: StepError, journal: Option<Arc<Journal>>) {
        let error = match error.lost_blob() {
            Some(blob) => match self.make_again(&id, blob) {
                Ok(()) => return,
                Err(Some(producer)) => StepError::GoneTwice { producer, blob },
                Err(None) => error,
            },
            None => error,
        };
        if error.class() == Class::Interrupted {
            self.schedule.failed(&id);
            return;
        }
        self.totals.failed += 1;
        let step = self.step(&id).clone();
        self.engine.listener.event(&Event::StepFailed {
            step: id.clone(),
            message: error.to_string().lines().next().unwrap_or_default().to_owned(),
        });
        self.schedule.failed(&id);
        self.failures.push(StepFailure {
            step: id,
            why: step.why,
            error,
            log: journal.as_ref().map(|journal| journal.path().to_owned()),
            tail: journal.map(|journal| journal.tail()).unwrap_or_default(),
            enterable: match step.kind {
                StepKind::Run(_) => Enterable::Yes,
                _ => Enterable::No,
            },
            hint: step.hint,
        });
    }

    /// Finds out whose output has lost `blob` and has it made again. If that was done before, the
    /// error names the step; if it is nobody's, it names none.
    fn make_again(&mut self, consumer: &StepId, blob: Digest) -> Result<(), Option<StepId>> {
        let producers: BTreeSet<StepId> = self
            .step(consumer)
            .inputs
            .values()
            .map(|input| input.from.clone())
            .collect();
        // Another consumer may have noticed before: the producer is already on its way.
        if let Some(producer) = producers
            .iter()
            .find(|producer| !self.made.contains_key(*producer))
        {
            self.schedule.redo(producer, consumer);
            return Ok(());
        }
        let producer = producers
            .into_iter()
            .find(|producer| {
                self.made
                    .get(producer)
                    .is_some_and(|made| self.engine.holds(&made.record.output, &blob))
            })
            .ok_or(None)?;
        let made = self.made.remove(&producer);
        if let Some(made) = made {
            if self.remade.contains_key(&producer) {
                return Err(Some(producer));
            }
            self.remade.insert(producer.clone(), made.record.output);
            if let Err(error) = self.engine.store.forget_action(&made.key) {
                tracing::debug!(%producer, %error, "the result could not be forgotten");
                return Err(Some(producer));
            }
        }
        self.engine.listener.event(&Event::StepRemade {
            step: producer.clone(),
            blob,
        });
        self.schedule.redo(&producer, consumer);
        Ok(())
    }
}
