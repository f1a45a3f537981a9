//! Skeleton of the store's interface (to be moved into cas.rs, actions.rs, lock.rs, gc.rs).

use std::io::Read;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::model::{Digest, HostPath, Tree, TreeDigest};

/// A content-addressed store in a directory. Cheap to clone, usable from many threads and processes.
#[derive(Clone, Debug)]
pub struct Store {
    _root: Arc<Utf8PathBuf>,
}

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

/// A tree that stands unpacked, read-only, for as long as this value lives.
#[derive(Debug)]
pub struct Materialised {
    /// Where it stands.
    pub dir: HostPath,
}

/// A private directory on the store's file system, removed when dropped (or at the next start after a crash).
#[derive(Debug)]
pub struct Scratch {
    /// Where it is.
    pub dir: HostPath,
}

/// What the store keeps of a finished action.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ActionRecord {
    /// The output tree.
    pub output: TreeDigest,
    /// The complete log (a blob), if the action printed anything.
    pub log: Option<Digest>,
    /// The step it was run for, for people.
    pub step: String,
    /// Wall-clock seconds it took.
    pub wall_seconds: f64,
    /// CPU seconds it took, where known.
    pub cpu_seconds: Option<f64>,
    /// Peak resident bytes, where known.
    pub peak_memory: Option<u64>,
    /// `native`, `docker`, `in-process`.
    pub sandbox: String,
}

impl Store {
    /// Opens the store in `root`, creating it if needed.
    pub fn open(_root: &Utf8Path) -> Result<Self, StoreError> {
        unimplemented!()
    }
    /// Takes in bytes.
    pub fn put_bytes(&self, _bytes: &[u8]) -> Result<Digest, StoreError> {
        unimplemented!()
    }
    /// Takes in a stream, hashing while it passes; nothing lands unless it ends without error.
    pub fn put_reader(&self, _reader: &mut dyn Read) -> Result<Digest, StoreError> {
        unimplemented!()
    }
    /// Opens a blob; reading to its end checks its digest.
    pub fn open_blob(&self, _digest: &Digest) -> Result<Box<dyn Read + Send>, StoreError> {
        unimplemented!()
    }
    /// Reads a whole blob, checked.
    pub fn read_blob(&self, _digest: &Digest) -> Result<Vec<u8>, StoreError> {
        unimplemented!()
    }
    /// Whether the blob is there (with the right size; content is checked when it is read).
    pub fn has_blob(&self, _digest: &Digest) -> bool {
        unimplemented!()
    }
    /// Takes in a directory of the same file system (a scratch): files are moved, not copied.
    pub fn ingest_dir(&self, _dir: &Utf8Path) -> Result<TreeDigest, StoreError> {
        unimplemented!()
    }
    /// Stores a tree's directories; its files must be there.
    pub fn put_tree(&self, _tree: &Tree) -> Result<TreeDigest, StoreError> {
        unimplemented!()
    }
    /// Reads a tree back.
    pub fn tree(&self, _digest: &TreeDigest) -> Result<Tree, StoreError> {
        unimplemented!()
    }
    /// Unpacks a tree, once; later calls find it standing.
    pub fn materialise(&self, _digest: &TreeDigest) -> Result<Materialised, StoreError> {
        unimplemented!()
    }
    /// A fresh scratch directory.
    pub fn scratch(&self) -> Result<Scratch, StoreError> {
        unimplemented!()
    }
    /// The recorded result of an action.
    pub fn action(&self, _key: &Digest) -> Result<Option<ActionRecord>, StoreError> {
        unimplemented!()
    }
    /// Records a result.
    pub fn put_action(&self, _key: &Digest, _record: &ActionRecord) -> Result<(), StoreError> {
        unimplemented!()
    }
    /// Forgets a result (its output turned out to be gone).
    pub fn forget_action(&self, _key: &Digest) -> Result<(), StoreError> {
        unimplemented!()
    }
}
