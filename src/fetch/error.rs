//! Why something could not be fetched: each place that was tried, and its reason.

use std::fmt;
use std::io;

use indexmap::IndexSet;

use super::client::ClientError;
use super::http::HttpError;
use super::pypi::PypiError;
use crate::archive::{ArchiveError, RootError};
use crate::model::{Digest, Pin, TreeDigest, on_one_line};
use crate::store::StoreError;

/// Why something could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// No place gave it.
    #[error("`{name}` cannot be had{}", list(.failures))]
    Nowhere {
        /// What was wanted.
        name: String,
        /// Every place that was tried, in order.
        failures: Vec<Failure>,
    },
    /// The store failed.
    #[error("`{name}` cannot be kept")]
    Store {
        /// What was wanted.
        name: String,
        /// Why.
        source: StoreError,
    },
    /// Several packages of a worker root.
    #[error("{} of the {of} packages of the worker root `{image}` cannot be had{}", .missing.len(), first_of(.missing))]
    Packages {
        /// Folder of `docker/`.
        image: String,
        /// How many there are in all.
        of: usize,
        /// What could not be had, each with its places.
        missing: Vec<Self>,
    },
    /// What an image declares does not fit its packages.
    #[error("the worker root `{image}` cannot be put together")]
    Root {
        /// Folder of `docker/`.
        image: String,
        /// Why.
        source: Box<RootError>,
    },
    /// A file could not be written or read.
    #[error("failed to {doing}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// Why; names the path.
        source: io::Error,
    },
    /// The HTTP client could not be made.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The driver is stopping.
    #[error("fetching `{name}` was cancelled")]
    Cancelled {
        /// What was wanted.
        name: String,
    },
}

/// One place that did not give what was wanted.
#[derive(Debug)]
pub struct Failure {
    /// The place, for people.
    pub place: String,
    /// Why.
    pub reason: Reason,
}

/// Why one place did not give what was wanted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// HTTP went wrong.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The machine's client went wrong.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// pip went wrong.
    #[error(transparent)]
    Pypi(#[from] PypiError),
    /// It has another length.
    #[error("it has {} bytes instead of {expected}", .actual.map_or_else(|| "more".to_owned(), |size| size.to_string()))]
    Size {
        /// The length asked for.
        expected: u64,
        /// The length it has; nothing if reading stopped at the first byte too many.
        actual: Option<u64>,
    },
    /// It has other bytes.
    #[error("its digest is sha256:{} instead of sha256:{}", .actual.hex(), .expected.hex())]
    Content {
        /// What was asked for.
        expected: Pin,
        /// What it is.
        actual: Digest,
    },
    /// A local file could not be read.
    #[error("it cannot be read")]
    Read(#[source] io::Error),
    /// The archive is right, but cannot be unpacked.
    #[error("its archive cannot be unpacked")]
    Unpack(#[source] ArchiveError),
    /// The unpacked files are not those asked for.
    #[error("its files have the tree digest {actual} instead of {expected}")]
    Tree {
        /// The digest asked for.
        expected: TreeDigest,
        /// The digest they have.
        actual: TreeDigest,
    },
    /// The archive is not the one that identifies the source.
    #[error("it gives sha256:{} where only sha256:{} is the source", .given.hex(), .expected.hex())]
    OtherArchive {
        /// What identifies the source.
        expected: Pin,
        /// What the place gives.
        given: Pin,
    },
    /// It was not asked.
    #[error("not asked, because of `--offline`")]
    Offline,
    /// Not in any directory.
    #[error("no file `{hex}-…` or `{file}` with that content in it")]
    NotInDirectory {
        /// Its SHA-256 sum.
        hex: String,
        /// The plain name that was looked for.
        file: String,
    },
    /// No Debian mirror.
    #[error("no Debian mirror is configured on this machine")]
    NoMirror,
    /// The snapshot archive answers, but does not know the file.
    #[error("the snapshot archive does not list `{file}`")]
    NotInSnapshot {
        /// Its name.
        file: String,
    },
}

impl Reason {
    /// Whether the right bytes came, but were damaged in the store: they may come again.
    pub(crate) const fn is_damage(&self) -> bool {
        matches!(self, Self::Unpack(ArchiveError::Store(_)))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, on_one_line(&self.reason))
    }
}

/// The first few of many errors, each with its places.
fn first_of(errors: &[FetchError]) -> String {
    const SHOWN: usize = 3;
    let mut text: String = errors
        .iter()
        .take(SHOWN)
        .map(|error| format!("\n{error}"))
        .collect();
    if errors.len() > SHOWN {
        text.push_str(&format!("\nand {} more", errors.len() - SHOWN));
    }
    text
}

fn list(failures: &[Failure]) -> String {
    if failures.is_empty() {
        return ": its recipe names no place".to_owned();
    }
    // An archive that is in the store stands for every place that gives it.
    let lines: IndexSet<String> = failures.iter().map(|failure| format!("\n  {failure}")).collect();
    lines.into_iter().collect()
}

impl FetchError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        if let Some(error) = self.unusable() {
            // The right bytes came, so nobody has replaced anything.
            let general = "the recipe names an archive that cannot be used: name another";
            return error.hint().or(Some(general));
        }
        match self {
            Self::Nowhere { .. } if self.is_wrong_content() => Some(
                "if upstream replaced the file, check who did it and why before changing the digest in the recipe",
            ),
            Self::Nowhere { .. } => Some(
                "on a machine that reaches one of these places run `pbs sources mirror DIR`, then give this one `--source-dir DIR`",
            ),
            Self::Store { source, .. } => source.hint(),
            Self::Root { source, .. } => source.hint(),
            Self::Packages { missing, .. } => missing.first()?.hint(),
            Self::Io { .. } => Some("is there space, and may files be made there? name another directory"),
            _ => None,
        }
    }

    /// Why the archive that the recipe names cannot be unpacked, if nothing else is wrong with what came.
    fn unusable(&self) -> Option<&ArchiveError> {
        let Self::Nowhere { failures, .. } = self else {
            return None;
        };
        let mut found = None;
        for failure in failures {
            match &failure.reason {
                Reason::Unpack(error) if !failure.reason.is_damage() => found = Some(error),
                Reason::Size { .. } | Reason::Content { .. } | Reason::Tree { .. } => return None,
                _ => {}
            }
        }
        found
    }

    /// Whether it is about the machine or its user and not about one thing: everything else would
    /// fail as well.
    pub(crate) const fn is_of_all(&self) -> bool {
        matches!(
            self,
            Self::Store { .. } | Self::Io { .. } | Self::Cancelled { .. }
        )
    }

    /// Whether somebody gave something, but nobody the right thing: then the recipe or the place
    /// is wrong, and not this machine.
    #[must_use]
    pub fn is_wrong_content(&self) -> bool {
        let wrong = |failure: &Failure| match &failure.reason {
            Reason::Size { .. }
            | Reason::Content { .. }
            | Reason::Tree { .. }
            | Reason::OtherArchive { .. } => true,
            reason @ Reason::Unpack(_) => !reason.is_damage(),
            _ => false,
        };
        match self {
            Self::Nowhere { failures, .. } => failures.iter().any(wrong),
            Self::Root { source, .. } => !source.is_of_store(),
            Self::Packages { missing, .. } => missing.iter().any(Self::is_wrong_content),
            _ => false,
        }
    }
}
