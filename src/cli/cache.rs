//! `pbs cache`: what is in the store, how big it is, and throwing away.

use std::io::Write as _;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::context::Context;
use super::fail::CliError;
use super::human::{self, Bytes};
use super::sources::needs;
use crate::engine::{Class, Engine};
use crate::model::Pin;
use crate::obtain;
use crate::sandbox::Docker;
use crate::store::CollectPolicy;
use crate::ui::Failure;

/// List, measure, check and clean the store
#[derive(Subcommand, Clone, Debug)]
pub(super) enum Cache {
    /// List the recorded results, the last used first
    List,
    /// Print how much the store holds
    Size,
    /// Throw away what was not used for a while, and downloaded archives
    ///
    /// Archives are only read to make a result, so they go however young they are, unless they
    /// are asked to stay: a build whose results are gone needs the network again.
    /// Interpreters that `pbs fetch` put into the cache go when they were not asked for so long.
    Gc(Gc),
    /// Read everything and remove what is damaged
    Verify,
}

/// `pbs cache gc`.
#[derive(Args, Clone, Debug)]
pub(super) struct Gc {
    /// Results that were not used for so long go, such as `30d` or `12h`
    #[arg(long, value_name = "AGE", default_value = "30d", value_parser = human::parse_age)]
    max_age: Duration,
    /// The least recently used results go until the store is no larger, such as `10G`
    #[arg(long, value_name = "SIZE", value_parser = human::parse_size)]
    max_size: Option<u64>,
    /// Keep the archives that released builds need, which `pbs sources fetch --all` gets
    #[arg(long)]
    keep_sources: bool,
}

/// The archives of everything that is released.
fn archives(context: &Context) -> Result<Vec<Pin>, CliError> {
    let plans = context.all_plans()?;
    let needs = needs(&plans);
    let places = needs.iter().flat_map(|need| need.listed().places);
    Ok(places.map(|place| place.digest).collect())
}

impl Cache {
    pub(super) fn run(&self, context: &mut Context) -> Result<(), CliError> {
        let store = context.store()?;
        match self {
            Self::List => {
                for (key, record, _used) in store.actions()? {
                    writeln!(
                        context.stdout,
                        "{}  {:32}  {:8.1} s  {:10}  {}",
                        &key.hex()[..12],
                        record.step,
                        record.wall_seconds,
                        record.sandbox,
                        record.output
                    )?;
                }
            }
            Self::Size => {
                let size = store.size()?;
                writeln!(
                    context.stdout,
                    "{} in {} blobs, {} trees standing, {} results",
                    Bytes(size.bytes),
                    size.blobs,
                    size.trees,
                    size.actions
                )?;
            }
            Self::Gc(gc) => {
                let policy = CollectPolicy {
                    max_age: Some(gc.max_age),
                    max_bytes: gc.max_size,
                    keep: if gc.keep_sources {
                        archives(context)?
                    } else {
                        Vec::new()
                    },
                };
                let docker = context.sandbox_settings().docker;
                let (done, also) = store.collect(&policy, context.now(), || {
                    let logs = Engine::collect_logs(&store)?;
                    let pythons = obtain::collect(&store, gc.max_age, context.now())?;
                    let images = context.block_on(Docker::forget_images(docker.as_deref()))?;
                    Ok::<_, CliError>((logs, pythons, images))
                })?;
                writeln!(
                    context.stdout,
                    "removed {} results and {} blobs; {} freed, {} left",
                    done.actions,
                    done.blobs,
                    Bytes(done.bytes),
                    Bytes(done.bytes_left)
                )?;
                let (logs, pythons, images) = also?;
                writeln!(
                    context.stdout,
                    "removed {logs} logs and {images} container images"
                )?;
                if pythons > 0 {
                    writeln!(context.stdout, "removed {pythons} fetched interpreters")?;
                }
            }
            Self::Verify => {
                let health = store.check()?;
                writeln!(
                    context.stdout,
                    "{} in {} blobs and {} standing trees checked",
                    Bytes(health.bytes),
                    health.blobs,
                    health.trees
                )?;
                if !health.damage.is_empty() {
                    let mut failure = Failure {
                        chain: vec![format!(
                            "{} things in the store were damaged",
                            health.damage.len()
                        )],
                        ..Failure::default()
                    };
                    failure.details = health.damage.iter().map(|damage| format!("  {damage}")).collect();
                    return Err(CliError::new(
                        Class::Input,
                        failure.hint("they have been removed; the next build makes them again"),
                    ));
                }
            }
        }
        Ok(())
    }
}
