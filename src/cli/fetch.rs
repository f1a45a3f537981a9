//! `pbs fetch`: an interpreter that somebody has built and published.

use std::io::Write as _;
use std::sync::Arc;

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::args::publishers;
use super::context::Context;
use super::fail::CliError;
use crate::engine::{Listener, Transfers};
use crate::fetch::HttpLimits;
use crate::index::{Artifact, VersionChoice};
use crate::model::{Options, Target};
use crate::obtain::{LockUse, Machine, Obtained, Origin, Request, Tools, obtain};
use crate::plan::Flavor;

/// Get an interpreter that was published with `pbs publish`, and print its path
///
/// The newest that fits is downloaded once, checked against the publisher's signature, and unpacked into a
/// cache that jobs share. With a lock file everybody gets the archive that is named there, by digest, and the
/// index is not even asked.
#[derive(Args, Clone, Debug)]
pub(super) struct Fetch {
    /// Which version: `3`, `3.14`, `3.14.2`, with `+TAG` behind it one release [default: the newest]
    #[arg(value_name = "VERSION")]
    version: Option<String>,
    /// Where it will run [default: a machine like this one]
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
    /// How it is built, such as `debug` [default: the fastest ordinary build]
    #[arg(long, value_name = "OPTIONS")]
    options: Option<String>,
    /// What is in it
    #[arg(long, value_name = "FLAVOR", default_value = "install_only_stripped")]
    flavor: FlavorArg,
    /// An address, a bucket (`s3://BUCKET/PREFIX`), a repository (`oci://HOST/NAME`) or a directory that
    /// `pbs publish` filled [default: $PBS_FETCH_FROM, then what the lock file says]
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// Unpack it to this directory, which becomes new, and not into the cache
    #[arg(long, value_name = "DIR")]
    dest: Option<Utf8PathBuf>,
    /// The publisher's public key, or a file with it; may be repeated [default: $PBS_FETCH_KEY, then what is
    /// remembered, then the key that signs the first time]
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<String>,
    /// Take what this file names; write it if it is not there
    #[arg(long, value_name = "FILE")]
    locked: Option<Utf8PathBuf>,
    /// Ask the index all the same, and lock the newest
    #[arg(long, requires = "locked")]
    update: bool,
    /// Keep what is published about it in this directory, for `pbs verify --evidence`; the index is asked also
    /// where a lock file is followed
    #[arg(long, value_name = "DIR")]
    evidence: Option<Utf8PathBuf>,
    /// Print an object with all that is known, not the path alone
    #[arg(long)]
    json: bool,
}

/// `--flavor`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum FlavorArg {
    /// Everything: objects, licences, what `pbs link` needs
    #[value(name = "full")]
    Full,
    /// The installation
    #[value(name = "install_only")]
    InstallOnly,
    /// The installation without symbols
    #[value(name = "install_only_stripped")]
    InstallOnlyStripped,
}

/// What was fetched, for programs.
#[derive(Serialize)]
struct Outcome<'a> {
    /// Version of this format.
    version: u32,
    interpreter: &'a str,
    /// The directory that holds `python/`.
    directory: &'a str,
    /// The archive as the index or the lock file describes it.
    archive: &'a Artifact,
    from: &'a str,
    /// Of the index; null where a lock file was followed.
    serial: Option<u64>,
    /// Whether anything was downloaded.
    downloaded: bool,
}

impl Fetch {
    pub(super) fn run(&self, context: &mut Context) -> Result<(), CliError> {
        let request = self.request(context)?;
        let listener: Arc<dyn Listener> = Arc::clone(&context.reporter) as _;
        let tools = Tools {
            store: context.store()?,
            limits: HttpLimits::default(),
            progress: Arc::new(Transfers::new(listener)),
            notice: context.notice(),
            buckets: context.settings.buckets.clone(),
            authorities: context.authorities()?,
            registries: context.registries()?,
            cancelled: context.cancel.clone(),
            machine: Machine::here(),
        };
        let obtained = obtain(&request, &tools)?;
        context.reporter.clear();
        if self.json {
            let text = serde_json::to_string_pretty(&outcome(&obtained)).map_err(std::io::Error::from)?;
            writeln!(context.stdout, "{text}")?;
        } else {
            writeln!(context.stdout, "{}", obtained.interpreter)?;
        }
        Ok(())
    }

    fn request(&self, context: &Context) -> Result<Request, CliError> {
        let settings = &context.settings;
        let here = &settings.working_dir;
        let python = match &self.version {
            Some(text) => parsed(text.parse::<VersionChoice>(), "leave it out for the newest")?,
            None => VersionChoice::default(),
        };
        let target = self.target.as_deref().map(Target::parse);
        let target = target.map(|target| parsed(target, "leave `--target` out for a machine like this one"));
        let options = self.options.as_deref().map(str::parse::<Options>);
        let options = options.map(|options| parsed(options, "such as `--options debug`"));
        let from = self.from.as_deref().or(settings.fetch_from.as_deref());
        Ok(Request {
            python,
            target: target.transpose()?,
            options: options.transpose()?,
            flavor: match self.flavor {
                FlavorArg::Full => Flavor::Full,
                FlavorArg::InstallOnly => Flavor::InstallOnly,
                FlavorArg::InstallOnlyStripped => Flavor::InstallOnlyStripped,
            },
            origin: from.map(|text| Origin::parse(text, here)).transpose()?,
            keys: publishers(&self.keys, settings)?,
            dest: self.dest.as_ref().map(|dest| here.join(dest)),
            lock: self.locked.as_ref().map(|path| LockUse {
                path: here.join(path),
                update: self.update,
            }),
            evidence: self.evidence.as_ref().map(|dir| here.join(dir)),
        })
    }
}

/// A text of the command line that must mean something.
fn parsed<T, E: std::fmt::Display>(result: Result<T, E>, hint: &str) -> Result<T, CliError> {
    result.map_err(|error| CliError::input(error.to_string()).hint(hint))
}

fn outcome(obtained: &Obtained) -> Outcome<'_> {
    Outcome {
        version: 1,
        interpreter: obtained.interpreter.as_str(),
        directory: obtained.directory.as_str(),
        archive: &obtained.artifact,
        from: &obtained.from,
        serial: obtained.serial,
        downloaded: obtained.downloaded,
    }
}
