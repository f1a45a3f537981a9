//! Reads files of an origin: over HTTP or from a directory, with the same limits.

use std::cell::OnceCell;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::conduct::Tools;
use super::origin::Origin;
use crate::bucket::{self, BucketAddress, BucketError, Given, Signer};
use crate::fetch::{Again, Body, BodySize, Http, HttpError, HttpLimits, Route};
use crate::model::TreePath;
use crate::registry::{Access, Client, RegistryError, Repository, Resolved, tag_of};

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
    /// The registry did not give it.
    #[error(transparent)]
    Registry(Box<RegistryError>),
    /// The registry has no such tag.
    #[error("the registry has no `{reference}`")]
    NoTag {
        /// What other tools call it.
        reference: String,
    },
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

impl From<RegistryError> for ReachError {
    fn from(error: RegistryError) -> Self {
        Self::Registry(Box::new(error))
    }
}

impl ReachError {
    /// Whether the place was asked and has no such file.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        match self {
            Self::Http(error) => matches!(error.status(), Some(404 | 410)),
            Self::NoTag { .. } => true,
            Self::File(error) => error.kind() == io::ErrorKind::NotFound,
            _ => false,
        }
    }

    /// Whether the place has no such file, or not for us: some say that in the place of a 404.
    pub(super) fn is_refused(&self) -> bool {
        self.is_missing() || matches!(self.status(), Some(400 | 401 | 403))
    }

    /// What a server answered instead.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Http(error) => error.status(),
            Self::Registry(error) => error.status(),
            _ => None,
        }
    }

    /// Whether the place gave something, which is not what it should be.
    #[must_use]
    pub fn is_wrong_content(&self) -> bool {
        matches!(
            self,
            Self::Size { .. }
                | Self::TooLarge { .. }
                | Self::Http(HttpError::Announced { .. } | HttpError::TooLong { .. })
        ) || matches!(self, Self::Registry(error) if error.is_wrong_content())
    }

    /// Whether a person interrupted it.
    pub(super) fn is_cancelled(&self) -> bool {
        match self {
            Self::Http(error) => matches!(error, HttpError::Cancelled),
            Self::Registry(error) => error.is_cancelled(),
            _ => false,
        }
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
    authorities: Vec<u8>,
    registries: Access,
    http: OnceCell<Http>,
}

/// Where something is asked for.
struct Asked {
    url: String,
    headers: Vec<(String, String)>,
}

impl Reach {
    pub(super) fn new(tools: &Tools) -> Self {
        Self {
            limits: tools.limits,
            cancelled: tools.cancelled.clone(),
            buckets: tools.buckets.clone(),
            authorities: tools.authorities.clone(),
            registries: tools.registries.clone(),
            http: OnceCell::new(),
        }
    }

    fn http(&self) -> Result<&Http, HttpError> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let route = Route {
            authorities: self.authorities.clone(),
            stays_encrypted: true,
            ..Route::default()
        };
        let http = Http::by(self.limits, self.cancelled.clone(), route)?;
        Ok(self.http.get_or_init(|| http))
    }

    /// The address of something in a bucket, which may hold secrets.
    fn bucket_url(&self, address: &BucketAddress, path: &TreePath) -> Result<String, BucketError> {
        Signer::new(address, bucket::Access::find(&self.buckets)?)?.readable_url(&address.key(path))
    }

    /// Where the blob is that a repository has for a path, and how large it is.
    fn blob(
        &self,
        repository: &Repository,
        path: &TreePath,
        again: &Again,
    ) -> Result<(Asked, u64), ReachError> {
        let (repository, access) = (repository.clone(), self.registries.clone());
        let client = Client::new(self.http()?.clone(), repository, access, Arc::clone(again));
        let tag = tag_of(path);
        let Resolved { digest, url, headers } = client.resolve(&tag)?.ok_or_else(|| ReachError::NoTag {
            reference: client.repository().reference(&tag),
        })?;
        Ok((Asked { url, headers }, digest.size))
    }

    /// Reads a small file.
    pub(super) fn small(
        &self,
        origin: &Origin,
        path: &TreePath,
        most: u64,
        again: Again,
    ) -> Result<Vec<u8>, ReachError> {
        let Asked { url, headers } = match origin {
            Origin::Web(web) => Asked::plainly(web.url(path)),
            Origin::Bucket(address) => Asked::plainly(self.bucket_url(address, path)?),
            Origin::Registry(repository) => self.blob(repository, path, &again)?.0,
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
        let size = BodySize::AtMost(most);
        match self.http()?.get_with(&url, headers, size, 0, again)?.whole() {
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
        let Asked { url, headers } = match origin {
            Origin::Web(web) => Asked::plainly(web.url(path)),
            Origin::Bucket(address) => Asked::plainly(self.bucket_url(address, path)?),
            Origin::Registry(repository) => {
                let (asked, found) = self.blob(repository, path, &again)?;
                if found != size {
                    let expected = size;
                    return Err(ReachError::Size { expected, found });
                }
                asked
            }
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
        Ok(Reading::Body(
            self.http()?.get_with(&url, headers, size, from, again)?,
        ))
    }
}

impl Asked {
    fn plainly(url: String) -> Self {
        let headers = Vec::new();
        Self { url, headers }
    }
}
