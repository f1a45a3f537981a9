//! `Root`: the packages of a lock, unpacked into a worker root.

use super::job::Job;
use crate::engine::error::StepError;
use crate::model::TreeDigest;
use crate::plan::Root;

pub(crate) fn run(job: &Job, root: &Root) -> Result<TreeDigest, StepError> {
    // The fetcher names the transfer of a package after its file.
    let names = root.packages.iter().map(|package| package.file_name().to_owned());
    let total = root.packages.iter().map(|package| package.size).sum();
    let _interest = job.engine.transfers.expect(&job.id, &job.journal, names, total);
    let fetched = job.engine.fetcher.fetch_root(root)?;
    for glob in fetched.unused {
        job.note(&format!("`remove: {glob}` matches nothing in these packages"));
    }
    Ok(fetched.tree)
}
