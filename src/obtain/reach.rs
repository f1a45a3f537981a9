//! Reads files of an origin: over HTTP or from a directory, with the same limits.

use std::cell::OnceCell;
use std::io::{self, Read, Seek as _, SeekFrom};

use tokio_util::sync::CancellationToken;

use super::origin::Origin;
use crate::bucket::{Access, BucketAddress, BucketError, Given, Signer};
use crate::fetch::{Again, Body, BodySize, Http, HttpError, HttpLimits, Route};
use crate::model::TreePath;

/// Why a file of an origin cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReachError {
    /// The server did not give it.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The bucket cannot be asked.
    #[error(transparent)]
    Bucket(#[from] BucketError),
    /// It cannot be read from the directory.
    #[error(transparent)]
    File(io::Error),
    /// It has another length than it must have.
    #[error("it has {found} bytes instead of {expected}")]
    Size {
        /// What it must have.
        expected: u64,
        /// What it has.
        found: u64,
    },
    /// It is larger than such a file can be.
    #[error("it is larger than {most} bytes, the most that such a file may have")]
    TooLarge {
        /// The limit.
        most: u64,
    },
}

impl ReachError {
    /// Whether the place was asked and has no such file.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        match self {
            Self::Http(error) => matches!(error.status(), Some(404 | 410)),
            Self::File(error) => error.kind() == io::ErrorKind::NotFound,
            _ => false,
        }
    }

    /// Whether the place has no such file, or not for us: some say that in the place of a 404.
    pub(super) fn is_refused(&self) -> bool {
        let status = match self {
            Self::Http(error) => error.status(),
            _ => None,
        };
        self.is_missing() || matches!(status, Some(400 | 401 | 403))
    }

    /// Whether the place gave something, which is not what it should be.
    #[must_use]
    pub fn is_wrong_content(&self) -> bool {
        matches!(
            self,
            Self::Size { .. }
                | Self::TooLarge { .. }
                | Self::Http(HttpError::Announced { .. } | HttpError::TooLong { .. })
        )
    }

    /// Whether a person interrupted it.
    pub(super) fn is_cancelled(&self) -> bool {
        matches!(self, Self::Http(HttpError::Cancelled))
    }

    /// Whether the server does not go on where an earlier transfer stopped.
    pub(super) fn refuses_to_resume(&self) -> bool {
        match self {
            Self::Http(HttpError::Resumed { .. }) => true,
            Self::Http(error) => error.status() == Some(416),
            _ => false,
        }
    }
}

/// A file that is being read.
pub(super) enum Reading {
    Body(Body),
    File(fs_err::File),
}

impl Reading {
    /// What was meant by an error of reading.
    pub(super) fn error(&mut self, error: io::Error) -> ReachError {
        match self {
            Self::Body(body) => match body.failure() {
                Some(failure) => failure.into(),
                None => ReachError::File(error),
            },
            Self::File(_) => ReachError::File(error),
        }
    }
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Body(body) => body.read(buffer),
            Self::File(file) => file.read(buffer),
        }
    }
}

/// The way to origins. What is in directories needs no HTTP client, so none is made for them.
pub(super) struct Reach {
    limits: HttpLimits,
    cancelled: CancellationToken,
    buckets: Given,
    http: OnceCell<Http>,
}

impl Reach {
    pub(super) fn new(limits: HttpLimits, cancelled: CancellationToken, buckets: Given) -> Self {
        Self {
            limits,
            cancelled,
            buckets,
            http: OnceCell::new(),
        }
    }

    fn http(&self) -> Result<&Http, HttpError> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let route = Route {
            stays_encrypted: true,
            ..Route::default()
        };
        let http = Http::by(self.limits, self.cancelled.clone(), route)?;
        Ok(self.http.get_or_init(|| http))
    }

    /// The address of something in a bucket, which may hold secrets.
    fn bucket_url(&self, address: &BucketAddress, path: &TreePath) -> Result<String, BucketError> {
        Signer::new(address, Access::find(&self.buckets)?)?.readable_url(&address.key(path))
    }

    /// Reads a small file.
    pub(super) fn small(
        &self,
        origin: &Origin,
        path: &TreePath,
        most: u64,
        again: Again,
    ) -> Result<Vec<u8>, ReachError> {
        let url = match origin {
            Origin::Web(web) => web.url(path),
            Origin::Bucket(address) => self.bucket_url(address, path)?,
            Origin::Dir(dir) => {
                let file = fs_err::File::open(dir.join(path.as_str())).map_err(ReachError::File)?;
                let mut bytes = Vec::new();
                file.take(most + 1)
                    .read_to_end(&mut bytes)
                    .map_err(ReachError::File)?;
                if bytes.len() as u64 > most {
                    return Err(ReachError::TooLarge { most });
                }
                return Ok(bytes);
            }
        };
        let body = self.http()?.get_from(&url, BodySize::AtMost(most), 0, again)?;
        match body.whole() {
            Err(HttpError::TooLong { .. }) => Err(ReachError::TooLarge { most }),
            done => Ok(done?),
        }
    }

    /// Opens a file of `size` bytes behind its first `from`.
    pub(super) fn rest(
        &self,
        origin: &Origin,
        path: &TreePath,
        size: u64,
        from: u64,
        again: Again,
    ) -> Result<Reading, ReachError> {
        let url = match origin {
            Origin::Web(web) => web.url(path),
            Origin::Bucket(address) => self.bucket_url(address, path)?,
            Origin::Dir(dir) => {
                let mut file = fs_err::File::open(dir.join(path.as_str())).map_err(ReachError::File)?;
                let found = file.metadata().map_err(ReachError::File)?.len();
                if found != size {
                    let expected = size;
                    return Err(ReachError::Size { expected, found });
                }
                file.seek(SeekFrom::Start(from)).map_err(ReachError::File)?;
                return Ok(Reading::File(file));
            }
        };
        let size = BodySize::Exactly(size);
        Ok(Reading::Body(self.http()?.get_from(&url, size, from, again)?))
    }
}
