//! `Run`: a command in a sandbox, as the script contract has it.

use std::time::Duration;

use super::execute::blocking;
use super::job::{Done, Job};
use super::stage::{Setting, Stage};
use crate::engine::error::StepError;
use crate::plan::{ROOT, Run};
use crate::sandbox::Exit;

/// Runs the command and takes in what it left in `/out`.
pub(crate) async fn run(job: &Job, run: &Run) -> Result<Done, StepError> {
    let stage = blocking({
        let (job, run) = (job.clone(), run.clone());
        move || stage(&job, &run)
    })
    .await?;
    let sandbox = job.engine.sandbox.get().await?;
    let finished = sandbox.exec(&stage.spec, &*job.journal, &job.cancel).await?;
    if finished.exit != Exit::Code(0) {
        return Err(StepError::Exit(finished.exit));
    }
    let store = job.engine.store.clone();
    let output = blocking(move || {
        let output = store.ingest_dir(stage.out.dir.as_path())?;
        drop(stage);
        Ok(output)
    })
    .await?;
    Ok(Done {
        output,
        usage: finished.usage,
        sandbox: sandbox.name(),
    })
}

/// Lays out everything the command sees.
pub(crate) fn stage(job: &Job, run: &Run) -> Result<Stage, StepError> {
    let inputs = job.inputs.iter().filter(|(role, _)| *role != ROOT);
    let mut env = run.env.clone();
    // The one variable that is not part of the key.
    env.insert("JOBS".to_owned(), job.jobs.to_string());
    let mut stage = Stage::lay_out(
        &job.engine.store,
        Setting {
            name: &job.id.0,
            root: job.input(ROOT)?,
            inputs: inputs.map(|(role, digest)| (role.as_str(), *digest)).collect(),
            files: &run.files,
            argv: run.argv.clone(),
            env,
            timeout: Duration::from_secs(60 * u64::from(run.timeout_minutes)),
        },
    )?;
    stage.spec.cwd = run.cwd.clone();
    Ok(stage)
}
