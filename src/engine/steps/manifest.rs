//! `Manifest`: looks at everything that was built and writes `PYTHON.json` beside it.

use super::job::Job;
use super::pack::plain;
use crate::engine::distribution::manifest_path;
use crate::engine::error::StepError;
use crate::manifest::{DeriveInputs, Facts, Inventory, derive};
use crate::model::{Entry, Tree, TreeDigest, TreePath};
use crate::plan::{CPYTHON, Manifest};
use crate::store::Store;

pub(crate) fn run(job: &Job, manifest: &Manifest) -> Result<TreeDigest, StepError> {
    let store = &job.engine.store;
    let mut distribution = job.input_tree("distribution")?;
    let cpython = job.input_tree(CPYTHON)?;
    let [python, build] = Facts::PATHS.map(|path| read(store, &cpython, path));
    let facts = Facts::read(&python?, &build?)?;
    let inventory = Inventory::observe(
        &distribution,
        &|digest| Ok(store.read_blob(digest)?),
        job.threads(),
    )?;
    let derived = derive(DeriveInputs {
        description: &manifest.description,
        facts: &facts,
        inventory: &inventory,
    })?;
    let digest = store.put_bytes(&derived.write())?;
    distribution.insert(manifest_path(), plain(digest))?;
    Ok(store.put_tree(&distribution)?)
}

fn read(store: &Store, tree: &Tree, path: &str) -> Result<Vec<u8>, StepError> {
    match tree.get(&TreePath::parse(path)?) {
        Some(Entry::File { digest, .. }) => Ok(store.read_blob(digest)?),
        _ => Err(StepError::NoFile {
            role: CPYTHON.to_owned(),
            path: path.to_owned(),
        }),
    }
}
