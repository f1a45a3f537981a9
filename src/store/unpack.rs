//! Trees copied out of the store, for good and to be written to.

use std::io::Write as _;

use camino::Utf8Path;

use super::cas::copy;
use super::layout::create_dir;
use super::spread::spread;
use super::stamp::{BlobMode, set_mode, set_mtime};
use super::{Store, StoreError};
use crate::model::{Digest, Entry, TreeDigest};

const DOING: &str = "copying a tree out of the store";

impl Store {
    /// Copies a tree into a directory that is made for it: every byte is checked on the way, and
    /// nothing in the copy is another name of what the store has.
    pub fn unpack(&self, digest: &TreeDigest, dir: &Utf8Path) -> Result<(), StoreError> {
        let failed = |source| StoreError::io(DOING, source);
        let tree = self.tree(digest)?;
        fs_err::create_dir(dir).map_err(failed)?;
        let mut files = Vec::new();
        for (path, entry) in tree.iter() {
            let at = dir.join(path.as_str());
            match entry {
                Entry::Directory => create_dir(&at).map_err(failed)?,
                Entry::Symlink { target } => {
                    fs_err::os::unix::fs::symlink(target, &at).map_err(failed)?;
                }
                Entry::File { digest, executable } => {
                    files.push((*digest, BlobMode::of(*executable), at));
                }
            }
        }
        spread(&files, 32, |(digest, mode, at)| self.copy_to(digest, *mode, at))?;
        Ok(())
    }

    fn copy_to(&self, digest: &Digest, mode: BlobMode, at: &Utf8Path) -> Result<(), StoreError> {
        let failed = |source| StoreError::io(DOING, source);
        let mut blob = self.open_checked(digest)?;
        let mut file = fs_err::File::create_new(at).map_err(failed)?;
        copy(&mut blob, &mut |bytes| file.write_all(bytes)).map_err(failed)?;
        // The one time that a tree has: a program that compares times finds nothing out of date.
        set_mode(at, mode.bits())
            .and_then(|()| set_mtime(at))
            .map_err(failed)
    }
}
