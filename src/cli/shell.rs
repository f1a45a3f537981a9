//! `pbs shell`: a step's sandbox, to look around in.

use std::io::Write as _;

use clap::Args;

use super::args::{From, Running, Which};
use super::context::Context;
use super::fail::CliError;
use crate::engine::{Class, Console};
use crate::plan::StepKind;
use crate::sandbox::{Exit, OutputSink};
use crate::ui::Failure;

/// Enter the sandbox of a step: its root, inputs and environment
///
/// What the step needs is built first. `/work` and `/out` are empty and thrown away afterwards; the
/// step's script is in `/in/recipe`. Without a terminal, or with its input or output redirected, a
/// command must be named; it reads nothing, and its output goes to standard output.
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

/// What the command prints, to standard output.
struct Passthrough;

impl OutputSink for Passthrough {
    fn write(&self, bytes: &[u8]) {
        // A reader that went away is no reason to stop the command.
        let _ = std::io::stdout().write_all(bytes);
        let _ = std::io::stdout().flush();
    }
}

impl Shell {
    pub(super) fn run(&self, context: &mut Context) -> Result<(), CliError> {
        let terminal = context.settings.interactive;
        if self.command.is_empty() && !terminal {
            let chain = vec!["a shell needs a terminal, and standard input or output is none".to_owned()];
            let failure = Failure {
                chain,
                ..Failure::default()
            };
            let error = CliError::new(Class::Input, failure);
            return Err(error.hint(format!("name a command: `pbs shell {} -- ls -l /in`", self.step)));
        }
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
        let console = match terminal {
            true => Console::Terminal,
            false => Console::Sink(&Passthrough),
        };
        let finished = context.block_on(engine.enter(&planned.plan, &step, argv, console))?;
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
