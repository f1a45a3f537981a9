//! From the process's arguments to its exit code.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use clap::error::ErrorKind;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::args::{Cli, Command, Global, Log};
use super::context::Context;
use super::exit::code;
use super::fail::CliError;
use super::settings::{Screen, Settings};
use crate::engine::Class;
use crate::ui::{Look, Reporter, Verbosity, reporter};

/// Runs `pbs` with the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Nobody is left to be told that the stream is closed.
            let _ = error.print();
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
                _ => ExitCode::from(code(Class::Input)),
            };
        }
    };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut stderr = std::io::stderr().lock();
            for (number, failure) in error.failures.iter().enumerate() {
                let gap = if number == 0 { "" } else { "\n" };
                let _ = write!(stderr, "{gap}{failure}");
            }
            ExitCode::from(code(error.class))
        }
    }
}

fn run(cli: Cli) -> Result<(), CliError> {
    let settings = Settings::read()?;
    if let Some(filter) = &settings.log {
        let filter = tracing_subscriber::EnvFilter::try_new(filter).map_err(|error| {
            CliError::input(format!("PBS_LOG is not a filter: {error}")).hint("such as `PBS_LOG=debug`")
        })?;
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .init();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let cancel = CancellationToken::new();
    runtime.spawn(listen(cancel.clone()));
    let reporter = look(&cli.global, &settings);
    let mut context = Context {
        reporter: Arc::clone(&reporter),
        stdout: Box::new(std::io::stdout()),
        global: cli.global,
        settings,
        cancel,
        runtime,
    };
    let result = dispatch(&cli.command, &mut context);
    reporter.clear();
    // What still waits for a disk or a network must not keep the person waiting.
    context.runtime.shutdown_background();
    result
}

fn dispatch(command: &Command, context: &mut Context) -> Result<(), CliError> {
    match command {
        Command::Build(command) => command.run(context),
        Command::Train(command) => command.run(context),
        Command::Plan(command) => command.run(context),
        Command::Explain(command) => command.run(context),
        Command::Shell(command) => command.run(context),
        Command::Sources(command) => command.run(context),
        Command::Image(command) => command.run(context),
        Command::Cache(command) => command.run(context),
        Command::Verify(command) => command.run(context),
        Command::Test(command) => command.run(context),
        Command::Link(command) => command.run(context),
        Command::Fetch(command) => command.run(context),
        Command::Inspect(command) => command.run(context),
        Command::Diff(command) => command.run(context),
        Command::Reproduce(command) => command.run(context),
        Command::Publish(command) => command.run(context),
        Command::Doctor(command) => command.run(context),
        Command::Targets(command) => command.run(context),
        Command::Ci(command) => command.run(context),
    }
}

fn look(global: &Global, settings: &Settings) -> Arc<dyn Reporter> {
    let verbosity = match (global.quiet, global.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    };
    let look = match (global.log, settings.screen, verbosity) {
        (Log::Json, _, _) => Look::Json,
        (Log::Auto, Screen::Terminal, Verbosity::Normal) => Look::Bars,
        _ => Look::Plain,
    };
    reporter(look, verbosity, Box::new(std::io::stderr()))
}

/// Ctrl-C and SIGTERM end everything in order; a second one ends the driver at once, and what it
/// leaves behind is removed at the next start.
async fn listen(cancel: CancellationToken) {
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return;
    };
    for time in 0.. {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        cancel.cancel();
        if time > 0 {
            #[expect(clippy::exit, reason = "the person insists")]
            std::process::exit(code(Class::Interrupted).into());
        }
    }
}
