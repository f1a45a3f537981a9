//! `Verify`: every rule, and the proof that the objects link and run. The output is the report.
//!
//! A broken rule fails the step, with all findings.

use std::collections::BTreeMap;
use std::time::Duration;

use super::execute::blocking;
use super::job::{Done, Job};
use super::pack::plain;
use super::stage::{Setting, Stage, environment};
use crate::engine::distribution::read_manifest;
use crate::engine::error::StepError;
use crate::manifest::Manifest;
use crate::model::{Tree, TreePath};
use crate::plan::{ROOT, Verify};
use crate::sandbox::{Exit, Usage};
use crate::store::Materialised;
use crate::verify::{ArchiveFacts, Report, VerifyInput, relink, verify};

/// Links and runs of all cases take seconds; this is for machines that are very busy.
const RELINK_MINUTES: u64 = 20;

/// Name of the report in the output.
const REPORT: &str = "report.json";

pub(crate) async fn run(job: &Job, spec: &Verify) -> Result<Done, StepError> {
    let (report, usage, sandbox) = report(job, spec, None).await?;
    job.journal.say(report.render().trim_end());
    if !report.passed() {
        return Err(StepError::Verify(Box::new(report)));
    }
    let store = job.engine.store.clone();
    let output = blocking(move || {
        let text = serde_json::to_vec_pretty(&report).map_err(std::io::Error::from)?;
        let mut tree = Tree::new();
        tree.insert(TreePath::parse(REPORT)?, plain(store.put_bytes(&text)?))?;
        Ok(store.put_tree(&tree)?)
    })
    .await?;
    Ok(Done {
        output,
        usage,
        sandbox,
    })
}

/// Applies every rule to the input `distribution`, and relinks it where it has objects.
pub(crate) async fn report(
    job: &Job,
    spec: &Verify,
    archive: Option<ArchiveFacts>,
) -> Result<(Report, Usage, &'static str), StepError> {
    let (ruled, manifest) = blocking({
        let (job, spec) = (job.clone(), spec.clone());
        move || rules(&job, &spec, archive.as_ref())
    })
    .await?;
    let mut report = ruled;
    let Some(manifest) = manifest.filter(|manifest| manifest.build_info.is_some()) else {
        let why = "there are no objects to link".to_owned();
        report.skipped.push((relink::NAME.to_owned(), why));
        return Ok((report, Usage::default(), "in-process"));
    };
    report.applied.push(relink::NAME.to_owned());
    let cases = relink::plan(&manifest)?;
    let stage = blocking({
        let (job, cases) = (job.clone(), cases.clone());
        move || stage(&job, &cases)
    })
    .await?;
    let sandbox = job.engine.sandbox.get().await?;
    let finished = sandbox.exec(&stage.spec, &*job.journal, &job.cancel).await?;
    if finished.exit != Exit::Code(0) {
        return Err(StepError::Exit(finished.exit));
    }
    let out = stage.out.dir.as_path().to_owned();
    report
        .findings
        .extend(relink::judge(&cases, &|path| fs_err::read(out.join(path)).ok()));
    Ok((report, finished.usage, sandbox.name()))
}

fn rules(
    job: &Job,
    spec: &Verify,
    archive: Option<&ArchiveFacts>,
) -> Result<(Report, Option<Manifest>), StepError> {
    let store = &job.engine.store;
    let tree = job.input_tree("distribution")?;
    let report = verify(&VerifyInput {
        tree: &tree,
        read: &|digest| Ok(store.read_blob(digest)?),
        limits: &spec.limits,
        archive,
        threads: job.threads(),
    })?;
    // A manifest that cannot be read is a finding already.
    let manifest = read_manifest(store, &tree)?.ok();
    Ok((report, manifest))
}

fn stage(job: &Job, cases: &[relink::RelinkCase]) -> Result<Stage, StepError> {
    let store = &job.engine.store;
    let mut files = Tree::new();
    for (path, bytes) in relink::files(cases) {
        files.insert(path, plain(store.put_bytes(&bytes)?))?;
    }
    let root = job.input(ROOT)?;
    // Where the worker root keeps its linker is the root's own affair.
    let path = path_of(&store.materialise(&root)?)?;
    Stage::lay_out(
        store,
        Setting {
            name: &job.id.0,
            root,
            inputs: BTreeMap::from([
                ("relink", store.put_tree(&files)?),
                ("distribution", job.input("distribution")?),
            ]),
            files: &[],
            argv: relink::ARGV.map(str::to_owned).to_vec(),
            env: environment([("PATH", &path)]),
            timeout: Duration::from_secs(60 * RELINK_MINUTES),
        },
    )
}

/// The directories with programs in a worker root: LLVM's own versioned ones, then the usual.
fn path_of(root: &Materialised) -> Result<String, StepError> {
    let mut dirs = Vec::new();
    let lib = root.dir.as_path().join("usr/lib");
    if lib.is_dir() {
        for entry in fs_err::read_dir(lib)? {
            let name = entry?.file_name();
            if let Some(name) = name.to_str().filter(|name| name.starts_with("llvm-")) {
                dirs.push(format!("/usr/lib/{name}/bin"));
            }
        }
    }
    dirs.sort();
    dirs.extend(["/usr/bin".to_owned(), "/bin".to_owned()]);
    Ok(dirs.join(":"))
}
