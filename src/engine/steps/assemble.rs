//! `Assemble`: lays the inputs out as `python/` of a distribution. Moves no bytes: trees in, tree out.

use std::collections::BTreeMap;

use super::job::Job;
use crate::engine::error::StepError;
use crate::manifest::{self, LayoutInputs};
use crate::model::{Tree, TreeDigest};
use crate::plan::{Assemble, CPYTHON};

/// What stands before a package's name in the role of its source tree.
const SOURCE: &str = "source-";

pub(crate) fn run(job: &Job, assemble: &Assemble) -> Result<TreeDigest, StepError> {
    let cpython = job.input_tree(CPYTHON)?;
    let mut packages: BTreeMap<String, Tree> = BTreeMap::new();
    for package in assemble.libraries.keys() {
        packages.insert(package.clone(), job.input_tree(package)?);
    }
    let mut sources: BTreeMap<String, Tree> = BTreeMap::new();
    for package in assemble.licenses.keys() {
        sources.insert(package.clone(), job.input_tree(&format!("{SOURCE}{package}"))?);
    }
    let inputs = LayoutInputs {
        cpython: &cpython,
        packages: packages
            .iter()
            .map(|(name, tree)| (name.as_str(), tree))
            .collect(),
        sources: sources.iter().map(|(name, tree)| (name.as_str(), tree)).collect(),
    };
    let tree = manifest::assemble(&inputs, assemble)?;
    Ok(job.engine.store.put_tree(&tree)?)
}
