//! `pbs cache`: what is in the store, how big it is, and throwing away.

use std::io::Write as _;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::context::Context;
use super::fail::CliError;
use super::human::{self, Bytes};
use crate::engine::{Class, Engine};
use crate::store::CollectPolicy;
use crate::ui::Failure;

/// List, measure, check and clean the store
#[derive(Subcommand, Clone, Debug)]
pub(super) enum Cache {
    /// List the recorded results, the last used first
    List,
    /// Print how much the store holds
    Size,
    /// Throw away what was not used for a while
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
                };
                let done = store.collect(&policy, context.now())?;
                let logs = collect_logs(&store)?;
                writeln!(
                    context.stdout,
                    "removed {} results, {} blobs and {logs} logs; {} freed, {} left",
                    done.actions,
                    done.blobs,
                    Bytes(done.bytes),
                    Bytes(done.bytes_left)
                )?;
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

/// Removes the log files of results that are no longer recorded; a log that is still wanted is
/// written again from the store.
fn collect_logs(store: &crate::store::Store) -> Result<usize, CliError> {
    let dir = Engine::logs(store);
    let entries = match fs_err::read_dir(&dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error.into()),
    };
    let known: std::collections::BTreeSet<String> = store
        .actions()?
        .iter()
        .map(|(key, ..)| key.hex()[..12].to_owned())
        .collect();
    let mut removed = 0;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let key = name
            .to_str()
            .and_then(|name| name.strip_suffix(".log")?.rsplit('.').next());
        if key.is_none_or(|key| !known.contains(key)) {
            fs_err::remove_file(entry.path())?;
            removed += 1;
        }
    }
    Ok(removed)
}
