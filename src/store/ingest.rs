//! Takes a directory into the store, by moving its files or by copying them.

use std::io;

use camino::Utf8Path;
use fs_err::File;

use super::cas::digest_of;
use super::spread::spread;
use super::stamp::{BlobMode, set_mode};
use super::walk::{Found, Owner, WalkError, Walked, walk};
use super::{Store, StoreError};
use crate::model::{Digest, Entry, Listed, Listing, TreeDigest};

const DOING: &str = "taking a directory into the store";

impl Store {
    /// Takes in a directory: files are moved, not copied, so nothing is to be expected of what is
    /// left of it. Works from another file system too, by copying.
    ///
    /// Of a mode, the owner's `x` is kept; times and owners are not. Links must be relative and
    /// stay in the tree; sockets, devices, pipes and set-id files are refused.
    pub fn ingest_dir(&self, dir: &Utf8Path) -> Result<TreeDigest, StoreError> {
        let walked = walk(dir, Owner::Store).map_err(|error| error.of(DOING))?;
        self.take_in(walked, |file| self.move_in(file))
    }

    /// Takes in a copy of a directory of somebody else's, which stays as it is. What is kept of it and
    /// what is refused is the same as for [`Store::ingest_dir`].
    pub fn copy_dir(&self, dir: &Utf8Path) -> Result<TreeDigest, StoreError> {
        let walked = walk(dir, Owner::Other).map_err(WalkError::of_input)?;
        self.take_in(walked, |file| {
            let read = |source| StoreError::Input { source };
            let digest = File::open(&file.host).and_then(|mut file| digest_of(&mut file));
            self.copy_in(file, &digest.map_err(read)?)
        })
    }

    fn take_in(
        &self,
        walked: Walked,
        take: impl Fn(&Found) -> Result<Digest, StoreError> + Sync,
    ) -> Result<TreeDigest, StoreError> {
        let Walked { mut tree, files } = walked;
        let digests = spread(&files, 32, take)?;
        for (file, digest) in files.into_iter().zip(digests) {
            let entry = Entry::File {
                digest,
                executable: file.executable,
            };
            tree.insert(file.path, entry)?;
        }
        self.put_tree(&tree)
    }

    fn move_in(&self, found: &Found) -> Result<Digest, StoreError> {
        let failed = |source| StoreError::io(DOING, source);
        let mode = BlobMode::of(found.executable);
        // First of all: its owner may have taken himself the right to read it.
        set_mode(&found.host, mode.bits()).map_err(failed)?;
        let digest = File::open(&found.host)
            .and_then(|mut file| digest_of(&mut file))
            .map_err(failed)?;
        if found.has_other_names {
            // Through another name it could be changed later, so the store needs its own file.
            return self.copy_in(found, &digest);
        }
        match self.land(&found.host, &digest, mode) {
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => self.copy_in(found, &digest),
            Err(error) => Err(failed(error)),
            Ok(()) => Ok(digest),
        }
    }

    fn copy_in(&self, found: &Found, digest: &Digest) -> Result<Digest, StoreError> {
        if self.is_whole(digest) {
            return Ok(*digest);
        }
        let mut file = File::open(&found.host).map_err(|source| StoreError::Input { source })?;
        self.put_reader_as(&mut file, BlobMode::of(found.executable))
    }
}

/// What stands in a directory of somebody else's, of which nothing is taken into a store. What
/// [`Store::copy_dir`] refuses is refused here, too.
pub fn list_dir(dir: &Utf8Path) -> Result<Listing, StoreError> {
    let Walked { tree, files } = walk(dir, Owner::Other).map_err(WalkError::of_input)?;
    let others = tree.iter().map(|(path, entry)| {
        let listed = match entry {
            Entry::Symlink { target } => Listed::Symlink {
                target: target.clone(),
            },
            _ => Listed::Directory,
        };
        (path.clone(), listed)
    });
    let files = files.iter().map(|file| (file.path.clone(), Listed::File));
    Ok(Listing(others.chain(files).collect()))
}
