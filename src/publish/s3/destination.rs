//! A bucket as a place to publish to.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use super::super::{Content, Destination, DestinationError, Held, Put, Surroundings};
use super::lease::{Lease, Pace, State};
use crate::bucket::{Access, Bucket, BucketAddress, BucketError, Condition, Kind, Signer, Written};
use crate::fetch::{Http, HttpLimits, Route};
use crate::index::Address;
use crate::model::{Digest, TreePath};

/// The record of who publishes, below the prefix.
const LOCK: &str = ".publish.lock";
/// An index of ten thousand archives has 10 MB, and no document is larger.
const MOST_DOCUMENT: u64 = 64 << 20;

pub(super) const WRITE: &str = "write what is published";
pub(super) const READ: &str = "read what is published";

/// A place in a bucket.
#[derive(Debug)]
pub struct S3 {
    pub(super) bucket: Bucket,
    /// The same for what is still done when a person has interrupted the rest: once, and nobody is told.
    pub(super) quiet: Bucket,
    pace: Pace,
    held: Mutex<Option<Arc<State>>>,
}

/// What was being done when a bucket failed.
pub(super) fn failed(doing: &'static str) -> impl Fn(BucketError) -> DestinationError {
    move |source| match source.is_cancelled() {
        true => DestinationError::Interrupted,
        false => DestinationError::Bucket { doing, source },
    }
}

impl S3 {
    /// Takes a bucket. Nothing is asked of it yet.
    pub fn open(
        address: &BucketAddress,
        around: &Surroundings<'_>,
        pace: Pace,
    ) -> Result<Self, DestinationError> {
        let io = failed("find the way to the bucket");
        let access = Access::find_signed(around.buckets).map_err(&io)?;
        let signer = Signer::new(address, access).map_err(&io)?;
        let http = |limits, cancelled| {
            let route = Route {
                authorities: around.authorities.clone(),
                stays_there: true,
                ..Route::default()
            };
            Http::by(limits, cancelled, route).map_err(|error| io(error.into()))
        };
        let once = HttpLimits {
            attempts: 1,
            // A lease must not be lost because one renewal hangs.
            idle: around.limits.idle.min(pace.stale / 4),
            connect: around.limits.connect.min(pace.stale / 4),
            ..around.limits
        };
        let (loud, quiet) = (
            http(around.limits, around.cancelled.clone())?,
            http(once, tokio_util::sync::CancellationToken::new())?,
        );
        Ok(Self {
            bucket: Bucket::new(loud, signer.clone(), Arc::clone(&around.notice)),
            quiet: Bucket::new(quiet, signer, Arc::new(|_: &str| ())),
            pace,
            held: Mutex::default(),
        })
    }

    pub(super) fn key(&self, path: &TreePath) -> String {
        self.bucket.signer().address().key(path)
    }

    /// Whoever has lost the right to publish does not go on.
    pub(super) fn check(&self) -> Result<(), DestinationError> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match &*held {
            Some(state) => state.check().map_err(failed(WRITE)),
            None => Ok(()),
        }
    }

    fn compare(&self, path: &TreePath, ours: Digest) -> Result<Put, DestinationError> {
        let (io, key) = (failed(READ), self.key(path));
        let Some(head) = self.bucket.head(&key).map_err(&io)? else {
            return Err(DestinationError::Changed { path: path.clone() });
        };
        let there = match head.digest {
            Some(digest) => digest,
            None => self.bucket.digest(&key, head.size).map_err(&io)?,
        };
        Put::compared(path, there, ours)
    }

    /// Gives up what those left who were killed. Only whoever publishes may. One who may not do that, and a
    /// server that cannot, leave it to the rules of the bucket.
    fn sweep(&self) {
        let below = format!(
            "{}{}/",
            self.bucket.signer().address().prefix,
            crate::index::Index::ARCHIVES
        );
        let swept = self.bucket.unfinished(&below).and_then(|uploads| {
            let mut uploads = uploads.iter();
            uploads.try_for_each(|upload| self.bucket.abort(upload))
        });
        if let Err(error) = swept {
            tracing::debug!(%error, "unfinished uploads stay");
        }
    }
}

