//! `Run`: a command in a sandbox, as the script contract has it.
//!
//! Owns the layout: inputs at `/in/<role>`, the step's files at `/in/recipe`, scratch at `/work`,
//! output at `/out`. Nothing here depends on the sandbox that is chosen.

use std::collections::BTreeMap;
use std::time::Duration;

use super::execute::blocking;
use super::job::{Done, Job};
use crate::engine::error::StepError;
use crate::model::{GuestPath, HostPath};
use crate::plan::{ROOT, Run, TextFile};
use crate::sandbox::{ExecSpec, Exit, Mount, RootDir, Stdin};
use crate::store::{Materialised, Scratch};

/// Who the command runs as.
pub(crate) const UID: u32 = 1000;

/// Everything that a command needs on this machine, for as long as this value lives.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) spec: ExecSpec,
    pub(crate) out: Scratch,
    _scratch: Vec<Scratch>,
    _standing: Vec<Materialised>,
}

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
    let mut standing = Vec::new();
    let mut mounts = Vec::new();
    let digest = job.input(ROOT)?;
    let root = job.engine.store.materialise(&digest)?;
    let root_dir = RootDir {
        digest,
        dir: root.dir.clone(),
    };
    standing.push(root);
    for (role, digest) in &job.inputs {
        if role != ROOT {
            let tree = job.engine.store.materialise(digest)?;
            mounts.push(Mount {
                host: tree.dir.clone(),
                guest: below_in(role),
            });
            standing.push(tree);
        }
    }
    let mut scratch = Vec::new();
    if !run.files.is_empty() {
        let recipe = job.engine.store.scratch()?;
        write_files(&recipe.dir, &run.files)?;
        mounts.push(Mount {
            host: recipe.dir.clone(),
            guest: below_in("recipe"),
        });
        scratch.push(recipe);
    }
    let work = job.engine.store.scratch()?;
    let out = job.engine.store.scratch()?;
    let spec = ExecSpec {
        name: job.id.0.clone(),
        root: root_dir,
        mounts,
        work: work.dir.clone(),
        out: out.dir.clone(),
        argv: run.argv.clone(),
        env: environment(run, job.jobs),
        cwd: run.cwd.clone(),
        uid: UID,
        timeout: Duration::from_secs(60 * u64::from(run.timeout_minutes)),
        stdin: Stdin::Null,
    };
    scratch.push(work);
    Ok(Stage {
        spec,
        out,
        _scratch: scratch,
        _standing: standing,
    })
}

/// The step's environment and `JOBS`, the one variable that is not part of its key.
fn environment(run: &Run, jobs: usize) -> BTreeMap<String, String> {
    let mut env = run.env.clone();
    env.insert("JOBS".to_owned(), jobs.to_string());
    env
}

/// `/in/<role>`.
pub(crate) fn below_in(role: &str) -> GuestPath {
    GuestPath::parse(&format!("/in/{role}"))
        .expect("the names of packages and steps are single path components")
}

fn write_files(dir: &HostPath, files: &[TextFile]) -> Result<(), std::io::Error> {
    for file in files {
        let path = dir.as_path().join(&file.name);
        if let Some(parent) = path.parent() {
            fs_err::create_dir_all(parent)?;
        }
        fs_err::write(path, &file.text)?;
    }
    Ok(())
}
