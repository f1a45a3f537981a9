//! Why an archive could not be unpacked or made.

use std::error::Error;
use std::io;

use super::limits::TooMuch;
use crate::model::{MergeError, ParsePathError, TreePath};
use crate::store::StoreError;

/// Why an archive could not be unpacked or made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The store failed; also when the archive itself turned out to be damaged there.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The first bytes are those of no format we know.
    #[error("it is no tar, zip or compressed tar archive")]
    Format,
    /// The archive is cut off or damaged although its digest is the expected one.
    #[error("the archive is damaged")]
    Damaged {
        /// What the decoder said.
        #[source]
        source: io::Error,
    },
    /// An entry that must not be in an archive.
    #[error("entry `{path}` {fault}")]
    Entry {
        /// Its name as it is in the archive.
        path: String,
        /// What is wrong with it.
        fault: EntryFault,
    },
    /// More entries than allowed.
    #[error("it has more than {limit} entries")]
    TooManyEntries {
        /// The limit.
        limit: u64,
    },
    /// More content than allowed, all in all or for an archive of its size.
    #[error("it unpacks to more than {limit} bytes")]
    TooBig {
        /// The limit for this archive.
        limit: u64,
    },
    /// A glob that is none.
    #[error("`{glob}` is no glob")]
    Glob {
        /// The text.
        glob: String,
        /// What is wrong with it.
        #[source]
        source: globset::Error,
    },
    /// `strip`, `subdir` and `select` leave nothing.
    #[error("nothing is left of it")]
    Nothing,
    /// An entry that was to stand first in an archive is not in the tree.
    #[error("`{path}` should be the archive's first entry but is not in the tree")]
    NoFirst {
        /// Its path.
        path: TreePath,
    },
    /// What is in it could not be written where it was to be unpacked.
    #[error("what is in it cannot be written")]
    Write {
        /// What the system said; names the path.
        #[source]
        source: io::Error,
    },
    /// Unpacking was to end before its end.
    #[error("unpacking was interrupted")]
    Interrupted,
    /// A path or link that no tar header can say.
    #[error("`{path}` cannot be put into a tar archive")]
    Header {
        /// Its path.
        path: TreePath,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What is wrong with an entry; reads after its name.
#[derive(PartialEq, Eq, Debug, thiserror::Error)]
pub enum EntryFault {
    /// Its name is not UTF-8.
    #[error("has a name that is not UTF-8")]
    Name,
    /// Its path is absolute or goes upwards.
    #[error("has a path that leaves the archive's directory")]
    Path {
        /// What is wrong with the path.
        #[source]
        source: ParsePathError,
    },
    /// It has too few components to be stripped.
    #[error("has fewer than the {strip} leading components that are to be removed")]
    Shallow {
        /// How many.
        strip: u32,
    },
    /// A device, pipe or something else that is no file.
    #[error("is a {kind}")]
    Special {
        /// Which kind.
        kind: &'static str,
    },
    /// A link to an absolute path.
    #[error("links to the absolute path `{target}`")]
    AbsoluteLink {
        /// The target.
        target: String,
    },
    /// A link out of the tree.
    #[error("links to `{target}`, which is outside of the archive")]
    LeavingLink {
        /// The target.
        target: String,
    },
    /// A link without or with an unreadable target.
    #[error("is a link whose target is empty, not UTF-8 or longer than any path")]
    LinkText,
    /// A hard link to something that has not come before or was not selected.
    #[error("is a hard link to `{target}`, which is no file before it")]
    HardLink {
        /// The target.
        target: String,
    },
    /// The same path twice with different content, or below something that is no directory.
    #[error("stands in the way of another: {source}")]
    Conflict {
        /// What does not fit.
        #[source]
        source: MergeError,
    },
    /// Names occur more than once in a zip's directory.
    #[error("is not the only entry of its name")]
    Duplicate,
    /// It is encrypted.
    #[error("is encrypted")]
    Encrypted,
}

impl ArchiveError {
    /// An error that came through decoders, which may have wrapped ours.
    pub(super) fn read(source: io::Error) -> Self {
        let mut cause: Option<&(dyn Error + 'static)> = source.get_ref().map(|inner| inner as _);
        while let Some(error) = cause {
            if let Some(much) = error.downcast_ref::<TooMuch>() {
                return Self::TooBig { limit: much.limit };
            }
            if let Some(StoreError::Blob { digest, state }) = error.downcast_ref() {
                return Self::Store(StoreError::Blob {
                    digest: *digest,
                    state: *state,
                });
            }
            // `io::Error::source` skips the error it holds.
            cause = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
                Some(inner) => Some(inner as _),
                None => error.source(),
            };
        }
        Self::Damaged { source }
    }

    pub(super) fn entry(path: impl Into<String>, fault: EntryFault) -> Self {
        Self::Entry {
            path: path.into(),
            fault,
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Store(error) => error.hint(),
            Self::Entry { fault, .. } => match fault {
                EntryFault::Shallow { .. } => Some("lower `strip`, or leave such entries out with `select`"),
                EntryFault::AbsoluteLink { .. } | EntryFault::LeavingLink { .. } => {
                    Some("leave it out with `select` if the build does not need it")
                }
                _ => Some("this archive should not be trusted: compare its digest with upstream's"),
            },
            Self::TooManyEntries { .. } | Self::TooBig { .. } => {
                Some("this looks like a decompression bomb: compare the digest with upstream's")
            }
            Self::Nothing => Some("check `strip`, `subdir` and `select` against the archive's list of names"),
            Self::Format => {
                Some("pbs reads .tar, .tar.gz, .tar.xz, .tar.bz2, .tar.zst, .crate, .zip and .whl")
            }
            Self::Damaged { .. } => Some("get it again: it was cut off or changed on its way"),
            Self::Write { .. } => Some("is there space, and may files be made there?"),
            Self::Glob { .. } | Self::NoFirst { .. } | Self::Header { .. } | Self::Interrupted => None,
        }
    }
}
