//! What stands in a directory that is taken into the store, and what cannot be taken.

use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};

use camino::{Utf8Path, Utf8PathBuf};

use super::stamp::set_mode;
use super::{EntryProblem, StoreError};
use crate::model::{Entry, Tree, TreePath};

/// The bits by which a program runs as somebody else.
const SET_ID: u32 = 0o6000;
/// Read, write and search for the owner.
const OWNER: u32 = 0o700;

/// Whose a directory is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The store's: what may not be read is made readable.
    Store,
    /// Somebody else's: nothing is changed.
    Other,
}

/// A file that was found, to be hashed and taken in.
pub(super) struct Found {
    pub(super) path: TreePath,
    pub(super) host: Utf8PathBuf,
    pub(super) executable: bool,
    pub(super) has_other_names: bool,
}

/// All of a directory.
pub(super) struct Walked {
    /// Its directories and links.
    pub(super) tree: Tree,
    /// Its files.
    pub(super) files: Vec<Found>,
}

impl Walked {
    fn insert(&mut self, path: TreePath, entry: Entry) -> Result<(), WalkError> {
        self.tree
            .insert(path, entry)
            .map_err(|error| WalkError::Told(error.into()))
    }
}

/// Why a directory cannot be walked through.
pub(super) enum WalkError {
    /// The file system refused.
    Io(io::Error),
    /// Something else, told.
    Told(StoreError),
}

impl WalkError {
    /// In a directory of the store's.
    pub(super) fn of(self, doing: &'static str) -> StoreError {
        match self {
            Self::Io(source) => StoreError::io(doing, source),
            Self::Told(error) => error,
        }
    }

    /// In a directory of somebody else's.
    pub(super) fn of_input(self) -> StoreError {
        match self {
            Self::Io(source) => StoreError::Input { source },
            Self::Told(error) => error,
        }
    }
}

impl From<io::Error> for WalkError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<StoreError> for WalkError {
    fn from(error: StoreError) -> Self {
        Self::Told(error)
    }
}

/// Walks through a directory, into no link.
pub(super) fn walk(dir: &Utf8Path, owner: Owner) -> Result<Walked, WalkError> {
    let mut walked = Walked {
        tree: Tree::new(),
        files: Vec::new(),
    };
    below(dir, &TreePath::root(), owner, &mut walked)?;
    Ok(walked)
}

fn below(dir: &Utf8Path, at: &TreePath, owner: Owner, walked: &mut Walked) -> Result<(), WalkError> {
    if owner == Owner::Store && fs_err::symlink_metadata(dir)?.mode() & OWNER != OWNER {
        set_mode(dir, super::stamp::DIRECTORY)?;
    }
    for entry in fs_err::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let refused = |problem| StoreError::Entry {
            path: Utf8PathBuf::from(at.as_str()).join(&*name.to_string_lossy()),
            problem,
        };
        let name = name.to_str().ok_or_else(|| refused(EntryProblem::Name))?;
        let path = at.join(&TreePath::parse(name).map_err(|_| refused(EntryProblem::Name))?);
        let host = dir.join(name);
        let metadata = fs_err::symlink_metadata(&host)?;
        let kind = metadata.file_type();
        if kind.is_dir() {
            walked.insert(path.clone(), Entry::Directory)?;
            below(&host, &path, owner, walked)?;
        } else if kind.is_symlink() {
            let target = fs_err::read_link(&host)?;
            let target = target.to_str().ok_or_else(|| refused(EntryProblem::LinkText))?;
            check_link(target).map_err(&refused)?;
            if leaves(&path, target) {
                return Err(refused(EntryProblem::LeavingLink {
                    target: target.to_owned(),
                })
                .into());
            }
            let target = target.to_owned();
            walked.insert(path, Entry::Symlink { target })?;
        } else if kind.is_file() {
            let mode = metadata.mode();
            if mode & SET_ID != 0 {
                return Err(refused(EntryProblem::SetId { mode: mode & 0o7777 }).into());
            }
            walked.files.push(Found {
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
            return Err(refused(EntryProblem::Special { kind }).into());
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
