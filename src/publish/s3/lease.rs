//! The right to publish to a bucket: a record that is swapped under conditions.
//!
//! The holder renews it from a thread of its own. Whoever waits takes over when the record has not changed
//! for `stale`, counted by their own clock from when they saw it, which is after it was written: the holder
//! stops publishing before that. A process that sleeps through all this finds that the index was changed.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::super::{DestinationError, Held};
use super::destination::failed;
use super::record::Record;
use crate::bucket::{Bucket, BucketError, Condition, Kind, Written};

const DOING: &str = "take the right to publish";
/// A record has about 150 bytes.
const MOST_RECORD: u64 = 64 << 10;
const KIND: Kind = Kind {
    media_type: "application/json",
    is_final: false,
};
/// The ETag of nothing.
const NO_ETAG: &str = "\"00000000000000000000000000000000\"";

/// How fast a lease is renewed, and how long it lasts without.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// It is renewed so often.
    pub renew: Duration,
    /// It is nobody's after so long without.
    pub stale: Duration,
    /// Those who wait look so often.
    pub poll: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            renew: Duration::from_secs(8),
            stale: Duration::from_secs(30),
            poll: Duration::from_millis(500),
        }
    }
}

/// What whoever holds it knows.
#[derive(Debug)]
pub(super) struct State {
    key: String,
    pace: Pace,
    current: Mutex<Current>,
    lost: AtomicBool,
}

#[derive(Debug)]
struct Current {
    record: Record,
    etag: String,
    /// When it was about to be written.
    written: Instant,
}

impl State {
    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An error if it is not held any more.
    pub(super) fn check(&self) -> Result<(), BucketError> {
        let is_lost = self.lost.load(Ordering::Relaxed);
        if is_lost || self.current().written.elapsed() >= self.pace.stale {
            return Err(BucketError::Lost {
                seconds: self.pace.stale.as_secs(),
            });
        }
        Ok(())
    }

    /// Writes the next record in the place of our last.
    fn swap(&self, bucket: &Bucket, next: impl FnOnce(&Record) -> Record) {
        let (record, etag) = {
            let current = self.current();
            (next(&current.record), current.etag.clone())
        };
        let begun = Instant::now();
        // Where nothing can be said of it, it is tried again, and grows stale if that goes on.
        match write(bucket, &self.key, &record, Condition::Is(&etag)) {
            Ok(Some(etag)) => {
                *self.current() = Current {
                    record,
                    etag,
                    written: begun,
                };
            }
            Ok(None) => self.lost.store(true, Ordering::Relaxed),
            Err(error) => tracing::debug!(%error, "the lease could not be renewed"),
        }
    }
}

/// Writes a record; nothing where the condition does not hold.
fn write(
    bucket: &Bucket,
    key: &str,
    record: &Record,
    condition: Condition<'_>,
) -> Result<Option<String>, BucketError> {
    let bytes = record.write();
    if let Written::Done { etag } = bucket.put(key, bytes.clone(), KIND, condition)? {
        return Ok(Some(etag));
    }
    // It may be ours: of a request whose answer did not come.
    let there = bucket.get(key, MOST_RECORD)?;
    Ok(there.filter(|there| there.bytes == bytes).map(|there| there.etag))
}

/// The right to publish.
#[derive(Debug)]
pub(super) struct Lease {
    state: Arc<State>,
    bucket: Bucket,
    stop: Option<mpsc::Sender<()>>,
    renewing: Option<JoinHandle<()>>,
}

impl Held for Lease {}

impl Lease {
    pub(super) fn state(&self) -> Arc<State> {
        Arc::clone(&self.state)
    }

    /// Takes it. `quiet` is what it is renewed and given back with, also when a person interrupts the rest.
    pub(super) fn take(
        bucket: &Bucket,
        quiet: &Bucket,
        key: String,
        pace: Pace,
        waiting: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Self, DestinationError> {
        let io = failed(DOING);
        let record = Record::new(name(), format!("{:016x}", random()));
        let mut seen: Option<(String, Instant)> = None;
        let current = loop {
            let begun = Instant::now();
            let there = bucket.get(&key, MOST_RECORD).map_err(&io)?;
            let condition = match &there {
                None => Condition::Absent,
                Some(there) => Condition::Is(&there.etag),
            };
            let holder = there.as_ref().and_then(|there| Record::read(&there.bytes).holder);
            let since = match (&seen, &there) {
                (Some((etag, since)), Some(there)) if *etag == there.etag => *since,
                _ => begun,
            };
            seen = there.as_ref().map(|there| (there.etag.clone(), since));
            if let Some(holder) = holder
                && since.elapsed() < pace.stale
            {
                if waiting(&holder).is_break() {
                    return Err(DestinationError::Interrupted);
                }
                std::thread::sleep(pace.poll);
                continue;
            }
            let begun = Instant::now();
            let written = write(bucket, &key, &record, condition).map_err(|error| {
                io(match condition {
                    Condition::Is(_) => conditional("If-Match", error),
                    _ => conditional("If-None-Match", error),
                })
            })?;
            // Else somebody was faster.
            if let Some(etag) = written {
                break Current {
                    record,
                    etag,
                    written: begun,
                };
            }
        };
        let state = Arc::new(State {
            key,
            pace,
            current: Mutex::new(current),
            lost: AtomicBool::new(false),
        });
        let (stop, stopped) = mpsc::channel::<()>();
        let renewing = std::thread::Builder::new().name("lease".to_owned()).spawn({
            let (state, bucket) = (Arc::clone(&state), quiet.clone());
            move || {
                while stopped.recv_timeout(pace.renew) == Err(RecvTimeoutError::Timeout) {
                    state.swap(&bucket, Record::next);
                }
            }
        });
        let lease = Self {
            state,
            bucket: quiet.clone(),
            stop: Some(stop),
            renewing: Some(renewing.map_err(|source| DestinationError::Io { doing: DOING, source })?),
        };
        lease.prove(bucket).map_err(&io)?;
        Ok(lease)
    }

    /// Finds out whether the server keeps to conditions: it must not write now.
    fn prove(&self, bucket: &Bucket) -> Result<(), BucketError> {
        let conditions = [
            (Condition::Absent, "If-None-Match"),
            (Condition::Is(NO_ETAG), "If-Match"),
        ];
        for (condition, name) in conditions {
            let free = self.state.current().record.free().write();
            match bucket.put(&self.state.key, free, KIND, condition) {
                Ok(Written::Refused) => {}
                Ok(Written::Done { .. }) => return Err(BucketError::Unconditional { condition: name }),
                Err(error) => return Err(conditional(name, error)),
            }
        }
        Ok(())
    }
}

/// What an error says of a server that was asked to keep to a condition.
fn conditional(condition: &'static str, error: BucketError) -> BucketError {
    match (error.status(), error.code()) {
        (Some(501), _) | (_, "NotImplemented") => BucketError::Unconditional { condition },
        _ => error,
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(renewing) = self.renewing.take() {
            // One that panicked renews nothing any more.
            let _ = renewing.join();
        }
        if self.state.check().is_ok() {
            self.state.swap(&self.bucket, Record::free);
        }
    }
}

/// What others are told whom they wait for.
fn name() -> String {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("process {} on {host}", std::process::id())
}

/// The system seeds the standard library's hashes.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
