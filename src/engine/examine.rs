//! Examines a finished distribution: the rules, and CPython's own tests, in the worker root of its
//! target.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Engine;
use super::error::{EngineError, StepError};
use super::event::{Event, Listener};
use super::journal::Journal;
use super::steps::{self, Job, Setting, Stage};
use super::suite::ModuleReport;
use crate::model::TreeDigest;
use crate::plan::{Plan, Step, StepId, StepKind};
use crate::sandbox::Finished;
use crate::verify::{ArchiveFacts, Report};

/// Why a distribution could not be examined.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExamineError {
    /// What it needs cannot be made.
    #[error(transparent)]
    Inputs(#[from] EngineError),
    /// The plan verifies nothing.
    #[error("the plan has no step that verifies a distribution")]
    NoStep,
    /// Something in between failed.
    #[error("failed to examine the distribution")]
    Step(#[from] StepError),
}

/// What is run of CPython's tests, where, and by what.
#[derive(Clone, Copy, Debug)]
pub struct Suite<'a> {
    /// The step that unpacks the root they run in.
    pub root: &'a StepId,
    /// Starts them: a script for bash, which is given the interpreter and the options of `python -m test`.
    pub script: &'a str,
    /// The interpreter's place in the distribution.
    pub interpreter: &'a str,
    /// Modules of tests, and options.
    pub tests: &'a [String],
}

/// What a run of CPython's tests left.
#[derive(Debug)]
pub struct SuiteOutput {
    /// How it ended.
    pub finished: Finished,
    /// All it printed.
    pub log: Vec<u8>,
    /// Where that is kept.
    pub log_path: camino::Utf8PathBuf,
    /// The JUnit file, if it came to write one.
    pub junit: Option<Vec<u8>>,
}

/// Where a test run leaves its JUnit file.
const JUNIT: &str = "junit.xml";

/// A suite that hangs is ended after so long.
const SUITE_HOURS: u64 = 6;

impl Engine {
    /// Applies every rule to a distribution, and relinks it if it has objects.
    pub async fn verify(
        self: &Arc<Self>,
        plan: &Arc<Plan>,
        distribution: TreeDigest,
        archive: Option<ArchiveFacts>,
    ) -> Result<Report, ExamineError> {
        let (id, step) = verify_step(plan).ok_or(ExamineError::NoStep)?;
        let StepKind::Verify(spec) = &step.kind else {
            return Err(ExamineError::NoStep);
        };
        let (job, _scratch) = self.job_on(plan, id, step, distribution).await?;
        let (report, ..) = steps::verify_report(&job, spec, archive).await?;
        Ok(report)
    }

    /// Runs CPython's own tests with a distribution's interpreter.
    pub async fn run_suite(
        self: &Arc<Self>,
        plan: &Arc<Plan>,
        distribution: TreeDigest,
        suite: Suite<'_>,
    ) -> Result<SuiteOutput, ExamineError> {
        let outputs = self.conduct(plan, std::slice::from_ref(suite.root)).await?;
        let root = outputs[suite.root].record.output;
        let id = StepId("cpython/tests".to_owned());
        let log_path = self.log_path(&id, &distribution.0);
        let watch = Arc::new(Watch(Arc::clone(&self.listener)));
        let journal = Journal::create(id, &log_path, watch).map_err(StepError::from)?;
        let mut argv: Vec<String> = ["/bin/bash", "-euc", suite.script, "suite"]
            .map(str::to_owned)
            .into();
        argv.extend([
            format!("/in/distribution/python/{}", suite.interpreter),
            format!("-j{}", self.cores),
            "--junit-xml".to_owned(),
            format!("/out/{JUNIT}"),
        ]);
        argv.extend(suite.tests.iter().cloned());
        let store = self.store.clone();
        let stage = steps::blocking(move || {
            Stage::lay_out(
                &store,
                Setting {
                    name: "test",
                    root,
                    inputs: BTreeMap::from([(DISTRIBUTION, distribution)]),
                    files: &[],
                    argv,
                    env: steps::environment([("PATH", "/usr/bin:/bin"), ("TERM", "dumb")]),
                    timeout: Duration::from_secs(SUITE_HOURS * 3600),
                },
            )
        })
        .await?;
        let cancel = self.cancel.child_token();
        let sandbox = self.sandbox.get().await.map_err(StepError::from)?;
        self.listener.event(&Event::SuiteStarted {
            log: log_path.clone(),
        });
        let finished = sandbox
            .exec(&stage.spec, &journal, &cancel)
            .await
            .map_err(StepError::from)?;
        journal.finish().map_err(StepError::from)?;
        Ok(SuiteOutput {
            finished,
            log: fs_err::read(&log_path).map_err(StepError::from)?,
            log_path,
            junit: fs_err::read(stage.out.dir.as_path().join(JUNIT)).ok(),
        })
    }

    /// The step that verifies, with another distribution as its input. The scratch holds the log.
    async fn job_on(
        self: &Arc<Self>,
        plan: &Arc<Plan>,
        id: &StepId,
        step: &Step,
        distribution: TreeDigest,
    ) -> Result<(Job, crate::store::Scratch), ExamineError> {
        let others = || step.inputs.iter().filter(|(role, _)| *role != DISTRIBUTION);
        let needed: Vec<StepId> = others().map(|(_, input)| input.from.clone()).collect();
        let outputs = self.conduct(plan, &needed).await?;
        let mut inputs = BTreeMap::from([(DISTRIBUTION.to_owned(), distribution)]);
        for (role, input) in others() {
            let output = outputs[&input.from].record.output;
            inputs.insert(role.clone(), self.part(&input.from, output, &input.subtree)?);
        }
        let scratch = self.store.scratch().map_err(StepError::from)?;
        let log = scratch.dir.as_path().join("log");
        let journal =
            Journal::create(id.clone(), &log, Arc::clone(&self.listener)).map_err(StepError::from)?;
        let job = Job {
            engine: Arc::clone(self),
            id: id.clone(),
            step: Arc::new(step.clone()),
            inputs,
            jobs: self.cores,
            journal: Arc::new(journal),
            cancel: self.cancel.child_token(),
        };
        Ok((job, scratch))
    }
}

/// Tells of each module of tests beside passing the lines on.
struct Watch(Arc<dyn Listener>);

impl Listener for Watch {
    fn event(&self, event: &Event) {
        self.0.event(event);
        let Event::StepOutput { line, .. } = event else {
            return;
        };
        if let Some(report) = ModuleReport::parse(line) {
            self.0.event(&Event::SuiteProgress {
                module: report.module.to_owned(),
                outcome: report.outcome.to_owned(),
                done: report.done,
                total: report.total,
            });
        }
    }
}

/// The input that is examined.
const DISTRIBUTION: &str = "distribution";

fn verify_step(plan: &Plan) -> Option<(&StepId, &Step)> {
    plan.steps
        .iter()
        .find(|(_, step)| matches!(step.kind, StepKind::Verify(_)))
}
