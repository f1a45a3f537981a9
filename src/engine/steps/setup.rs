//! `Setup`: CPython's `Setup.local`, from its own rules and our table of extension modules.

use super::job::Job;
use super::pack::plain;
use crate::engine::error::StepError;
use crate::model::{Entry, Tree, TreeDigest, TreePath};
use crate::plan::Setup;
use crate::recipe::{SetupSources, generate_setup};

pub(crate) fn run(job: &Job, setup: &Setup) -> Result<TreeDigest, StepError> {
    let store = &job.engine.store;
    let source = job.input_tree("source")?;
    let read = |path: &str| match source.get(&TreePath::parse(path)?) {
        Some(Entry::File { digest, .. }) => {
            let bytes = store.read_blob(digest)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        }
        _ => Err(StepError::NoFile {
            role: "source".to_owned(),
            path: path.to_owned(),
        }),
    };
    let sources = SetupSources {
        stdlib: &read(SetupSources::STDLIB)?,
        bootstrap: &read(SetupSources::BOOTSTRAP)?,
        setup: &read(SetupSources::SETUP)?,
        config: &read(SetupSources::CONFIG)?,
    };
    let mut output = Tree::new();
    for file in generate_setup(&setup.modules, &sources)? {
        let digest = store.put_bytes(file.text.as_bytes())?;
        output.insert(TreePath::parse(&file.name)?, plain(digest))?;
    }
    Ok(store.put_tree(&output)?)
}
