//! `Projects`: CPython's project files for Windows as a `Makefile` with what it needs.

use super::job::Job;
use super::pack::plain;
use crate::engine::error::StepError;
use crate::model::{Entry, Tree, TreeDigest, TreePath};
use crate::msbuild::{Sources, files, survey};
use crate::plan::Projects;
use crate::recipe::project_extensions;

pub(crate) fn run(job: &Job, projects: &Projects) -> Result<TreeDigest, StepError> {
    let store = &job.engine.store;
    let source = job.input_tree("source")?;
    let mut sources = Sources::default();
    for (path, entry) in source.iter() {
        let Entry::File { digest, .. } = entry else {
            continue;
        };
        let text = if Sources::wants(path.as_str()) {
            let bytes = store.read_blob(digest)?;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        } else {
            None
        };
        sources.add(path.as_str(), text);
    }
    let survey = survey(&sources, &projects.rules, &projects.modules)?;
    let mut output = Tree::new();
    let extensions = project_extensions(&projects.modules, &survey.description);
    let made = files(&survey, &projects.libraries);
    for (path, text) in made.into_iter().chain([extensions]) {
        let digest = store.put_bytes(text.as_bytes())?;
        output.insert(TreePath::parse(&path)?, plain(digest))?;
    }
    Ok(store.put_tree(&output)?)
}
