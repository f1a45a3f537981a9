//! `Given`: what a person gave was taken into the store before; it is only looked for.

use super::job::Job;
use crate::engine::error::StepError;
use crate::model::TreeDigest;
use crate::plan::Given;
use crate::store::StoreError;

pub(crate) fn run(job: &Job, given: &Given) -> Result<TreeDigest, StepError> {
    let store = &job.engine.store;
    let gone = || StepError::GivenGone { tree: given.tree };
    let tree = store.tree(&given.tree).map_err(|error| match error {
        StoreError::Blob { .. } => gone(),
        error => error.into(),
    })?;
    if tree.files().any(|(_, digest, _)| !store.has_blob(digest)) {
        return Err(gone());
    }
    Ok(given.tree)
}
