//! Trees unpacked on disk: hard links to blobs, made once, looked over at each use.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;

use super::cas::{copy, digest_of};
use super::layout::{create_dir, locked, remove_all, rename_into};
use super::spread::spread;
use super::stamp::{BlobMode, DIRECTORY, is_stamped, is_untouched, set_mode, set_mtime};
use super::{BlobState, Store, StoreError};
use crate::model::{Digest, Entry, HostPath, Tree, TreeDigest, TreePath};

const DOING: &str = "unpacking a tree";

/// A tree that stands unpacked, to be read only, for as long as this value lives.
#[derive(Debug)]
pub struct Materialised {
    /// Where it stands.
    pub dir: HostPath,
    store: Store,
}

impl Drop for Materialised {
    fn drop(&mut self) {
        self.store.inner.standing.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Store {
    /// Unpacks a tree, once; later calls find it standing.
    ///
    /// The first time, every byte is checked against its digest. A tree that stands is compared
    /// with its description, entry by entry: kind, size, mode, modification time, link target;
    /// a directory's time tells whether something came or went. (Someone who changes a file and
    /// puts its time back is found by [`Store::check`] only.) A damaged tree is made anew from
    /// the blobs; a damaged blob is removed and reported as [`StoreError::Blob`].
    ///
    /// The files are other names of the store's own: whoever mounts them must do so read-only.
    pub fn materialise(&self, digest: &TreeDigest) -> Result<Materialised, StoreError> {
        let mine = Arc::clone(locked(&self.inner.building).entry(*digest).or_default());
        let _one_at_a_time = locked(&mine);
        let tree = self.tree(digest)?;
        let dir = self.tree_dir(digest);
        if !stands(&tree, &dir) {
            self.discard(&dir)?;
            self.build(&tree, &dir)?;
        }
        self.inner.standing.fetch_add(1, Ordering::Relaxed);
        Ok(Materialised {
            dir: HostPath(dir),
            store: self.clone(),
        })
    }

    /// Moves a directory out of the way, at once, and removes it.
    pub(super) fn discard(&self, dir: &Utf8Path) -> Result<(), StoreError> {
        let failed = |source| StoreError::io("removing a damaged tree", source);
        let grave = self.temporary();
        match fs_err::rename(dir, &grave) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(failed(error)),
            Ok(()) if grave.is_dir() => remove_all(&grave).map_err(failed),
            Ok(()) => fs_err::remove_file(&grave).map_err(failed),
        }
    }

    fn build(&self, tree: &Tree, dir: &Utf8Path) -> Result<(), StoreError> {
        let temporary = self.temporary();
        let built = self.build_at(tree, &temporary).and_then(|()| {
            match fs_err::rename(&temporary, dir) {
                // Another process was faster.
                Err(_) if stands(tree, dir) => remove_all(&temporary),
                done => done,
            }
            .map_err(|source| StoreError::io(DOING, source))
        });
        if built.is_err() {
            let _ = remove_all(&temporary);
        }
        built
    }

    fn build_at(&self, tree: &Tree, dir: &Utf8Path) -> Result<(), StoreError> {
        let failed = |source| StoreError::io(DOING, source);
        let place = |path: &TreePath| dir.join(path.as_str());
        create_dir(dir).map_err(failed)?;
        let mut directories = vec![dir.to_owned()];
        // Each content is checked once, however many names it has.
        let mut files: BTreeMap<(Digest, BlobMode), Vec<Utf8PathBuf>> = BTreeMap::new();
        for (path, entry) in tree.iter() {
            let at = place(path);
            match entry {
                Entry::Directory => {
                    create_dir(&at).map_err(failed)?;
                    directories.push(at);
                }
                Entry::Symlink { target } => {
                    fs_err::os::unix::fs::symlink(target, &at).map_err(failed)?;
                    set_mtime(&at).map_err(failed)?;
                }
                Entry::File { digest, executable } => files
                    .entry((*digest, BlobMode::of(*executable)))
                    .or_default()
                    .push(at),
            }
        }
        let files: Vec<_> = files.into_iter().collect();
        spread(&files, 32, |((digest, mode), places)| {
            let blob = self.checked_file(digest, *mode)?;
            places
                .iter()
                .try_for_each(|at| link(&blob, at, *mode))
                .map_err(failed)
        })?;
        for directory in directories.iter().rev() {
            set_mode(directory, DIRECTORY)
                .and_then(|()| set_mtime(directory))
                .map_err(failed)?;
        }
        Ok(())
    }

    /// The file of a blob in this mode, its content checked just now and its marks set.
    fn checked_file(&self, digest: &Digest, mode: BlobMode) -> Result<Utf8PathBuf, StoreError> {
        let failed = |source| StoreError::io(DOING, source);
        let path = self.blob_file(digest, mode);
        let metadata = match fs_err::symlink_metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return self.copy_mode(digest, mode).map(|()| path);
            }
            Err(error) => return Err(failed(error)),
        };
        if !is_file_with(&path, digest).map_err(failed)? {
            fs_err::remove_file(&path).map_err(failed)?;
            return Err(StoreError::Blob {
                digest: *digest,
                state: BlobState::Corrupt,
            });
        }
        if !is_untouched(&metadata, digest.size, mode) {
            set_mode(&path, mode.bits())
                .and_then(|()| set_mtime(&path))
                .map_err(failed)?;
        }
        Ok(path)
    }

    /// Makes the blob's file in this mode from the one in the other mode.
    fn copy_mode(&self, digest: &Digest, mode: BlobMode) -> Result<(), StoreError> {
        let failed = |source| StoreError::io(DOING, source);
        let mut blob = self.open_checked(digest)?;
        let temporary = self.temporary();
        let copied = File::create(&temporary)
            .and_then(|mut file| copy(&mut blob, &mut |bytes| io::Write::write_all(&mut file, bytes)))
            .and_then(|()| set_mode(&temporary, mode.bits()))
            .and_then(|()| set_mtime(&temporary))
            .and_then(|()| rename_into(&temporary, &self.blob_file(digest, mode)));
        copied.map_err(|source| {
            let _ = fs_err::remove_file(&temporary);
            failed(source)
        })
    }
}

