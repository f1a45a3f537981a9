//! `pbs train`: makes a profile and records it beside the recipes.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;

use camino::Utf8Path;
use clap::Args;

use super::args::{From, Running, Which};
use super::context::{Context, Planned};
use super::fail::CliError;
use crate::archive::{Compression, PackSpec, pack};
use crate::engine::Class;
use crate::model::{Digest, Entry, Tree, TreePath};
use crate::plan::lower_training;
use crate::recipe::{ProfileChoice, ProfileFile, render_profile};
use crate::store::{Store, write_whole};
use crate::ui::Failure;

/// Record a profile: build the instrumented interpreter, run the training, keep what was counted
///
/// Builds with `pgo` compile with the recorded profile and never train by themselves. The profile and
/// its record go to `recipes/cpython/profiles/`; their paths are printed, one a line.
#[derive(Args, Clone, Debug)]
pub(super) struct Train {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    running: Running,
}

/// What the training leaves: the files of the profile below this directory, and what it says of itself.
const PROFILE: &str = "profile";
const REPORT: &str = "report.json";

/// As small as it gets: it is kept for good and unpacked in no time.
const COMPRESSION: Compression = Compression::Zstd {
    level: 19,
    window_log: 24,
};

impl Train {
    pub(super) fn run(&self, context: &mut Context) -> Result<(), CliError> {
        let Planned { build, .. } = context.plan_with(&self.which, ProfileChoice::Trained)?;
        let plan = Arc::new(lower_training(&build)?);
        let wanted: Vec<_> = plan.wanted.values().cloned().collect();
        let planned = Planned { build, plan };
        let engine = context.engine(&planned, &self.from, &self.running)?;
        let mut outputs = context.block_on(engine.conduct(&planned.plan, &wanted))?;
        let made = wanted.first().and_then(|id| outputs.remove(id));
        let made = made.ok_or_else(|| {
            CliError::input("the recipe of cpython has no `training`".to_owned())
                .hint("recipes/README.md says what that is")
        })?;

        let store = context.store()?;
        let output = store.tree(&made.record.output)?;
        let report = store.read_blob(&file(&output, REPORT)?)?;
        let training: BTreeMap<String, String> = serde_json::from_slice(&report).map_err(|error| {
            CliError::input(format!(
                "`{REPORT}` of the training is not a map of texts: {error}"
            ))
            .hint("`pbs shell` of the step shows what it writes")
        })?;
        let archive = packed(&store, &output, planned.build.epoch)?;
        let record = render_profile(&planned.build, &archive, &training);

        let root = context.recipes_root()?;
        let version = planned.build.python.to_string();
        let to = |path: String| root.join(path);
        let (archive_path, record_path) = (
            to(ProfileFile::archive_path(&version)),
            to(ProfileFile::path(&version)),
        );
        if let Some(folder) = record_path.parent() {
            fs_err::create_dir_all(folder)?;
        }
        // The record last: it says what the archive must be.
        store.export(&archive, &archive_path)?;
        write_whole(&record_path, |file| file.write_all(record.as_bytes()))?;
        for path in [archive_path, record_path] {
            writeln!(context.stdout, "{}", shown(&path, &context.settings.working_dir))?;
        }
        Ok(())
    }
}

fn file(output: &Tree, name: &str) -> Result<Digest, CliError> {
    match TreePath::parse(name)
        .ok()
        .and_then(|path| output.get(&path).cloned())
    {
        Some(Entry::File { digest, .. }) => Ok(digest),
        _ => Err(nothing(name)),
    }
}

fn nothing(name: &str) -> CliError {
    CliError::input(format!("the training left no `{name}`"))
        .hint("the last step of `training` in recipes/cpython/recipe.yaml leaves it in $OUT")
}

/// The profile alone, as an archive in the store.
fn packed(store: &Store, output: &Tree, epoch: u64) -> Result<Digest, CliError> {
    let profile = output.subtree(&TreePath::parse(PROFILE).expect("a relative path"));
    if profile.is_empty() {
        return Err(nothing(PROFILE));
    }
    let spec = PackSpec {
        compression: COMPRESSION,
        epoch,
        first: Vec::new(),
    };
    pack(store, &profile, &spec).map_err(|error| CliError::new(Class::Environment, Failure::of(&error)))
}

fn shown<'a>(path: &'a Utf8Path, here: &Utf8Path) -> &'a Utf8Path {
    path.strip_prefix(here).unwrap_or(path)
}
