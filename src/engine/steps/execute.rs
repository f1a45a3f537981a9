//! Chooses what a step does by its kind, and where: in the sandbox or on a thread of its own.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::job::{Done, Job};
use super::{assemble, fetch, given, manifest, pack, patch, projects, root, run, setup, verify};
use crate::engine::error::StepError;
use crate::model::TreeDigest;
use crate::plan::StepKind;
use crate::sandbox::Exit;

/// How long an interruption waits for what happens inside the driver.
const GRACE: Duration = Duration::from_secs(1);

/// Does the step.
pub(crate) async fn execute(job: Job) -> Result<Done, StepError> {
    match &job.step.kind {
        StepKind::Run(spec) => run::run(&job, spec).await,
        StepKind::Verify(spec) => verify::run(&job, spec).await,
        _ => {
            let cancel = job.cancel.clone();
            let work = blocking(move || in_process(&job));
            unless_cancelled(&cancel, work).await.map(Done::in_process)
        }
    }
}

/// A thread cannot be killed. Once cancelled its work has a moment to end; then nobody waits for it
/// any more, and what it has begun in the store is removed at the next start.
async fn unless_cancelled<T>(
    cancel: &CancellationToken,
    work: impl Future<Output = Result<T, StepError>>,
) -> Result<T, StepError> {
    let too_late = async {
        cancel.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        result = work => result,
        () = too_late => Err(StepError::Exit(Exit::Cancelled)),
    }
}

fn in_process(job: &Job) -> Result<TreeDigest, StepError> {
    match &job.step.kind {
        StepKind::Fetch(spec) => fetch::run(job, spec),
        StepKind::Given(spec) => given::run(job, spec),
        StepKind::Patch(spec) => patch::run(job, spec),
        StepKind::Root(spec) => root::run(job, spec),
        StepKind::Setup(spec) => setup::run(job, spec),
        StepKind::Projects(spec) => projects::run(job, spec),
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn an_interruption_does_not_wait_for_a_thread() {
        let cancel = CancellationToken::new();
        let (ends, waits) = mpsc::channel::<()>();
        let work = blocking(move || Ok(waits.recv().is_ok()));
        cancel.cancel();
        let error = unless_cancelled(&cancel, work).await.unwrap_err();
        assert!(matches!(error, StepError::Exit(Exit::Cancelled)), "{error}");
        drop(ends);
        // What ends in time is kept.
        assert_eq!(unless_cancelled(&cancel, blocking(|| Ok(7))).await.unwrap(), 7);
    }
}