/// Whether a file has this content.
pub(super) fn is_file_with(path: &Utf8Path, digest: &Digest) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() != digest.size {
        return Ok(false);
    }
    Ok(digest_of(&mut file)? == *digest)
}

/// Gives a blob another name, or copies it where it cannot have one more.
fn link(blob: &Utf8Path, at: &Utf8Path, mode: BlobMode) -> io::Result<()> {
    match fs_err::hard_link(blob, at) {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::TooManyLinks | io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied
            ) =>
        {
            fs_err::copy(blob, at)?;
            set_mode(at, mode.bits())?;
            set_mtime(at)
        }
        done => done,
    }
}

/// Whether a tree stands in `dir` and nobody has touched it.
pub(super) fn stands(tree: &Tree, dir: &Utf8Path) -> bool {
    let is_directory = |path: &Utf8Path| {
        fs_err::symlink_metadata(path)
            .is_ok_and(|metadata| metadata.is_dir() && is_stamped(&metadata, DIRECTORY))
    };
    is_directory(dir)
        && tree.iter().all(|(path, entry)| {
            let at = dir.join(path.as_str());
            match entry {
                Entry::Directory => is_directory(&at),
                Entry::Symlink { target } => {
                    fs_err::read_link(&at).is_ok_and(|there| there.as_os_str() == target.as_str())
                }
                Entry::File { digest, executable } => fs_err::symlink_metadata(&at)
                    .is_ok_and(|metadata| is_untouched(&metadata, digest.size, BlobMode::of(*executable))),
            }
        })
}

/// What tells two files of one file system apart.
pub(super) fn identity(metadata: &std::fs::Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}
