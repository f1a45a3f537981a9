//! `Patch`: what a source must differ from upstream in. A hunk that fits at another line is told.

use super::job::Job;
use crate::archive::apply_patches;
use crate::engine::error::StepError;
use crate::model::TreeDigest;
use crate::plan::Patch;

pub(crate) fn run(job: &Job, patch: &Patch) -> Result<TreeDigest, StepError> {
    let source = job.input_tree("source")?;
    let patched = apply_patches(&job.engine.store, &source, &patch.patches)?;
    for offset in patched.offsets {
        job.note(&offset.to_string());
    }
    Ok(job.engine.store.put_tree(&patched.tree)?)
}
