//! The command line as a value: the words that several commands share, each defined once.

use std::num::NonZeroUsize;

use camino::Utf8PathBuf;
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::fail::CliError;
use super::settings::Settings;
use super::{
    build, cache, ci, diff, doctor, explain, fetch, image, inspect, link, plan, publish, reproduce, shell,
    sources, targets, test, train, verify,
};
use crate::index::PublicKey;
use crate::obtain::read_key;

/// Builds optimised, reproducible, relinkable CPython distributions.
///
/// Results go to standard output, everything for people to standard error.
#[derive(Parser, Clone, Debug)]
#[command(name = "pbs", version, max_term_width = 100, after_long_help = after_help())]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

fn after_help() -> String {
    use std::fmt::Write as _;
    let mut text = format!(
        "Environment:\n{}\nExit codes:\n",
        super::settings::variables_table()
    );
    for (code, meaning) in super::exit::CODES {
        let _ = writeln!(text, "  {code:3}  {meaning}");
    }
    text
}

/// Words that every command understands.
#[derive(Args, Clone, Debug)]
pub(super) struct Global {
    /// The store: sources, results, logs [default: $PBS_STORE, then ~/.cache/pbs]
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) store: Option<Utf8PathBuf>,
    /// The directory that holds recipes/, patches/ and docker/ [default: $PBS_RECIPES, then
    /// upwards from here, then the checkout that pbs was built from]
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) recipes: Option<Utf8PathBuf>,
    /// How work is shown on standard error
    #[arg(long, global = true, value_name = "HOW", default_value = "auto")]
    pub(super) log: Log,
    /// Show what is cached and what steps print, too
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(super) verbose: bool,
    /// Show failures only
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
}

/// `--log`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Log {
    /// Bars on a terminal, lines elsewhere
    Auto,
    /// One line per event
    Plain,
    /// One JSON object per event
    Json,
}

/// `--format` of what a person or a program reads.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Format {
    /// For people
    Text,
    /// Everything, for programs
    Json,
}

/// Which interpreter is meant.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Which {
    /// Version of CPython [default: the release's]
    #[arg(long, value_name = "VERSION")]
    pub(super) python: Option<String>,
    /// Where it will run [default: a machine like this one]
    #[arg(long, value_name = "TRIPLE")]
    pub(super) target: Option<String>,
    /// How it is built, such as `noopt` or `debug` [default: the release's]
    #[arg(long, value_name = "OPTIONS")]
    pub(super) options: Option<String>,
    /// Another recorded version of a dependency; may be repeated
    #[arg(long = "pin", value_name = "NAME=VERSION")]
    pub(super) pins: Vec<String>,
    /// What code for the target is compiled and linked against, instead of the recipes' own: Apple's
    /// SDK, or a directory that `xwin splat` filled
    #[arg(long, value_name = "DIR")]
    pub(super) sysroot: Option<Utf8PathBuf>,
}

/// Where sources come from.
#[derive(Args, Clone, Debug)]
pub(super) struct From {
    /// Do not use the network
    #[arg(long)]
    pub(super) offline: bool,
    /// A directory that `pbs sources mirror` filled; may be repeated
    #[arg(long, value_name = "DIR")]
    pub(super) source_dir: Vec<Utf8PathBuf>,
}

/// How steps run.
#[derive(Args, Clone, Debug)]
pub(super) struct Running {
    /// Where commands run
    #[arg(long, value_name = "SANDBOX", default_value = "auto")]
    pub(super) sandbox: SandboxName,
    /// How many cores steps may take [default: all]
    #[arg(short, long, value_name = "N")]
    pub(super) jobs: Option<NonZeroUsize>,
}

/// `--sandbox`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SandboxName {
    /// native where it works, else docker
    Auto,
    /// Linux namespaces: no daemon, no root
    Native,
    /// A Docker Engine
    Docker,
}

/// What is to be done.
#[derive(Subcommand, Clone, Debug)]
pub(super) enum Command {
    Build(build::Build),
    Train(train::Train),
    Plan(plan::Plan),
    Explain(explain::Explain),
    Shell(shell::Shell),
    #[command(subcommand)]
    Sources(sources::Sources),
    #[command(subcommand)]
    Image(image::Image),
    #[command(subcommand)]
    Cache(cache::Cache),
    Verify(verify::Verify),
    Test(test::Test),
    Link(Box<link::Link>),
    Fetch(fetch::Fetch),
    Inspect(inspect::Inspect),
    Diff(diff::Diff),
    Reproduce(reproduce::Reproduce),
    Publish(publish::Publish),
    Targets(targets::Targets),
    Doctor(doctor::Doctor),
    #[command(subcommand)]
    Ci(ci::Ci),
}

/// The keys of a publisher: those given on the command line, or else in the environment.
pub(super) fn publishers(given: &[String], settings: &Settings) -> Result<Vec<PublicKey>, CliError> {
    let known = settings.fetch_key.as_deref().unwrap_or_default();
    let texts: Vec<&str> = match given.is_empty() {
        true => known.split_whitespace().collect(),
        false => given.iter().map(String::as_str).collect(),
    };
    let keys = texts
        .into_iter()
        .map(|text| read_key(text, &settings.working_dir));
    Ok(keys.collect::<Result<_, _>>()?)
}
