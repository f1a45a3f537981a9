//! Takes a directory into the store by moving its files.

use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;

use super::cas::digest_of;
use super::spread::spread;
use super::stamp::{BlobMode, set_mode};
use super::{EntryProblem, Store, StoreError};
use crate::model::{Digest, Entry, Tree, TreeDigest, TreePath};

const DOING: &str = "taking a directory into the store";

/// The bits by which a program runs as somebody else.
const SET_ID: u32 = 0o6000;
/// Read, write and search for the owner.
const OWNER: u32 = 0o700;

/// A file that was found, to be hashed and moved.
struct Found {
    path: TreePath,
    host: Utf8PathBuf,
    executable: bool,
    has_other_names: bool,
}

impl Store {
    /// Takes in a directory: files are moved, not copied, so nothing is to be expected of what is
    /// left of it. Works from another file system too, by copying.
    ///
    /// Of a mode, the owner's `x` is kept; times and owners are not. Links must be relative and
    /// stay in the tree; sockets, devices, pipes and set-id files are refused.
    pub fn ingest_dir(&self, dir: &Utf8Path) -> Result<TreeDigest, StoreError> {
        let mut tree = Tree::new();
        let mut files = Vec::new();
        walk(dir, &TreePath::root(), &mut tree, &mut files)?;
        let digests = spread(&files, 32, |file| self.move_in(file))?;
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
        let mut file = File::open(&found.host).map_err(|source| StoreError::io(DOING, source))?;
        self.put_reader_as(&mut file, BlobMode::of(found.executable))
    }
}

fn walk(dir: &Utf8Path, at: &TreePath, tree: &mut Tree, files: &mut Vec<Found>) -> Result<(), StoreError> {
    let failed = |source| StoreError::io(DOING, source);
    let metadata = fs_err::symlink_metadata(dir).map_err(failed)?;
    if metadata.mode() & OWNER != OWNER {
        set_mode(dir, super::stamp::DIRECTORY).map_err(failed)?;
    }
    for entry in fs_err::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let refused = |problem| StoreError::Entry {
            path: Utf8PathBuf::from(at.as_str()).join(&*name.to_string_lossy()),
            problem,
        };
        let name = name.to_str().ok_or_else(|| refused(EntryProblem::Name))?;
        let path = at.join(&TreePath::parse(name).map_err(|_| refused(EntryProblem::Name))?);
        let host = dir.join(name);
        let metadata = fs_err::symlink_metadata(&host).map_err(failed)?;
        let kind = metadata.file_type();
        if kind.is_dir() {
            tree.insert(path.clone(), Entry::Directory)?;
            walk(&host, &path, tree, files)?;
        } else if kind.is_symlink() {
            let target = fs_err::read_link(&host).map_err(failed)?;
            let target = target.to_str().ok_or_else(|| refused(EntryProblem::LinkText))?;
            check_link(target).map_err(&refused)?;
            if leaves(&path, target) {
                return Err(refused(EntryProblem::LeavingLink {
                    target: target.to_owned(),
                }));
            }
            let target = target.to_owned();
            tree.insert(path, Entry::Symlink { target })?;
        } else if kind.is_file() {
            let mode = metadata.mode();
            if mode & SET_ID != 0 {
                return Err(refused(EntryProblem::SetId { mode: mode & 0o7777 }));
            }
            files.push(Found {
                path,
                host,
                executable: mode & 0o100 != 0,
                has_other_names: metadata.nlink() > 1,
            });
        } else {
            let kind = match () {
                () if kind.is_socket() => "socket",
                () if kind.is_fifo() => "named pipe",
                () if kind.is_block_device() => "block device",
                () => "character device",
            };
            return Err(refused(EntryProblem::Special { kind }));
        }
    }
    Ok(())
}

/// Whether a link's text can stand in a tree at all.
pub(super) fn check_link(target: &str) -> Result<(), EntryProblem> {
    if target.is_empty() {
        return Err(EntryProblem::LinkText);
    }
    if target.starts_with('/') {
        return Err(EntryProblem::AbsoluteLink {
            target: target.to_owned(),
        });
    }
    Ok(())
}

/// Whether a relative link at `path` points above the tree's root, read component by component.
pub(crate) fn leaves(path: &TreePath, target: &str) -> bool {
    let mut depth = path.components().count().saturating_sub(1);
    for component in target.split('/') {
        match component {
            "" | "." => {}
            ".." if depth == 0 => return true,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_links_that_leave() {
        let check = |path: &str, target: &str, expected: bool| {
            assert_eq!(
                leaves(&TreePath::parse(path).unwrap(), target),
                expected,
                "{path} -> {target}"
            );
        };
        check("a", "b", false);
        check("a", "..", true);
        check("a/b", "..", false);
        check("a/b", "../../c", true);
        check("a/b", "c/../../../d", true);
        check("a/b/c", ".././/../x", false);
    }
}
