//! Why a published distribution could not be had, and whose matter that is.

use std::io;

use camino::Utf8PathBuf;

use super::lockfile::ReadLockError;
use super::origin::OriginError;
use super::reach::ReachError;
use super::trust::TrustError;
use crate::archive::ArchiveError;
use crate::engine::Class;
use crate::fetch::HttpError;
use crate::index::{NoMatch, ReadIndexError, Sum};
use crate::store::StoreError;

/// Why a published distribution could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObtainError {
    /// It is not said where it is published.
    #[error("it is not said where distributions are published")]
    NoOrigin,
    /// The index cannot be had.
    #[error("the index `{at}` cannot be had")]
    Index {
        /// Where it should be.
        at: String,
        /// Why.
        #[source]
        source: ReachError,
    },
    /// The index cannot be read.
    #[error("`{at}` is no index")]
    ReadIndex {
        /// Where it is.
        at: String,
        /// What is wrong with it.
        #[source]
        source: ReadIndexError,
    },
    /// The index is not believed.
    #[error("the index `{at}` is not to be trusted")]
    Trust {
        /// Where it is.
        at: String,
        /// Why not.
        #[source]
        source: TrustError,
    },
    /// What is remembered of an origin is damaged.
    #[error("`{path}` should say which keys are trusted, and cannot be read")]
    Memory {
        /// The file.
        path: Utf8PathBuf,
    },
    /// Nothing is published for a machine like this one.
    #[error("nothing of it runs on a machine like this one ({machine})")]
    NoTarget {
        /// This machine, in words.
        machine: String,
        /// The targets that there are.
        offered: Vec<String>,
    },
    /// Nothing that is published fits.
    #[error("`{from}` has nothing that fits")]
    NoMatch {
        /// The origin, or the lock file.
        from: String,
        /// What is missing.
        #[source]
        source: NoMatch,
    },
    /// The archive cannot be had.
    #[error("`{name}` cannot be had from `{from}`")]
    Archive {
        /// Its name.
        name: String,
        /// The origin.
        from: String,
        /// Why.
        #[source]
        source: ReachError,
    },
    /// The archive has other bytes.
    #[error("`{name}` from `{from}` is not what was published: it is {found} instead of {expected}")]
    Content {
        /// Its name.
        name: String,
        /// The origin.
        from: String,
        /// What it should be.
        expected: Sum,
        /// What it is.
        found: Sum,
    },
    /// The archive is the right one, and cannot be unpacked.
    #[error("`{name}` cannot be unpacked")]
    Unpack {
        /// Its name.
        name: String,
        /// Why.
        #[source]
        source: ArchiveError,
    },
    /// The archive is no distribution.
    #[error("`{name}` is no distribution: {why}")]
    NotOne {
        /// Its name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Something else stands where it is to be.
    #[error("`{path}` holds {what}")]
    Occupied {
        /// The place.
        path: Utf8PathBuf,
        /// What is there.
        what: String,
    },
    /// The lock file cannot be read.
    #[error("the lock file `{path}` cannot be read")]
    Lock {
        /// The file.
        path: Utf8PathBuf,
        /// What is wrong with it.
        #[source]
        source: ReadLockError,
    },
    /// The lock file names no place.
    #[error("the lock file `{path}` does not say where it is published")]
    LockedOrigin {
        /// The file.
        path: Utf8PathBuf,
        /// What is wrong with what it says.
        #[source]
        source: OriginError,
    },
    /// Nothing that is locked fits.
    #[error("the lock file `{path}` has nothing that fits")]
    NotLocked {
        /// The file.
        path: Utf8PathBuf,
        /// What is missing.
        #[source]
        source: NoMatch,
    },
    /// The index does not list what is locked, so nothing is said of it.
    #[error("the index of `{from}` does not list `{name}`, so there is no evidence of it")]
    NoEvidence {
        /// The archive.
        name: String,
        /// The origin.
        from: String,
    },
    /// A file of this machine could not be read or written.
    #[error("failed to {doing}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// Why; names the path.
        #[source]
        source: io::Error,
    },
    /// The store failed.
    #[error("failed to use the store")]
    Store(#[from] StoreError),
    /// A person interrupted it.
    #[error("interrupted; what has come so far is kept")]
    Cancelled,
}

impl ObtainError {
    pub(super) fn io(doing: &'static str, source: io::Error) -> Self {
        Self::Io { doing, source }
    }

