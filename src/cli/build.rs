//! `pbs build`: the main job.

use std::io::Write as _;

use camino::Utf8PathBuf;
use clap::Args;

use super::args::{From, Running, Which};
use super::context::Context;
use super::fail::CliError;
use crate::recipe::{Profile, ProfileChoice};

/// Build a distribution from source, verify it and pack it
///
/// Prints the paths of the archives, one a line.
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
    /// Where the archives go
    #[arg(long, value_name = "DIR", default_value = "dist")]
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
}
