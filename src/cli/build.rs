//! `pbs build`: the main job.

use std::io::Write as _;
use std::sync::Arc;

use camino::Utf8PathBuf;
use clap::Args;

use super::args::{From, Running, Which};
use super::context::{Context, Planned};
use super::fail::CliError;
use crate::engine::Engine;
use crate::plan::StepId;
use crate::recipe::{Profile, ProfileChoice};

/// Build a distribution from source, verify it and pack it
///
/// Prints the paths of the archives, one a line; with `--only`, those of the outputs of the steps, unpacked in the store
/// and not to be written to.
#[derive(Args, Clone, Debug)]
pub(super) struct Build {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    running: Running,
    /// Train a profile for this build alone, instead of the recorded one
    #[arg(long)]
    train: bool,
    /// Do no more than this step, such as `zlib/build`, or than a package's last step, such as `zlib`, takes; may be
    /// repeated
    #[arg(long, value_name = "STEP")]
    only: Vec<String>,
    /// Where the archives go
    #[arg(long, value_name = "DIR", default_value = "dist", conflicts_with = "only")]
    out: Utf8PathBuf,
}

impl Build {
    pub(super) fn run(&self, context: &mut Context) -> Result<(), CliError> {
        let profile = if self.train {
            ProfileChoice::Trained
        } else {
            ProfileChoice::Recorded
        };
        let planned = context.plan_with(&self.which, profile)?;
        if let Some(Profile::Recorded(recorded)) = &planned.build.profile
            && !recorded.drift.is_empty()
        {
            context.say(&format!(
                "the recorded profile was made when {}; how much of it fits is measured",
                recorded.drift.join(", ")
            ));
        }
        let engine = context.engine(&planned, &self.from, &self.running)?;
        let out = context.settings.working_dir.join(&self.out);
        if !self.only.is_empty() {
            return self.steps(context, &planned, &engine);
        }
        let wanted: Vec<_> = planned.plan.wanted.values().cloned().collect();
        let archives = context.block_on(async {
            let outputs = engine.conduct(&planned.plan, &wanted).await?;
            engine.export(&planned.plan, outputs, &out).await
        })?;
        for archive in archives {
            // As the person wrote it: relative stays relative.
            let shown = archive
                .file_name()
                .map_or(archive.clone(), |name| self.out.join(name));
            writeln!(context.stdout, "{shown}")?;
        }
        Ok(())
    }

    /// Makes the outputs of single steps and says where they are.
    fn steps(&self, context: &mut Context, planned: &Planned, engine: &Arc<Engine>) -> Result<(), CliError> {
        let steps: Vec<StepId> = self
            .only
            .iter()
            .map(|name| planned.find(name))
            .collect::<Result<_, _>>()?;
        let outputs = context.block_on(engine.conduct(&planned.plan, &steps))?;
        for step in &steps {
            let standing = engine.store.materialise(&outputs[step].record.output)?;
            writeln!(context.stdout, "{}", standing.dir.0)?;
        }
        Ok(())
    }
}
