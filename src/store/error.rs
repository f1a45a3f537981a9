//! Why the store could not do something.

use std::io;

use camino::Utf8PathBuf;

use crate::model::{Digest, MergeError, Pin, TreeDigest};

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A blob that is not there, or was there with other content (and has been taken out).
    #[error("blob {digest} is {state}")]
    Blob {
        /// Which one.
        digest: Digest,
        /// `missing` or `corrupt`.
        state: BlobState,
    },
    /// A stream that does not have the digest it was asked for; nothing has been kept of it.
    #[error("expected {expected} but got {actual}")]
    Unexpected {
        /// What it should have been.
        expected: Pin,
        /// What came.
        actual: Digest,
    },
    /// The stream to be taken in broke off.
    #[error("reading what the store should take in failed")]
    Input {
        /// What the reader said.
        #[source]
        source: io::Error,
    },
    /// The disk, or the quota, is full. Nothing half-written is left.
    #[error("no space is left on the store's disk: {doing} failed")]
    Full {
        /// What was being done.
        doing: &'static str,
        /// What the system said; names the path.
        #[source]
        source: io::Error,
    },
    /// The store may not be written.
    #[error("the store may not be written: {doing} failed")]
    NotWritable {
        /// What was being done.
        doing: &'static str,
        /// What the system said; names the path.
        #[source]
        source: io::Error,
    },
    /// A file outside of the store, a copy of a blob, could not be written. Nothing is left of it.
    #[error("a copy from the store could not be written")]
    Outside {
        /// What the system said; names the path.
        #[source]
        source: io::Error,
    },
    /// Another failure of the file system.
    #[error("{doing} failed")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the system said; names the path.
        #[source]
        source: io::Error,
    },
    /// The store's root is a file.
    #[error("the store `{path}` is not a directory")]
    NotADirectory {
        /// The root.
        path: Utf8PathBuf,
    },
    /// The root is a directory that holds other things.
    #[error("`{path}` is no store: it holds `{found}`")]
    NotAStore {
        /// The root.
        path: Utf8PathBuf,
        /// Something that no store has.
        found: String,
    },
    /// The store was made by a `pbs` with another format.
    #[error("the store `{path}` has format `{found}`, this `pbs` knows format `{known}`")]
    Format {
        /// The root.
        path: Utf8PathBuf,
        /// What its marker says.
        found: String,
        /// What we write.
        known: &'static str,
    },
    /// Others use the store, so nothing may be collected.
    #[error("the store is in use{}", by_whom(.processes))]
    InUse {
        /// Their process ids, as far as known; ours when a tree of this process is standing.
        processes: Vec<u32>,
    },
    /// A thing in a directory that cannot be part of a tree.
    #[error("`{path}` cannot be taken into the store: {problem}")]
    Entry {
        /// The path, relative to the directory that was taken in.
        path: Utf8PathBuf,
        /// What is wrong with it.
        problem: EntryProblem,
    },
    /// A tree whose messages are not canonical `Directory` messages.
    #[error("tree {digest} is malformed")]
    Malformed {
        /// Its digest.
        digest: TreeDigest,
        /// What is wrong.
        #[source]
        source: super::DecodeError,
    },
    /// Trees that do not fit into one.
    #[error("the trees do not fit together")]
    Merge(#[from] MergeError),
}

fn by_whom(ids: &[u32]) -> String {
    if ids.is_empty() {
        return String::new();
    }
    let ids: Vec<String> = ids.iter().map(u32::to_string).collect();
    format!(" by process {}", ids.join(", "))
}

impl StoreError {
    /// An error of the file system, by what a person can do about it.
    pub(crate) fn io(doing: &'static str, source: io::Error) -> Self {
        if source.get_ref().is_some_and(|inner| inner.is::<Self>()) {
            return Self::from(source);
        }
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { doing, source },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::NotWritable { doing, source }
            }
            _ => Self::Io { doing, source },
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Blob { .. } => Some("run the same command again: what is missing is made again"),
            Self::Full { .. } => {
                Some("free some space, run `pbs cache gc`, or choose another place with `--store DIR`")
            }
            Self::NotWritable { .. } => {
                Some("give yourself write permission or choose another place with `--store DIR`")
            }
            Self::NotADirectory { .. } | Self::NotAStore { .. } => {
                Some("give `--store` a new or an empty directory")
            }
            Self::Format { .. } => Some("use that version of `pbs`, or another directory with `--store DIR`"),
            Self::InUse { .. } => Some("wait until the other `pbs` has ended and try again"),
            Self::Entry { problem, .. } => Some(problem.hint()),
            Self::Io { .. } => Some("is it a directory where files can be made? `--store DIR` names another"),
            Self::Outside { .. } => Some("is there space, and may files be made there?"),
            Self::Unexpected { .. } | Self::Input { .. } | Self::Malformed { .. } | Self::Merge(_) => None,
        }
    }
}

/// Recovers the store's own error from a reader of [`super::Store::open_blob`].
impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(own) => own,
            Err(source) => Self::io("using the store", source),
        }
    }
}

impl From<StoreError> for io::Error {
    fn from(error: StoreError) -> Self {
        let kind = match &error {
            StoreError::Blob {
                state: BlobState::Missing,
                ..
            } => io::ErrorKind::NotFound,
            StoreError::Full { source, .. }
            | StoreError::NotWritable { source, .. }
            | StoreError::Io { source, .. }
            | StoreError::Outside { source }
            | StoreError::Input { source } => source.kind(),
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}

/// What is wrong with a blob.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BlobState {
    /// Not there.
    Missing,
    /// Its content was another one; it has been removed.
    Corrupt,
}

impl std::fmt::Display for BlobState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Missing => "missing",
            Self::Corrupt => "corrupt",
        })
    }
}

/// Why something in a directory cannot be part of a tree.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EntryProblem {
    /// A socket, device or pipe.
    #[error("it is a {kind}")]
    Special {
        /// Which kind.
        kind: &'static str,
    },
    /// It would run with its owner's or its group's rights.
    #[error("it is set-user-id or set-group-id (mode {mode:o})")]
    SetId {
        /// Its mode.
        mode: u32,
    },
    /// A symbolic link to an absolute path.
    #[error("it is a symbolic link to the absolute path `{target}`")]
    AbsoluteLink {
        /// Where it points.
        target: String,
    },
    /// A symbolic link that leaves the tree.
    #[error("it is a symbolic link to `{target}`, which is outside of the tree")]
    LeavingLink {
        /// Where it points.
        target: String,
    },
    /// A symbolic link without a target, or one that is not UTF-8.
    #[error("it is a symbolic link whose target is empty or not UTF-8")]
    LinkText,
    /// A name that is not UTF-8.
    #[error("its name is not UTF-8")]
    Name,
}

impl EntryProblem {
    fn hint(&self) -> &'static str {
        match self {
            Self::Special { .. } => "a step's output has files, directories and symbolic links only",
            Self::SetId { .. } => "drop the bits in the step (`chmod ug-s`)",
            Self::AbsoluteLink { .. } | Self::LeavingLink { .. } => {
                "make it a relative link to something in the same output"
            }
            Self::LinkText | Self::Name => "use UTF-8",
        }
    }
}
