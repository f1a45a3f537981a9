//! `pbs explain`: why a step would run.

use std::io::Write as _;

use clap::Args;

use super::args::Which;
use super::context::{Context, Planned};
use super::fail::CliError;
use crate::engine::Prospect;
use crate::plan::StepId;

/// Say why a step would run, or where its cached result comes from
#[derive(Args, Clone, Debug)]
pub(super) struct Explain {
    /// A step such as `zlib/build`, or a package for its last step
    step: String,
    #[command(flatten)]
    which: Which,
}

impl Explain {
    pub(super) fn run(&self, context: &mut Context) -> Result<(), CliError> {
        let planned = context.plan(&self.which)?;
        let step = planned.find(&self.step)?;
        let engine = context.looking_engine(&planned)?;
        let prospects = engine.survey(&planned.plan, std::slice::from_ref(&step))?;
        for (id, prospect) in &prospects {
            // What is cached is worth a line only where it was asked for.
            if *id == step || !matches!(prospect, Prospect::Cached(_)) {
                self.print(context, &planned, id, prospect)?;
            }
        }
        if let Some((_, Prospect::Cached(made))) = prospects.last()
            && let Some(log) = engine.log_file(&step, made)?
        {
            writeln!(context.stdout, "  log: {log}")?;
        }
        Ok(())
    }

    fn print(
        &self,
        context: &mut Context,
        planned: &Planned,
        id: &StepId,
        prospect: &Prospect,
    ) -> Result<(), CliError> {
        let out = &mut context.stdout;
        match prospect {
            Prospect::Cached(made) => {
                let record = &made.record;
                writeln!(out, "{id} is cached")?;
                writeln!(out, "  what: {}", planned.plan.steps[id].why)?;
                writeln!(out, "  action: {}", made.key)?;
                writeln!(out, "  output: {}", record.output)?;
                let seconds = record.wall_seconds;
                writeln!(
                    out,
                    "  run: by the step `{}` in {seconds:.1} s ({})",
                    record.step, record.sandbox
                )?;
            }
            Prospect::Runs(reasons) => {
                writeln!(out, "{id} would run")?;
                for reason in reasons {
                    writeln!(out, "  {reason}")?;
                }
            }
            Prospect::Open(inputs) => {
                writeln!(out, "{id} may run: it depends on what these turn out to contain")?;
                for input in inputs {
                    writeln!(out, "  {input}")?;
                }
            }
        }
        Ok(())
    }
}