/// What a file is to those who read it.
pub(super) const fn kind(media_type: &'static str, is_final: bool) -> Kind {
    Kind { media_type, is_final }
}

/// By the end of its name.
pub(super) fn media_type(path: &TreePath) -> &'static str {
    let name = path.as_str();
    let known = [
        (".json", "application/json"),
        (".html", "text/html; charset=utf-8"),
        (".minisig", "text/plain; charset=utf-8"),
        ("SUMS", "text/plain; charset=utf-8"),
    ];
    let found = known.into_iter().find(|(ending, _)| name.ends_with(ending));
    found.map_or("application/octet-stream", |(_, media_type)| media_type)
}

impl Destination for S3 {
    fn shown(&self) -> String {
        self.bucket.signer().address().to_string()
    }

    fn address(&self) -> Option<Address> {
        Address::parse(&self.bucket.signer().public_url()).ok()
    }

    fn hold(
        &self,
        waiting: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Box<dyn Held>, DestinationError> {
        let lock = TreePath::parse(LOCK).expect("it is a path");
        let lease = Lease::take(&self.bucket, &self.quiet, self.key(&lock), self.pace, waiting)?;
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(lease.state());
        self.sweep();
        Ok(Box::new(lease))
    }

    fn get(&self, path: &TreePath) -> Result<Option<Vec<u8>>, DestinationError> {
        let object = self
            .bucket
            .get(&self.key(path), MOST_DOCUMENT)
            .map_err(failed(READ))?;
        Ok(object.map(|object| object.bytes))
    }

    fn size(&self, path: &TreePath) -> Result<Option<u64>, DestinationError> {
        let head = self.bucket.head(&self.key(path)).map_err(failed(READ))?;
        Ok(head.map(|head| head.size))
    }

    fn put_new(&self, path: &TreePath, content: Content<'_>) -> Result<Put, DestinationError> {
        if self.size(path)?.is_some() {
            return self.compare(path, content.digest());
        }
        self.check()?;
        let written = match content {
            Content::Bytes(bytes) => {
                let kind = kind(media_type(path), true);
                let put = self
                    .bucket
                    .put(&self.key(path), bytes.to_vec(), kind, Condition::Absent);
                put.map_err(failed(WRITE))?
            }
            Content::File { path: file, digest } => self.put_file(path, file, &digest)?,
        };
        // Also what was just put: it says what it is, and the server has all of it.
        let same = self.compare(path, content.digest())?;
        match written {
            Written::Done { .. } => Ok(Put::Made),
            Written::Refused => Ok(same),
        }
    }

    fn replace(&self, path: &TreePath, bytes: &[u8]) -> Result<(), DestinationError> {
        self.check()?;
        let kind = kind(media_type(path), false);
        let put = self
            .bucket
            .put(&self.key(path), bytes.to_vec(), kind, Condition::Always);
        put.map(|_| ()).map_err(failed(WRITE))
    }

    fn replace_unchanged(
        &self,
        path: &TreePath,
        was: Option<&[u8]>,
        bytes: &[u8],
    ) -> Result<(), DestinationError> {
        self.check()?;
        let key = self.key(path);
        let read = || self.bucket.get(&key, MOST_DOCUMENT).map_err(failed(READ));
        let changed = || DestinationError::Changed { path: path.clone() };
        let there = read()?;
        if there.as_ref().map(|there| there.bytes.as_slice()) != was {
            return Err(changed());
        }
        let condition = match &there {
            Some(there) => Condition::Is(&there.etag),
            None => Condition::Absent,
        };
        let kind = kind(media_type(path), false);
        let put = self.bucket.put(&key, bytes.to_vec(), kind, condition);
        if put.map_err(failed(WRITE))? == Written::Refused
            // It may be ours, of a request whose answer did not come.
            && read()?.is_none_or(|there| there.bytes != bytes)
        {
            return Err(changed());
        }
        Ok(())
    }
}
