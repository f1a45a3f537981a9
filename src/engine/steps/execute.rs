//! Chooses what a step does by its kind, and where: in the sandbox or on a thread of its own.

use super::job::{Done, Job};
use super::{assemble, fetch, manifest, pack, patch, root, run, setup, verify};
use crate::engine::error::StepError;
use crate::model::TreeDigest;
use crate::plan::StepKind;

/// Does the step.
pub(crate) async fn execute(job: Job) -> Result<Done, StepError> {
    match &job.step.kind {
        StepKind::Run(spec) => run::run(&job, spec).await,
        StepKind::Verify(spec) => verify::run(&job, spec).await,
        _ => blocking(move || in_process(&job)).await.map(Done::in_process),
    }
}

fn in_process(job: &Job) -> Result<TreeDigest, StepError> {
    match &job.step.kind {
        StepKind::Fetch(spec) => fetch::run(job, spec),
        StepKind::Patch(spec) => patch::run(job, spec),
        StepKind::Root(spec) => root::run(job, spec),
        StepKind::Setup(spec) => setup::run(job, spec),
        StepKind::Assemble(spec) => assemble::run(job, spec),
        StepKind::Manifest(spec) => manifest::run(job, spec),
        StepKind::Pack(spec) => pack::run(job, spec),
        StepKind::Run(_) | StepKind::Verify(_) => unreachable!("these need the sandbox"),
    }
}

/// Runs what computes or waits for a disk on a thread of its own.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StepError> + Send + 'static,
) -> Result<T, StepError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(StepError::Panic(error.to_string())),
    }
}
