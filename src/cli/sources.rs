//! `pbs sources`: what builds need from the world.

use std::io::Write as _;
use std::sync::Arc;

use camino::Utf8PathBuf;
use clap::{Args, Subcommand};

use super::args::{From, Which};
use super::context::{Context, Planned};
use super::fail::CliError;
use crate::engine::{Class, Listener, Transfers};
use crate::fetch::{FetchError, Fetcher, Need, fetch_all, mirror};

/// List, prefetch or mirror sources and the packages of the worker root
#[derive(Subcommand, Clone, Debug)]
pub(super) enum Sources {
    /// List what a build needs, and who has it
    List(List),
    /// Get everything that a build needs into the store
    Fetch(Fetch),
    /// Fill a directory with everything that a build needs, for `--source-dir`
    Mirror(Mirror),
}

/// What is needed by whom.
#[derive(Args, Clone, Debug)]
struct Wanted {
    #[command(flatten)]
    which: Which,
    /// Everything that any released build needs
    #[arg(long)]
    all: bool,
}

impl Wanted {
    fn plans(&self, context: &Context) -> Result<Vec<Planned>, CliError> {
        if self.all {
            return context.all_plans();
        }
        Ok(vec![context.plan(&self.which)?])
    }
}

/// `pbs sources list`.
#[derive(Args, Clone, Debug)]
pub(super) struct List {
    #[command(flatten)]
    wanted: Wanted,
}

/// `pbs sources fetch`.
#[derive(Args, Clone, Debug)]
pub(super) struct Fetch {
    #[command(flatten)]
    wanted: Wanted,
    #[command(flatten)]
    from: From,
}

/// `pbs sources mirror`.
#[derive(Args, Clone, Debug)]
pub(super) struct Mirror {
    /// The directory
    dir: Utf8PathBuf,
    #[command(flatten)]
    wanted: Wanted,
    #[command(flatten)]
    from: From,
}

impl Sources {
    pub(super) fn run(&self, context: &mut Context) -> Result<(), CliError> {
        match self {
            Self::List(list) => {
                let plans = list.wanted.plans(context)?;
                for need in needs(&plans) {
                    let listed = need.listed();
                    writeln!(context.stdout, "{}", listed.name)?;
                    for place in listed.places {
                        writeln!(context.stdout, "  {}  {}", place.digest, place.place)?;
                    }
                }
                Ok(())
            }
            Self::Fetch(fetch) => {
                let plans = fetch.wanted.plans(context)?;
                let needs = needs(&plans);
                let errors = fetch_all(&fetcher(context, &fetch.from)?, &needs);
                if errors.is_empty() {
                    context.say(&format!("{} files are in the store", needs.len()));
                    return Ok(());
                }
                Err(failed(&errors))
            }
            Self::Mirror(mirrored) => {
                let plans = mirrored.wanted.plans(context)?;
                let dir = context.settings.working_dir.join(&mirrored.dir);
                let files = mirror(&fetcher(context, &mirrored.from)?, &needs(&plans), &dir)
                    .map_err(|errors| failed(&errors))?;
                for file in files {
                    writeln!(context.stdout, "{}", mirrored.dir.join(file.file))?;
                }
                Ok(())
            }
        }
    }
}

fn fetcher(context: &Context, from: &From) -> Result<Fetcher, CliError> {
    let store = context.store()?;
    let listener: Arc<dyn Listener> = Arc::clone(&context.reporter) as _;
    context.fetcher(store, from, &Transfers::new(listener))
}

/// What plans need from the world.
pub(super) fn needs(plans: &[Planned]) -> Vec<Need<'_>> {
    Need::of_plans(plans.iter().map(|planned| &*planned.plan))
}

fn failed(errors: &[FetchError]) -> CliError {
    let mut all = CliError {
        class: Class::Input,
        failures: Vec::new(),
    };
    for error in errors {
        let one = CliError::from_fetch(error);
        all.class = all.class.max(one.class);
        all.failures.extend(one.failures);
    }
    all
}
