//! Where something is published: what every kind of place must be able to do.

use std::fmt;
use std::ops::ControlFlow;

use camino::{Utf8Path, Utf8PathBuf};

use crate::bucket::BucketError;
use crate::engine::Class;
use crate::index::Address;
use crate::model::{Digest, TreePath};
use crate::registry::RegistryError;

/// A place that others read. Paths are relative to its root.
pub trait Destination: fmt::Debug {
    /// What people call it.
    fn shown(&self) -> String;

    /// Where readers find it, as far as it can tell by itself.
    fn address(&self) -> Option<Address>;

    /// Takes the right to publish, until what comes back is dropped. While somebody else has it,
    /// `waiting` is called again and again with who that is, and says whether to go on waiting.
    fn hold(
        &self,
        waiting: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Box<dyn Held>, DestinationError>;

    /// What is there; nothing where there is nothing. For documents, which are small.
    fn get(&self, path: &TreePath) -> Result<Option<Vec<u8>>, DestinationError>;

    /// How many bytes are there; nothing where there is nothing.
    fn size(&self, path: &TreePath) -> Result<Option<u64>, DestinationError>;

    /// Puts something where nothing is; what is there already must be the same.
    fn put_new(&self, path: &TreePath, content: Content<'_>) -> Result<Put, DestinationError>;

    /// Puts something in the place of what is there, at once; readers see one or the other.
    fn replace(&self, path: &TreePath, bytes: &[u8]) -> Result<(), DestinationError>;

    /// The same, if what is there is still this.
    fn replace_unchanged(
        &self,
        path: &TreePath,
        was: Option<&[u8]>,
        bytes: &[u8],
    ) -> Result<(), DestinationError>;

    /// Where nothing keeps publishers apart for certain: the indexes with this serial or a later one that anybody
    /// was about to put in place, without the `known` ones. Nothing where [`Destination::hold`] is enough.
    fn announced(&self, from: u64, known: &[Digest]) -> Result<Option<Vec<Vec<u8>>>, DestinationError> {
        let _ = (from, known);
        Ok(None)
    }
}

/// The right to publish, until it is dropped.
pub trait Held: fmt::Debug {}

/// What is put.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// What is in a file, which has this digest.
    File {
        /// The file.
        path: &'a Utf8Path,
        /// Its digest; another content is never published.
        digest: Digest,
    },
}

impl Content<'_> {
    /// The digest of what is put.
    #[must_use]
    pub fn digest(&self) -> Digest {
        match self {
            Self::Bytes(bytes) => Digest::of(bytes),
            Self::File { digest, .. } => *digest,
        }
    }
}

/// What putting came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Put {
    /// It was not there, and is now.
    Made,
    /// It was there.
    Same,
}

impl Put {
    /// What it came to where something is already.
    pub(super) fn compared(path: &TreePath, there: Digest, ours: Digest) -> Result<Self, DestinationError> {
        if there == ours {
            return Ok(Self::Same);
        }
        Err(DestinationError::Taken {
            path: path.clone(),
            there: Box::new(there),
            ours: Box::new(ours),
        })
    }
}

/// Why something cannot be published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DestinationError {
    /// A name has other bytes already.
    #[error("`{path}` is published already with other content: {there} there, {ours} here")]
    Taken {
        /// The name.
        path: TreePath,
        /// What it has.
        there: Box<Digest>,
        /// What it would get.
        ours: Box<Digest>,
    },
    /// The index was changed by somebody who does not keep to the rules.
    #[error("`{path}` was changed meanwhile")]
    Changed {
        /// What was changed.
        path: TreePath,
    },
    /// A file is not what it was a moment ago.
    #[error("`{path}` changed while it was being published")]
    Moving {
        /// The file.
        path: Utf8PathBuf,
    },
    /// A person interrupted it.
    #[error("interrupted")]
    Interrupted,
    /// A bucket does not do it.
    #[error("failed to {doing}")]
    Bucket {
        /// What was being done.
        doing: &'static str,
        /// Why not.
        #[source]
        source: BucketError,
    },
    /// A registry did not do what was asked.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The file system, or the network, is not able.
    #[error("failed to {doing}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// Why not; names the path.
        #[source]
        source: std::io::Error,
    },
}

impl DestinationError {
    /// Whose matter it is.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Interrupted => Class::Interrupted,
            Self::Registry(error) if error.is_cancelled() => Class::Interrupted,
            Self::Registry(error) if error.is_wrong_content() => Class::Input,
            Self::Registry(_) | Self::Io { .. } => Class::Environment,
            Self::Bucket { source, .. } if !source.is_input() => Class::Environment,
            _ => Class::Input,
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Taken { .. } => Some(
                "a published archive never changes, as others know it by its digest: build it with another release tag",
            ),
            Self::Changed { .. } => Some("publish again; `pbs publish` goes on where it ended"),
            Self::Bucket { source, .. } => source.hint(),
            Self::Registry(error) => error.hint(),
            Self::Io { .. } => Some("publish again when it is mended; `pbs publish` goes on where it ended"),
            _ => None,
        }
    }
}
