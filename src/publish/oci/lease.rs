//! The right to publish, as far as a registry can keep it: a tag with a ticket that is renewed.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::model::Digest;
use crate::publish::{DestinationError, Held};
use crate::registry::{Client, Manifest, RegistryError};

/// The tag of the lease. No path has it ([`crate::registry::tag_of`]).
const TAG: &str = "_Lock";
/// What it is.
const TYPE: &str = "application/vnd.pbs.lock.v1";
const HOLDER: &str = "vnd.pbs.holder";
const TICKET: &str = "vnd.pbs.ticket";
const BEAT: &str = "vnd.pbs.beat";

/// How long things take.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    /// It is over if it is not renewed for so long.
    pub length: Duration,
    /// It is renewed so often.
    pub renewal: Duration,
    /// Longer than it takes others from looking to writing.
    pub settling: Duration,
    /// How often those who wait look.
    pub poll: Duration,
}

impl Default for Lease {
    fn default() -> Self {
        Self {
            length: Duration::from_secs(40),
            renewal: Duration::from_secs(10),
            settling: Duration::from_millis(400),
            poll: Duration::from_millis(500),
        }
    }
}

/// What the tag says.
#[derive(Clone, PartialEq, Eq, Debug)]
struct State {
    /// Nobody, if it is empty.
    holder: String,
    ticket: String,
    beat: u64,
}

impl State {
    fn of(manifest: &Manifest) -> Self {
        let get = |name: &str| manifest.annotations.get(name).cloned().unwrap_or_default();
        Self {
            holder: get(HOLDER),
            ticket: get(TICKET),
            beat: get(BEAT).parse().unwrap_or(0),
        }
    }

    fn manifest(&self) -> Manifest {
        // A manifest has a layer at least; this one's is what its configuration is, too.
        let mut manifest = Manifest::of_file(TYPE, "lock", &Digest::of(b"{}"));
        manifest.annotations = BTreeMap::from([
            (HOLDER.to_owned(), self.holder.clone()),
            (TICKET.to_owned(), self.ticket.clone()),
            (BEAT.to_owned(), self.beat.to_string()),
        ]);
        manifest
    }
}

fn read(client: &Client) -> Result<Option<State>, RegistryError> {
    match client.manifest(TAG)? {
        Some((manifest, _)) if manifest.artifact_type != TYPE => Err(client.strange(TAG)),
        found => Ok(found.map(|(manifest, _)| State::of(&manifest))),
    }
}

fn write(client: &Client, state: &State) -> Result<(), RegistryError> {
    client.put_manifest(TAG, &state.manifest())
}

/// A lease that is held, and renewed meanwhile.
#[derive(Debug)]
pub(super) struct HeldLease {
    /// Dropped to end the renewal.
    stop: Option<mpsc::Sender<()>>,
    renewal: Option<JoinHandle<()>>,
}

impl Held for HeldLease {}

impl Drop for HeldLease {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(renewal) = self.renewal.take() {
            // One that panicked gives nothing back: it ends by itself.
            let _ = renewal.join();
        }
    }
}

/// Takes the lease; `lost` becomes true when somebody else has it nevertheless.
pub(super) fn take(
    client: &Arc<Client>,
    lease: Lease,
    lost: &Arc<AtomicBool>,
    waiting: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> Result<HeldLease, DestinationError> {
    let mine = State {
        holder: myself(),
        ticket: ticket(),
        beat: 0,
    };
    let mut watched: Option<(State, Instant)> = None;
    // Whether it is a registry is told before anything is put.
    read(client)?;
    client.put_configuration()?;
    loop {
        let looked = Instant::now();
        if let Some(theirs) = read(client)?.filter(|state| !state.holder.is_empty()) {
            let since = match &watched {
                Some((state, since)) if *state == theirs => *since,
                _ => looked,
            };
            if theirs.ticket != mine.ticket && since.elapsed() < lease.length {
                if waiting(&theirs.holder).is_break() {
                    return Err(DestinationError::Interrupted);
                }
                watched = Some((theirs, since));
                std::thread::sleep(lease.poll);
                continue;
            }
        }
        write(client, &mine)?;
        std::thread::sleep(lease.settling.max(looked.elapsed() * 3));
        if read(client)?.as_ref() == Some(&mine) {
            break;
        }
    }
    lost.store(false, Ordering::Release);
    let (stop, stopped) = mpsc::channel();
    let (client, lost) = (Arc::clone(client), Arc::clone(lost));
    let renewal = std::thread::Builder::new()
        .name("lease".to_owned())
        .spawn(move || {
            renew(&client, lease, mine, &lost, &stopped);
        });
    let renewal = renewal.map_err(|source| DestinationError::Io {
        doing: "keep the right to publish",
        source,
    })?;
    Ok(HeldLease {
        stop: Some(stop),
        renewal: Some(renewal),
    })
}

/// Renews it until that is ended, then gives it back.
fn renew(client: &Client, lease: Lease, mut mine: State, lost: &AtomicBool, stopped: &mpsc::Receiver<()>) {
    let mut renewed = Instant::now();
    loop {
        let ended = stopped.recv_timeout(lease.renewal) != Err(mpsc::RecvTimeoutError::Timeout);
        let theirs = read(client);
        if theirs
            .as_ref()
            .is_ok_and(|state| state.as_ref().map(|state| &state.ticket) != Some(&mine.ticket))
        {
            lost.store(true, Ordering::Release);
            return;
        }
        if ended {
            mine.holder.clear();
        }
        mine.beat += 1;
        if theirs.is_ok() && write(client, &mine).is_ok() {
            renewed = Instant::now();
        }
        // Until then others take it for ours, and so it is tried again.
        if renewed.elapsed() > lease.length {
            lost.store(true, Ordering::Release);
        }
        if ended {
            return;
        }
    }
}

/// Who publishes, for others to read.
fn myself() -> String {
    let system = rustix::system::uname();
    let host = system.nodename().to_string_lossy().into_owned();
    format!("process {} on {host}", std::process::id())
}

/// What nobody else has: keys of the system's random numbers, twice.
fn ticket() -> String {
    let word = || RandomState::new().hash_one(std::process::id());
    format!("{:016x}{:016x}", word(), word())
}
