//! The store's directory: opening it, what stands where, sessions and scratch directories.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::{File, OpenOptions};

use super::stamp::{BlobMode, set_mode};
use super::{BlobState, StoreError};
use crate::model::{Digest, HostPath, TreeDigest};

/// Content of the marker file.
const FORMAT: &str = "1";
/// The marker: says that this directory is a store, and of which format.
const MARKER: &str = "pbs-store";
/// Held shared by everyone who uses the store, alone by the collector.
const LOCK: &str = "lock";
/// Temporary things, one directory per session.
const TMP: &str = "tmp";
/// Notes with longer names are kept under the digest of their name.
const LONGEST_NOTE: usize = 200;
/// Tells backup programs to leave the store out.
const CACHEDIR_TAG: &str = "CACHEDIR.TAG";
const CACHEDIR_TEXT: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    # The store of `pbs`: everything in it can be made again.\n";

/// A content-addressed store in a directory. Cheap to clone, usable from many threads and processes.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    root: Utf8PathBuf,
    session: Session,
    counter: AtomicU64,
    /// How many [`super::Materialised`] and scratch directories of this process are alive.
    pub(super) standing: AtomicUsize,
    /// Trees that a thread of this process is just materialising.
    pub(super) building: Mutex<HashMap<TreeDigest, Arc<Mutex<()>>>>,
    /// Dropped last: while it lives nothing is collected.
    pub(super) lock: File,
}

/// The directories of the store, with the version of what is in them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Area {
    Cas,
    Trees,
    Actions,
    Explain,
}

impl Area {
    const ALL: [Self; 4] = [Self::Cas, Self::Trees, Self::Actions, Self::Explain];

    const fn name(self) -> &'static str {
        match self {
            Self::Cas => "cas-v1",
            Self::Trees => "trees-v1",
            Self::Actions => "actions-v1",
            Self::Explain => "explain-v1",
        }
    }
}

impl Store {
    /// Opens the store in `root`, creating it if needed. Waits while it is being collected.
    pub fn open(root: &Utf8Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::io("opening the store", source);
        match fs_err::metadata(root) {
            Ok(metadata) if !metadata.is_dir() => {
                return Err(StoreError::NotADirectory {
                    path: root.to_owned(),
                });
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                return Err(StoreError::NotADirectory {
                    path: root.to_owned(),
                });
            }
            Err(_) => fs_err::create_dir_all(root).map_err(failed)?,
        }
        // Absolute, so that nobody's working directory matters later.
        let root = root.canonicalize_utf8().map_err(failed)?;
        let is_new = check_marker(&root)?;
        let tmp = root.join(TMP);
        create_dir(&tmp).map_err(failed)?;
        let lock = open_lock(&root.join(LOCK)).map_err(failed)?;
        lock.file().lock_shared().map_err(failed)?;
        if is_new {
            for area in Area::ALL {
                create_dir(&root.join(area.name())).map_err(failed)?;
            }
        }
        let session = Session::begin(&tmp).map_err(failed)?;
        let store = Self {
            inner: Arc::new(Inner {
                root,
                session,
                counter: AtomicU64::new(0),
                standing: AtomicUsize::new(0),
                building: Mutex::default(),
                lock,
            }),
        };
        if is_new {
            store.write_file(&store.root().join(CACHEDIR_TAG), CACHEDIR_TEXT.as_bytes())?;
            // Last: a directory with a marker is complete.
            store.write_file(&store.root().join(MARKER), format!("{FORMAT}\n").as_bytes())?;
        }
        Ok(store)
    }

    /// Where the store is.
    #[must_use]
    pub fn root(&self) -> &Utf8Path {
        &self.inner.root
    }

    /// A fresh scratch directory.
    pub fn scratch(&self) -> Result<Scratch, StoreError> {
        let dir = self.temporary();
        create_dir(&dir).map_err(|source| StoreError::io("making a scratch directory", source))?;
        self.inner.standing.fetch_add(1, Ordering::Relaxed);
        Ok(Scratch {
            dir: HostPath(dir),
            store: self.clone(),
        })
    }

