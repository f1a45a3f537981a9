//! Enters a step's sandbox: the same root, mounts and environment, another command.

use std::sync::Arc;

use super::Engine;
use super::conduct::Outputs;
use super::error::{EngineError, StepError};
use super::journal::Journal;
use super::steps::{self, Job};
use crate::plan::{Plan, Run, StepId, StepKind};
use crate::sandbox::{Finished, OutputSink, Stdin};

/// Why a step cannot be entered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnterError {
    /// It has no sandbox.
    #[error("step `{step}` happens inside pbs; only steps that run a command have a sandbox")]
    NoSandbox {
        /// The step.
        step: StepId,
    },
    /// What it needs cannot be made.
    #[error(transparent)]
    Inputs(#[from] EngineError),
    /// Its sandbox cannot be set up.
    #[error("failed to enter step `{step}`")]
    Step {
        /// The step.
        step: StepId,
        /// Why.
        #[source]
        source: StepError,
    },
}

/// What an entered command talks to.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "a sink has none")]
pub enum Console<'a> {
    /// The terminal of this process, for both directions.
    Terminal,
    /// It reads nothing, and prints to this.
    Sink(&'a dyn OutputSink),
}

impl Engine {
    /// Makes the inputs of a step, then runs `argv` in its sandbox.
    pub async fn enter(
        self: &Arc<Self>,
        plan: &Arc<Plan>,
        id: &StepId,
        argv: Vec<String>,
        console: Console<'_>,
    ) -> Result<Finished, EnterError> {
        let step = plan
            .steps
            .get(id)
            .ok_or_else(|| EngineError::Unknown(super::UnknownStep { step: id.clone() }))?;
        let StepKind::Run(run) = &step.kind else {
            return Err(EnterError::NoSandbox { step: id.clone() });
        };
        let needed: Vec<StepId> = step.inputs.values().map(|input| input.from.clone()).collect();
        let outputs = self.conduct(plan, &needed).await?;
        let run = Run { argv, ..run.clone() };
        self.enter_with(plan, id, run, outputs, console)
            .await
            .map_err(|source| EnterError::Step {
                step: id.clone(),
                source,
            })
    }

    async fn enter_with(
        self: &Arc<Self>,
        plan: &Arc<Plan>,
        id: &StepId,
        run: Run,
        outputs: Outputs,
        console: Console<'_>,
    ) -> Result<Finished, StepError> {
        let step = &plan.steps[id];
        // Nothing is written to it: the console takes the output.
        let scratch = self.store.scratch()?;
        let journal = Journal::create(
            id.clone(),
            &scratch.dir.as_path().join("log"),
            Arc::clone(&self.listener),
        )?;
        let job = Job {
            engine: Arc::clone(self),
            id: id.clone(),
            step: Arc::new(step.clone()),
            inputs: self.inputs_of(plan, id, &outputs)?,
            jobs: self.cores,
            journal: Arc::new(journal),
            cancel: self.cancel.child_token(),
        };
        let mut stage = steps::blocking({
            let job = job.clone();
            move || steps::stage(&job, &run)
        })
        .await?;
        let sink = match console {
            Console::Terminal => {
                stage.spec.stdin = Stdin::Terminal;
                &*job.journal
            }
            Console::Sink(sink) => sink,
        };
        // A person may take as long as they like.
        stage.spec.timeout = std::time::Duration::from_secs(7 * 24 * 3600);
        let sandbox = self.sandbox.get().await?;
        Ok(sandbox.exec(&stage.spec, sink, &job.cancel).await?)
    }
}