    /// Whose matter it is.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Cancelled => Class::Interrupted,
            Self::Index { source, .. } | Self::Archive { source, .. } if source.is_wrong_content() => {
                Class::Input
            }
            Self::Unpack {
                source: ArchiveError::Store(_) | ArchiveError::Write { .. },
                ..
            }
            | Self::Index { .. }
            | Self::Archive { .. }
            | Self::Io { .. }
            | Self::Store(_)
            | Self::Memory { .. } => Class::Environment,
            _ => Class::Input,
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let said = match self {
            Self::NoOrigin => {
                "name the address or the directory that `pbs publish` filled, with `--from` or PBS_FETCH_FROM"
            }
            Self::Index { source, at } => return Some(reach_hint(source, at, true).to_owned()),
            Self::Archive { source, from, .. } => return Some(reach_hint(source, from, false).to_owned()),
            Self::ReadIndex { source, .. } => source
                .hint()
                .unwrap_or("does `--from` name what `pbs publish` filled?"),
            Self::Trust { source, .. } => source.hint(),
            Self::Memory { .. } => {
                "remove it, and give the publisher's key with `--key` the next time: else whoever signs then is trusted"
            }
            Self::NoTarget { offered, .. } => {
                return Some(format!("`--target` names one of: {}", offered.join(", ")));
            }
            Self::NoMatch { source, .. } => return Some(source.hint()),
            Self::Content { .. } => {
                "nothing of it was used; try again, and tell the publisher if it stays so"
            }
            Self::Unpack { source, .. } => match source {
                ArchiveError::Write { .. } => "is there space, and may files be made there?",
                ArchiveError::Store(store) => return store.hint().map(str::to_owned),
                _ => "its publisher signed it, and it is not sound: do not use it, and tell the publisher",
            },
            Self::NotOne { .. } => "tell the publisher; `--flavor` names another archive",
            Self::Occupied { .. } => "name another directory with `--dest`, or remove it",
            Self::Lock {
                source: ReadLockError::Newer { .. },
                ..
            } => "use a newer pbs",
            Self::LockedOrigin { .. } => "say it with `--from`",
            Self::Lock { .. } => "name another file, or remove it to lock anew",
            Self::NoEvidence { .. } => "`--update` locks what the index lists now; else ask the publisher",
            Self::NotLocked { source, .. } => {
                return Some(format!(
                    "{}; `--update` asks the index and locks the answer",
                    source.hint()
                ));
            }
            Self::Io { .. } => "is there space, and may files be made there?",
            Self::Store(store) => return store.hint().map(str::to_owned),
            Self::Cancelled => return None,
        };
        Some(said.to_owned())
    }
}

fn reach_hint(error: &ReachError, at: &str, is_index: bool) -> &'static str {
    if let ReachError::Registry(error) = error
        && let Some(hint) = error.hint()
    {
        return hint;
    }
    match error.status() {
        Some(400 | 401 | 403) if at.starts_with("s3://") => {
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, say who asks, and AWS_REGION and \
             AWS_ENDPOINT_URL whom: are they right, and not expired? without them only what is public can be had"
        }
        Some(401 | 403) => {
            "it is not for everybody: give credentials in the address, such as https://NAME:PASSWORD@HOST/"
        }
        Some(429) => "too many ask for it at once: wait, or use a mirror with `--from`",
        Some(500..) => "the server is not well: wait, or use a mirror with `--from`",
        _ if error.is_wrong_content() => "it was changed: try again, and tell the publisher if it stays so",
        _ if error.is_missing() && is_index => "does `--from` name what `pbs publish` filled?",
        _ if error.is_missing() => "a mirror may be behind; otherwise tell the publisher",
        _ => match error {
            ReachError::Bucket(error) => error.hint().unwrap_or("do AWS_… say what they should?"),
            ReachError::Http(HttpError::Redirect { .. }) if at.starts_with("s3://") => {
                "is AWS_REGION the bucket's region?"
            }
            ReachError::Http(HttpError::Redirect { .. }) => {
                "if that is right, name the place it leads to with `--from`"
            }
            ReachError::Http(error) if error.is_untrusted() => crate::registry::UNTRUSTED,
            ReachError::Http(_) => "is the network there? what has come so far is kept: try again",
            _ => "may it be read?",
        },
    }
}