    /// Where a blob's file is, for people to look at; it must not be changed.
    pub fn blob_path(&self, digest: &Digest) -> Result<HostPath, StoreError> {
        self.find(digest)
            .map(|(path, _)| HostPath(path))
            .ok_or(StoreError::Blob {
                digest: *digest,
                state: BlobState::Missing,
            })
    }

    /// A path in this session's directory that nobody else uses.
    pub(super) fn temporary(&self) -> Utf8PathBuf {
        let number = self.inner.counter.fetch_add(1, Ordering::Relaxed);
        self.inner.session.dir.join(number.to_string())
    }

    pub(super) fn area(&self, area: Area) -> Utf8PathBuf {
        self.inner.root.join(area.name())
    }

    pub(super) fn blob_file(&self, digest: &Digest, mode: BlobMode) -> Utf8PathBuf {
        let hex = digest.hex();
        let suffix = match mode {
            BlobMode::Plain => "",
            BlobMode::Executable => ".x",
        };
        self.area(Area::Cas)
            .join(&hex[..2])
            .join(format!("{hex}-{}{suffix}", digest.size))
    }

    pub(super) fn tree_dir(&self, digest: &TreeDigest) -> Utf8PathBuf {
        self.area(Area::Trees)
            .join(format!("{}-{}", digest.0.hex(), digest.0.size))
    }

    pub(super) fn action_file(&self, key: &Digest) -> Utf8PathBuf {
        self.area(Area::Actions)
            .join(format!("{}-{}.json", key.hex(), key.size))
    }

    pub(super) fn note_file(&self, name: &str) -> Utf8PathBuf {
        use std::fmt::Write as _;
        let mut escaped = String::with_capacity(name.len());
        for byte in name.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => escaped.push(char::from(byte)),
                _ => {
                    let _ = write!(escaped, "%{byte:02x}");
                }
            }
        }
        // No file system takes a longer name.
        if escaped.len() > LONGEST_NOTE {
            escaped = Digest::of(name.as_bytes()).hex();
        }
        self.area(Area::Explain).join(escaped)
    }

    /// Writes a small file so that it is there as a whole or not at all.
    pub(super) fn write_file(&self, path: &Utf8Path, bytes: &[u8]) -> Result<(), StoreError> {
        let temporary = self.temporary();
        let written = fs_err::write(&temporary, bytes).and_then(|()| rename_into(&temporary, path));
        written.map_err(|source| {
            let _ = fs_err::remove_file(&temporary);
            StoreError::io("writing to the store", source)
        })
    }

    /// Process ids of the other sessions that are alive.
    pub(super) fn other_sessions(&self) -> Vec<u32> {
        let Ok(entries) = self.root().join(TMP).read_dir_utf8() else {
            return Vec::new();
        };
        entries
            .flatten()
            .filter(|entry| entry.path() != self.inner.session.dir)
            .filter_map(|entry| entry.file_name().split_once('-')?.0.parse().ok())
            .collect()
    }
}

/// The digest in a file's name, `<hex>-<size>`.
pub(super) fn parse_name(name: &str) -> Option<Digest> {
    let (hex, size) = name.split_once('-')?;
    Digest::from_hex(hex, size.parse().ok()?).ok()
}

/// The digest of a blob whose file has this name; see [`Store::blob_file`].
pub(super) fn blob_name(name: &str) -> Option<Digest> {
    parse_name(name.strip_suffix(".x").unwrap_or(name))
}

