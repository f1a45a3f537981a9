//! Gets one archive into the store: what came stays if it breaks off, and only what is right lands.

use std::io::{self, Read, Write as _};
use std::sync::Arc;

use camino::Utf8Path;
use fs_err::{File, OpenOptions};
use tokio_util::sync::CancellationToken;

use super::ObtainError;
use super::origin::Origin;
use super::reach::{Reach, ReachError};
use crate::fetch::{Progress, Transfer, tell_again};
use crate::index::{Artifact, Sum};
use crate::model::{Digest, Hasher, on_one_line};
use crate::store::{CHUNK, Store, StoreError};

const DOING: &str = "keeping what is downloaded";
/// So often a registry is asked for a new token: some are good for a minute only.
const RENEWALS: u32 = 8;

/// One archive, and where it comes from and goes to.
pub(super) struct Download<'a> {
    pub(super) store: &'a Store,
    /// Where downloads stand that broke off; on the store's file system.
    pub(super) parts: &'a Utf8Path,
    pub(super) reach: &'a Reach,
    pub(super) origin: &'a Origin,
    pub(super) artifact: &'a Artifact,
    pub(super) progress: &'a Arc<dyn Progress>,
    pub(super) cancelled: &'a CancellationToken,
}

/// Why one attempt ended.
enum Stop {
    Reach(ReachError),
    Write(io::Error),
    Cancelled,
}

/// A download that may have begun earlier.
struct Part {
    file: File,
    hasher: Hasher,
    have: u64,
}

impl Download<'_> {
    /// Gets it; the caller holds its lock. Size and digest are right when this is done.
    pub(super) fn run(&self) -> Result<Digest, ObtainError> {
        let expected = self.artifact.digest();
        let from = self.origin.to_string();
        let name = self.artifact.name.as_str();
        let transfer = Transfer {
            name,
            place: &from,
            total: expected.size,
        };
        let written = |source| ObtainError::Store(StoreError::io(DOING, source));
        fs_err::create_dir_all(self.parts).map_err(written)?;
        let path = self.parts.join(expected.hex());
        let mut may_resume = true;
        let mut renewals = RENEWALS;
        self.progress.started(transfer);
        loop {
            let part = reopen(&path, expected.size).map_err(written)?;
            let resumed = part.have > 0 && may_resume;
            may_resume = false;
            let stop = match self.transfer(part, transfer) {
                Ok(found) if found == expected => {
                    self.store.adopt(&path, &expected)?;
                    self.progress.finished(transfer);
                    return Ok(expected);
                }
                Ok(found) => {
                    forget(&path);
                    if resumed {
                        self.progress
                            .again(transfer, "what came before does not fit; from the beginning");
                        continue;
                    }
                    let error = ObtainError::Content {
                        name: name.to_owned(),
                        from: from.clone(),
                        expected: self.artifact.digest,
                        found: Sum::of(&found),
                    };
                    self.progress.failed(transfer, "it is not what was published");
                    return Err(error);
                }
                Err(stop) => stop,
            };
            return Err(match stop {
                Stop::Reach(error) if resumed && error.refuses_to_resume() => {
                    forget(&path);
                    self.progress
                        .again(transfer, "the server cannot go on; from the beginning");
                    continue;
                }
                Stop::Reach(error) if renewals > 0 && self.has_expired(&error) => {
                    (renewals, may_resume) = (renewals - 1, true);
                    self.progress.again(transfer, "the registry wants a new token");
                    continue;
                }
                Stop::Cancelled => ObtainError::Cancelled,
                Stop::Reach(error) if error.is_cancelled() => ObtainError::Cancelled,
                Stop::Reach(source) => {
                    if source.is_wrong_content() {
                        forget(&path);
                    }
                    self.progress.failed(transfer, &on_one_line(&source));
                    ObtainError::Archive {
                        name: name.to_owned(),
                        from: from.clone(),
                        source,
                    }
                }
                Stop::Write(source) => {
                    // Where the disk is full, others need what is left.
                    forget(&path);
                    self.progress.failed(transfer, &on_one_line(&source));
                    written(source)
                }
            });
        }
    }

    /// Whether a registry does not know a token any more that it gave when this began.
    fn has_expired(&self, error: &ReachError) -> bool {
        let is_answer = matches!(error, ReachError::Http(error) if error.status() == Some(401));
        is_answer && matches!(self.origin, Origin::Registry(_))
    }

    /// One attempt: what is missing, behind what is there. Gives the digest of the whole.
    fn transfer(&self, part: Part, transfer: Transfer<'_>) -> Result<Digest, Stop> {
        let Part {
            mut file,
            mut hasher,
            have,
        } = part;
        let size = transfer.total;
        let mut done = have;
        if done == size {
            return Ok(hasher.finish());
        }
        let again = tell_again(self.progress, transfer);
        let path = &self.artifact.path;
        let mut reading = self
            .reach
            .rest(self.origin, path, size, done, again)
            .map_err(Stop::Reach)?;
        let mut buffer = vec![0; CHUNK];
        loop {
            if self.cancelled.is_cancelled() {
                return Err(Stop::Cancelled);
            }
            let count = match reading.read(&mut buffer) {
                Ok(0) if done < size => return Err(Stop::Reach(wrong_size(size, done))),
                Ok(0) => return Ok(hasher.finish()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Stop::Reach(reading.error(error))),
            };
            done += count as u64;
            if done > size {
                return Err(Stop::Reach(wrong_size(size, done)));
            }
            file.write_all(&buffer[..count]).map_err(Stop::Write)?;
            hasher.update(&buffer[..count]);
            self.progress.advanced(transfer, done);
        }
    }
}

const fn wrong_size(expected: u64, found: u64) -> ReachError {
    ReachError::Size { expected, found }
}

/// Opens a download to go on with, and hashes what there is of it.
fn reopen(path: &Utf8Path, size: u64) -> io::Result<Part> {
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .open(path)?;
    let mut hasher = Hasher::new();
    let mut have = file.metadata()?.len();
    if have > size {
        file.set_len(0)?;
        have = 0;
    }
    let mut buffer = vec![0; CHUNK];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => hasher.update(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Part { file, hasher, have })
}

/// Removes a download that is of no use. One that stays is found wrong the next time, too.
fn forget(path: &Utf8Path) {
    let _ = fs_err::remove_file(path);
}
