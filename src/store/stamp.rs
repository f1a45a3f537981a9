//! The marks by which an untouched file is known: mode and modification time.
//!
//! Every file and directory of the store has the one modification time [`MTIME`]. Whoever writes
//! to a file, or adds to or takes from a directory, moves it, so comparing a standing tree with
//! its description needs one `lstat` per entry and no bookkeeping. It makes steps more
//! reproducible, too: they see the same times on every machine.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use camino::Utf8Path;
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps};

/// The modification time of everything in the store, in seconds since 1970: 2000-01-01 UTC.
///
/// Not 0: some tools take that for a mistake, and ZIP cannot say it.
pub const MTIME: i64 = 946_684_800;

/// How a blob is stored: the one bit of a mode that trees keep.
///
/// Names of one content in many trees are hard links to one file, which has one mode, so a
/// content that is used both ways is stored twice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum BlobMode {
    /// An ordinary file.
    Plain,
    /// One that may be executed.
    Executable,
}

impl BlobMode {
    /// From an entry's flag.
    #[must_use]
    pub const fn of(executable: bool) -> Self {
        if executable { Self::Executable } else { Self::Plain }
    }

    /// Both of them.
    pub(super) const ALL: [Self; 2] = [Self::Plain, Self::Executable];

    /// The mode on disk.
    ///
    /// The owner may write: a step's `cp -R /in/source/. .` copies modes, and a copy that cannot
    /// be overwritten would be of no use. What protects the store is that sandboxes mount it
    /// read-only (which holds for root too) and that a write moves the modification time.
    pub(crate) const fn bits(self) -> u32 {
        match self {
            Self::Plain => 0o644,
            Self::Executable => 0o755,
        }
    }
}

/// The mode of directories.
pub(super) const DIRECTORY: u32 = 0o755;

/// Why an operation on a path failed, where `fs_err` has no function for it.
#[derive(Debug, thiserror::Error)]
#[error("failed to {doing} `{path}`")]
struct AtPath {
    doing: &'static str,
    path: String,
    #[source]
    source: io::Error,
}

/// Names the path in an error of the system.
pub(super) fn at_path(doing: &'static str, path: &Utf8Path, source: impl Into<io::Error>) -> io::Error {
    let source = source.into();
    io::Error::new(
        source.kind(),
        AtPath {
            doing,
            path: path.to_string(),
            source,
        },
    )
}

/// Sets the modification time of a file, a directory or a link to [`MTIME`].
pub(super) fn set_mtime(path: &Utf8Path) -> io::Result<()> {
    let time = Timespec {
        tv_sec: MTIME,
        tv_nsec: 0,
    };
    let times = Timestamps {
        last_access: time,
        last_modification: time,
    };
    rustix::fs::utimensat(CWD, path.as_std_path(), &times, AtFlags::SYMLINK_NOFOLLOW)
        .map_err(|errno| at_path("set the time of", path, errno))
}

/// Sets the mode of a file or directory, which must not be a link.
pub(super) fn set_mode(path: &Utf8Path, bits: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(bits))
}

/// Whether nobody has written to a file since the store stamped it.
pub(super) fn is_untouched(metadata: &std::fs::Metadata, size: u64, mode: BlobMode) -> bool {
    metadata.is_file() && metadata.len() == size && is_stamped(metadata, mode.bits())
}

/// Whether mode and modification time are those that the store sets.
pub(super) fn is_stamped(metadata: &std::fs::Metadata, bits: u32) -> bool {
    metadata.mode() & 0o7777 == bits && metadata.mtime() == MTIME && metadata.mtime_nsec() == 0
}

/// How long ago the file was last marked as used, seen from `now`.
pub(super) fn age(metadata: &std::fs::Metadata, now: std::time::SystemTime) -> Duration {
    metadata
        .modified()
        .ok()
        .and_then(|used| now.duration_since(used).ok())
        .unwrap_or_default()
}

/// Marks a file as used just now.
pub(crate) fn touch(path: &Utf8Path) -> io::Result<()> {
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: rustix::fs::UTIME_NOW,
    };
    let times = Timestamps {
        last_access: now,
        last_modification: now,
    };
    rustix::fs::utimensat(CWD, path.as_std_path(), &times, AtFlags::empty())
        .map_err(|errno| at_path("set the time of", path, errno))
}
