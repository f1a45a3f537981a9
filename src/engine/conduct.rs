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
use super::action_lock::ActionLock;
use super::error::{Class, EngineError, Enterable, StepError, StepFailure};
use super::event::{Event, Totals};
use super::history::flat;
use super::journal::Journal;
use super::schedule::Schedule;
use super::steps::{self, Done, Job};
use crate::model::{Digest, TreeDigest};
use crate::plan::{self, ActionSpec, Plan, Step, StepId, StepKind};
use crate::store::{ActionRecord, StoreError};

/// How often a step that another process works on is looked at.
const POLL: Duration = Duration::from_millis(200);

/// A step whose output is known.
#[derive(Clone, PartialEq, Debug)]
pub struct Made {
    /// Its action key.
    pub key: Digest,
    /// What the store has of it.
    pub record: ActionRecord,
}

/// The steps whose outputs are known.
pub type Outputs = BTreeMap<StepId, Made>;

/// A step as an action.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) key: Digest,
    pub(super) spec: ActionSpec,
    inputs: BTreeMap<String, TreeDigest>,
}

/// How a task ended.
enum Ended {
    Made(ActionRecord, Option<Duration>),
    /// Somebody else had done it meanwhile.
    Found(ActionRecord),
    /// Somebody else does it now.
    Elsewhere,
    /// Nobody else does it any more.
    AskAgain,
    Failed(StepError, Option<Arc<Journal>>),
}

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
        self.made.insert(id, Made { key, record });
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
        if let Some(before) = self.remade.get(&id).filter(|before| **before != record.output) {
            self.engine.listener.event(&Event::StepDiffers {
                step: id.clone(),
                before: *before,
                now: record.output,
            });
        }
        let key = self.pending[&id].key;
        self.schedule.done(&id);
        self.made.insert(id, Made { key, record });
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
            message: error.to_string(),
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

/// One attempt to do a step.
struct Attempt {
    engine: Arc<Engine>,
    step: Arc<Step>,
    id: StepId,
    pending: Pending,
    jobs: usize,
}

impl Attempt {
    async fn run(self) -> Ended {
        let key = self.pending.key;
        // Two processes with the same store do not do the same work twice.
        let _lock = match ActionLock::try_take(&self.engine.locks(), &key) {
            Ok(Some(lock)) => lock,
            Ok(None) => return Ended::Elsewhere,
            Err(error) => return Ended::Failed(error.into(), None),
        };
        match self.engine.store.action(&key) {
            Ok(Some(record)) => return Ended::Found(record),
            Ok(None) => {}
            Err(error) => return Ended::Failed(error.into(), None),
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
        let last = self.engine.history.last(&self.id);
        let reasons: Vec<String> = plan::explain(last.as_ref(), &self.pending.spec)
            .iter()
            .map(ToString::to_string)
            .collect();
        self.engine.listener.event(&Event::StepStarted {
            step: self.id.clone(),
            why: self.step.why.clone(),
            reason: reasons.join("; "),
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
        self.engine.store.put_action(&self.pending.key, &record)?;
        self.engine.history.remember(&self.id, &self.pending.spec);
        Ok((record, usage.cpu))
    }
}

impl Engine {
    /// The content of every input of a step whose producers are all `made`.
    pub(super) fn inputs_of(
        &self,
        plan: &Plan,
        id: &StepId,
        made: &Outputs,
    ) -> Result<BTreeMap<String, TreeDigest>, StepError> {
        let mut inputs = BTreeMap::new();
        for (role, input) in &plan.steps[id].inputs {
            let output = made[&input.from].record.output;
            inputs.insert(role.clone(), self.part(&input.from, output, &input.subtree)?);
        }
        Ok(inputs)
    }

    /// The action that a step is now, and its result if the store has one.
    pub(super) fn look_up(
        &self,
        plan: &Plan,
        id: &StepId,
        made: &Outputs,
    ) -> Result<(Pending, Option<ActionRecord>), StepError> {
        let inputs = self.inputs_of(plan, id, made)?;
        let spec = plan::action(&plan.steps[id], &inputs)
            .expect("the content of every input has just been looked up");
        let key = self.store.put_action_spec(&spec)?;
        let record = self.store.action(&key)?;
        Ok((Pending { key, spec, inputs }, record))
    }

    /// The part of an output that a step uses.
    pub(super) fn part(
        &self,
        from: &StepId,
        output: TreeDigest,
        subtree: &crate::model::TreePath,
    ) -> Result<TreeDigest, StepError> {
        if subtree.is_root() {
            return Ok(output);
        }
        self.store
            .subtree(&output, subtree)?
            .ok_or_else(|| StepError::NoSubtree {
                from: from.clone(),
                path: subtree.to_string(),
            })
    }

    /// Whether a blob belongs to a tree. A tree that cannot be read has lost a directory itself.
    fn holds(&self, output: &TreeDigest, blob: &Digest) -> bool {
        match self.store.tree(output) {
            Ok(tree) => output.0 == *blob || tree.files().any(|(_, digest, _)| digest == blob),
            Err(StoreError::Blob { .. }) => true,
            Err(_) => false,
        }
    }

    async fn until_free(&self, key: &Digest) {
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

    /// Where the log of an action stands.
    #[must_use]
    pub fn log_path(&self, step: &StepId, key: &Digest) -> camino::Utf8PathBuf {
        let name = format!("{}.{}.log", flat(&step.0), &key.hex()[..12]);
        Self::logs(&self.store).join(name)
    }

    fn keep_log(&self, journal: &Journal) -> Result<Option<Digest>, StepError> {
        if journal.finish()? == 0 {
            // An empty log is nothing to look for.
            let _ = fs_err::remove_file(journal.path());
            return Ok(None);
        }
        let mut file = fs_err::File::open(journal.path())?;
        Ok(Some(self.store.put_reader(&mut file)?))
    }

    /// The log of a finished step as a file, written from the store if it is no longer there.
    pub fn log_file(&self, step: &StepId, made: &Made) -> Result<Option<camino::Utf8PathBuf>, EngineError> {
        let Some(log) = made.record.log else {
            return Ok(None);
        };
        let path = self.log_path(step, &made.key);
        let there = fs_err::metadata(&path).is_ok_and(|metadata| metadata.len() == log.size);
        if !there {
            let dir = Self::logs(&self.store);
            fs_err::create_dir_all(&dir)?;
            let mut file = tempfile::NamedTempFile::new_in(&dir)?;
            std::io::copy(&mut self.store.open_blob(&log)?, &mut file)?;
            file.persist(&path).map_err(|error| error.error)?;
        }
        Ok(Some(path))
    }
}
