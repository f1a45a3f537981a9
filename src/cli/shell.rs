//! `pbs shell`: a step's sandbox, to look around in.

use clap::Args;

use super::args::{From, Running, Which};
use super::context::Context;
use super::fail::CliError;
use crate::engine::Class;
use crate::plan::StepKind;
use crate::sandbox::Exit;
use crate::ui::Failure;

/// Enter the sandbox of a step: its root, inputs and environment
///
/// What the step needs is built first. `/work` and `/out` are empty and thrown away afterwards; the
/// step's script is in `/in/recipe`.
#[derive(Args, Clone, Debug)]
pub(super) struct Shell {
    /// A step such as `zlib/build`, or a package for its last step
    step: String,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    running: Running,
    /// What is run instead of a shell
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl Shell {
    pub(super) fn run(&self, context: &mut Context) -> Result<(), CliError> {
        let planned = context.plan(&self.which)?;
        let step = planned.find(&self.step)?;
        let engine = context.engine(&planned, &self.from, &self.running)?;
        let argv = if self.command.is_empty() {
            if let StepKind::Run(run) = &planned.plan.steps[&step].kind {
                context.say(&format!("the step runs: {}", run.argv.join(" ")));
            }
            vec!["/bin/bash".to_owned(), "-i".to_owned()]
        } else {
            self.command.clone()
        };
        let finished = context.block_on(engine.enter(&planned.plan, &step, argv))?;
        match finished.exit {
            // How an interactive shell ends says nothing.
            _ if self.command.is_empty() => Ok(()),
            Exit::Code(0) => Ok(()),
            exit => Err(CliError::new(
                Class::Step,
                Failure {
                    chain: vec![format!(
                        "the command in the sandbox of `{step}` ended with {exit:?}"
                    )],
                    ..Failure::default()
                },
            )),
        }
    }
}
