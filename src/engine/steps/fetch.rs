//! `Fetch`: a source, from wherever it can be had, unpacked and checked.

use super::job::Job;
use crate::engine::error::StepError;
use crate::model::TreeDigest;
use crate::plan::Fetch;

pub(crate) fn run(job: &Job, fetch: &Fetch) -> Result<TreeDigest, StepError> {
    let total = fetch
        .places
        .iter()
        .find_map(|place| place.archive.size)
        .unwrap_or(0);
    let _interest = job
        .engine
        .transfers
        .expect(&job.id, &job.journal, [fetch.name.clone()], total);
    let fetched = job.engine.fetcher.fetch_source(fetch)?;
    for glob in fetched.unused {
        job.note(&format!("`select: {glob}` matches nothing in this source"));
    }
    Ok(fetched.tree)
}
