//! One process at a time: jobs that share a machine's cache wait for each other.

use std::time::Duration;

use camino::Utf8Path;
use tokio_util::sync::CancellationToken;

use super::ObtainError;
use crate::engine::ActionLock;
use crate::model::Digest;

/// How often a lock that somebody else holds is tried again.
const PACE: Duration = Duration::from_millis(50);

/// Waits for the lock with this name in `dir`; `waiting` is called once if it has to.
pub(super) fn enter(
    dir: &Utf8Path,
    name: &str,
    cancelled: &CancellationToken,
    waiting: &dyn Fn(),
) -> Result<ActionLock, ObtainError> {
    let key = Digest::of(name.as_bytes());
    let mut told = false;
    loop {
        let taken = ActionLock::try_take(dir, &key);
        if let Some(lock) = taken.map_err(|source| ObtainError::io("lock the cache", source))? {
            return Ok(lock);
        }
        if cancelled.is_cancelled() {
            return Err(ObtainError::Cancelled);
        }
        if !told {
            waiting();
            told = true;
        }
        std::thread::sleep(PACE);
    }
}