/// Whether the store is to be made; an error if something else is there.
fn check_marker(root: &Utf8Path) -> Result<bool, StoreError> {
    let failed = |source| StoreError::io("opening the store", source);
    match fs_err::read_to_string(root.join(MARKER)) {
        Ok(text) if text.trim_end() == FORMAT => return Ok(false),
        Ok(text) => {
            return Err(StoreError::Format {
                path: root.to_owned(),
                found: text.trim_end().to_owned(),
                known: FORMAT,
            });
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    // No marker: empty, or another process is just making it, or not ours.
    for entry in fs_err::read_dir(root).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let is_ours = name.to_str().is_some_and(|name| {
            [TMP, LOCK, MARKER, CACHEDIR_TAG, "lost+found"].contains(&name)
                || Area::ALL.iter().any(|area| area.name() == name)
        });
        if !is_ours {
            return Err(StoreError::NotAStore {
                path: root.to_owned(),
                found: name.to_string_lossy().into_owned(),
            });
        }
    }
    Ok(true)
}

pub(super) fn create_dir(path: &Utf8Path) -> io::Result<()> {
    match fs_err::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        done => done,
    }
}

/// Renames into a directory that may not be there yet.
pub(super) fn rename_into(from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
    match fs_err::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(parent) = to.parent() {
                create_dir(parent)?;
            }
            fs_err::rename(from, to)
        }
        done => done,
    }
}

fn open_lock(path: &Utf8Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}

/// This process's directory below `tmp/`, with a lock that lives as long as the process.
#[derive(Debug)]
struct Session {
    dir: Utf8PathBuf,
    _lock: File,
}

/// The session's lock file.
const SESSION_LOCK: &str = "session";

impl Session {
    /// Makes the directory, and removes those of sessions that have died.
    fn begin(tmp: &Utf8Path) -> io::Result<Self> {
        // One at a time, or a directory that has no lock yet would be taken for a dead one.
        let door = open_lock(&tmp.join(LOCK))?;
        door.file().lock()?;
        for entry in fs_err::read_dir(tmp)? {
            let entry = entry?;
            let Ok(dir) = Utf8PathBuf::from_path_buf(entry.path()) else {
                continue;
            };
            if entry.file_type()?.is_dir() && is_dead(&dir)? {
                // Files of another user, left by a container: no reason not to work.
                let _ = remove_all(&dir);
            }
        }
        let pid = std::process::id();
        let mut number = moment();
        loop {
            let dir = tmp.join(format!("{pid}-{number}"));
            match fs_err::create_dir(&dir) {
                Ok(()) => {
                    let lock = open_lock(&dir.join(SESSION_LOCK))?;
                    lock.file().lock()?;
                    return Ok(Self { dir, _lock: lock });
                }
                // Another store of this process, or a process of another container.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(error),
            }
        }
    }
}

/// What makes a name that is never used twice: who leaves removes a directory without passing the door, and would
/// take away that of the next who has its name. Processes of other containers may have the same number.
#[expect(clippy::disallowed_methods, reason = "a name of what does not last")]
fn moment() -> u128 {
    let moment = SystemTime::now().duration_since(UNIX_EPOCH);
    moment.unwrap_or_default().as_nanos()
}

fn is_dead(dir: &Utf8Path) -> io::Result<bool> {
    match File::open(dir.join(SESSION_LOCK)) {
        Ok(file) => Ok(file.file().try_lock().is_ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next session.
        let _ = remove_all(&self.dir);
    }
}

/// Removes a directory with all that is in it, also where its owner may not write.
pub(super) fn remove_all(dir: &Utf8Path) -> io::Result<()> {
    match fs_err::remove_dir_all(dir) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_up(dir)?;
            fs_err::remove_dir_all(dir)
        }
        done => done,
    }
}

/// Gives the owner every right on a directory and all directories below it.
fn open_up(dir: &Utf8Path) -> io::Result<()> {
    set_mode(dir, 0o700)?;
    for entry in fs_err::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir()
            && let Ok(below) = Utf8PathBuf::from_path_buf(entry.path())
        {
            open_up(&below)?;
        }
    }
    Ok(())
}

/// A private directory on the store's file system, removed when dropped (or at the next start after a crash).
#[derive(Debug)]
pub struct Scratch {
    /// Where it is.
    pub dir: HostPath,
    store: Store,
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A mount that is still there, or another user's file: the next session tries again.
        let _ = remove_all(&self.dir.0);
        self.store.inner.standing.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Locks a mutex whose content cannot be left half-changed.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
