//! Why nothing was published.

use camino::Utf8PathBuf;

use super::DestinationError;
use crate::bucket::BucketAddressError;
use crate::engine::{Class, LoadError};
use crate::fetch::HttpError;
use crate::index::{ParseTextError, ReadIndexError};
use crate::model::Digest;
use crate::registry::AddressError;
use crate::sign::{KeyError, SignatureError};
use crate::store::StoreError;

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// No place that we know how to publish to.
    #[error("this pbs cannot publish to `{scheme}://`")]
    Scheme {
        /// What its address begins with.
        scheme: String,
    },
    /// No place in a bucket.
    #[error(transparent)]
    Bucket(#[from] BucketAddressError),
    /// No repository of a registry.
    #[error(transparent)]
    Repository(#[from] AddressError),
    /// The network cannot be used at all.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// An archive is not there, or cannot be read.
    #[error("failed to read `{path}`")]
    Read {
        /// The archive.
        path: Utf8PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// It is a directory.
    #[error("`{path}` is a directory, and archives are published")]
    Directory {
        /// What was named.
        path: Utf8PathBuf,
    },
    /// Its name does not say what it is.
    #[error("`{path}` cannot be published")]
    Name {
        /// The archive.
        path: Utf8PathBuf,
        /// What is wrong with its name.
        #[source]
        source: ParseTextError,
    },
    /// Two archives with one name.
    #[error("`{name}` is named twice, in different directories")]
    Twice {
        /// The name.
        name: String,
    },
    /// It is no distribution, or a damaged one.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Name and manifest disagree.
    #[error("`{path}` is of another {what} by its name than by its manifest: {named} and {manifest}")]
    Disagree {
        /// The archive.
        path: Utf8PathBuf,
        /// `version`, `target`, `options`, `release tag` or `flavour`.
        what: &'static str,
        /// What the name says.
        named: String,
        /// What the manifest says.
        manifest: String,
    },
    /// A file of it is not what the manifest says.
    #[error("`{path}` is damaged: `{file}` is not the file that its manifest lists")]
    Damaged {
        /// The archive.
        path: Utf8PathBuf,
        /// The file.
        file: String,
    },
    /// An archive of this name is published, with other bytes.
    #[error("`{name}` is published already with other content: {there} there, {here} here")]
    Taken {
        /// The name.
        name: String,
        /// What it has.
        there: Digest,
        /// What it would get.
        here: Digest,
    },
    /// What is published cannot be read.
    #[error("the index of `{place}` cannot be read")]
    Index {
        /// Where.
        place: String,
        /// Why not.
        #[source]
        source: ReadIndexError,
    },
    /// What is published is signed by somebody else, or was changed by somebody else.
    #[error("the index of `{place}` is not ours to change")]
    NotOurs {
        /// Where.
        place: String,
        /// Why not.
        #[source]
        source: SignatureError,
    },
    /// There is an index without a signature.
    #[error("the index of `{place}` has no signature")]
    NoSignature {
        /// Where.
        place: String,
    },
    /// The signature is of an index with another serial.
    #[error("the signature of the index of `{place}` is of serial {signed}, and the index says {serial}")]
    Serial {
        /// Where.
        place: String,
        /// What the signature says.
        signed: String,
        /// What the index says.
        serial: u64,
    },
    /// The key does not sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A file does not hold the key that it should.
    #[error("`{path}` holds no key that can be used")]
    BadKey {
        /// The file.
        path: Utf8PathBuf,
        /// Why not.
        #[source]
        source: KeyError,
    },
    /// Nobody could sign the next index.
    #[error("no key would be left whose signature counts")]
    NoKeyLeft,
    /// A key would be lost.
    #[error("`{path}` is there already, and a key that is written over is lost")]
    KeyExists {
        /// The file.
        path: Utf8PathBuf,
    },
    /// The file of a key cannot be read or written.
    #[error("failed to {doing} the key `{path}`")]
    KeyFile {
        /// `read` or `write`.
        doing: &'static str,
        /// The file.
        path: Utf8PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// What is published cannot be changed.
    #[error("failed to publish to `{place}`")]
    Destination {
        /// Where.
        place: String,
        /// Why not.
        #[source]
        source: DestinationError,
    },
    /// An archive cannot be looked into.
    #[error("failed to use the store")]
    Store(#[from] StoreError),
    /// A person interrupted it.
    #[error("interrupted; what was put stays, and `pbs publish` goes on from there")]
    Interrupted,
}

impl PublishError {
    /// Whose matter it is.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Interrupted => Class::Interrupted,
            Self::Destination { source, .. } => source.class(),
            Self::Load(error) => error.class(),
            Self::Store(_) | Self::Http(_) => Class::Environment,
            _ => Class::Input,
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Scheme { .. } => {
                "name a directory, a bucket (`s3://BUCKET/PREFIX`) or a repository (`oci://HOST/NAME`); or publish \
                 to a directory and copy it, `index.json` last"
            }
            Self::Bucket(error) => error.hint(),
            Self::Repository(error) => error.hint(),
            Self::Http(_) => "does PBS_CA_FILE hold certificates in PEM?",
            Self::Directory { .. } => "name archives that `pbs build` made",
            Self::Name { .. } => {
                "archives keep the names that `pbs build` gave them: others read what they are from them"
            }
            Self::Disagree { .. } => "give it back the name that `pbs build` gave it",
            Self::Damaged { .. } => "`pbs verify` says what is wrong with it",
            Self::Taken { .. } => {
                "a published archive never changes, as others know it by its digest: build it with another release tag"
            }
            Self::NotOurs { .. } | Self::NoSignature { .. } | Self::Serial { .. } => {
                "after a change of keys, name the public key that signed so far with `--previous-key FILE`; \
                 else somebody else wrote there"
            }
            Self::Load(error) => return error.hint(),
            Self::Index { source, .. } => source.hint()?,
            Self::Key(error) | Self::BadKey { source: error, .. } => error.hint()?,
            Self::NoKeyLeft => {
                "`--previous-key` names the key that is replaced; name the one that comes after it with `--key` or \
                 `--next-key`"
            }
            Self::KeyExists { .. } => "name another file, or move that one away",
            Self::KeyFile { doing: "read", .. } => "`pbs publish key new FILE` makes a key",
            Self::Destination { source, .. } => source.hint()?,
            Self::Store(error) => error.hint()?,
            Self::Read { .. } | Self::Twice { .. } | Self::KeyFile { .. } | Self::Interrupted => return None,
        };
        Some(hint.to_owned())
    }
}
