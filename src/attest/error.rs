//! Why nothing can be said of a distribution.

use camino::Utf8PathBuf;

use crate::engine::{Class, LoadError};
use crate::index::ReadIndexError;
use crate::sign::SignatureError;
use crate::store::StoreError;

/// Why nothing can be said of a distribution. What is wrong with it is a finding, and no such error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttestError {
    /// Nobody is trusted.
    #[error("it is not said whose signature counts")]
    NoKey,
    /// There is no index.
    #[error("`{path}` holds no evidence: there is no `{missing}`")]
    Missing {
        /// The directory.
        path: Utf8PathBuf,
        /// The file.
        missing: String,
    },
    /// A file cannot be read.
    #[error("failed to read `{path}`")]
    Read {
        /// The file.
        path: Utf8PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A file is larger than such a file is.
    #[error("`{path}` is larger than {most} bytes, the most that such a file may have")]
    TooLarge {
        /// The file.
        path: Utf8PathBuf,
        /// The limit.
        most: u64,
    },
    /// The index is by nobody who is trusted.
    #[error("the index in `{path}` is not to be trusted: its signature is not good")]
    Untrusted {
        /// The directory.
        path: Utf8PathBuf,
        /// Why.
        #[source]
        source: SignatureError,
    },
    /// The signature is of another index.
    #[error(
        "the index in `{path}` is not to be trusted: its signature says `{comment}`, which is not about it"
    )]
    Comment {
        /// The directory.
        path: Utf8PathBuf,
        /// What it says.
        comment: String,
    },
    /// The index is none.
    #[error("the index in `{path}` cannot be read")]
    Index {
        /// The directory.
        path: Utf8PathBuf,
        /// Why not.
        #[source]
        source: ReadIndexError,
    },
    /// The index does not speak of the distribution.
    #[error("the index in `{evidence}` lists no `{distribution}`: {what}")]
    NotListed {
        /// Where the index is.
        evidence: Utf8PathBuf,
        /// The distribution.
        distribution: Utf8PathBuf,
        /// By what it was looked for.
        what: String,
    },
    /// It is no distribution.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The store failed.
    #[error("failed to use the store")]
    Store(#[from] StoreError),
}

impl AttestError {
    /// Whose matter it is.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Load(error) => error.class(),
            Self::Read { .. } | Self::Store(_) => Class::Environment,
            _ => Class::Input,
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoKey => "give the publisher's public key with `--key` or PBS_FETCH_KEY",
            Self::Missing { .. } => {
                "name a directory that `pbs publish` filled or that `pbs fetch --evidence` wrote: `index.json`, \
                 its signature, and `evidence/`"
            }
            Self::Untrusted {
                source: SignatureError::Stranger,
                ..
            } => {
                "is `--key` the publisher's key? after a change of keys, ask the publisher for the key that signs now"
            }
            Self::Untrusted { .. } | Self::Comment { .. } => {
                "it was damaged or changed: do not use it, and tell the publisher"
            }
            Self::Index { source, .. } => source.hint()?,
            Self::NotListed { .. } => {
                "take the index of the place that the distribution came from; an older one may not list it yet"
            }
            Self::Load(error) => return error.hint(),
            Self::Store(error) => error.hint()?,
            Self::Read { .. } => "may it be read?",
            Self::TooLarge { .. } => return None,
        };
        Some(hint.to_owned())
    }
}
