//! Patches are applied to a tree: fuzz 0, offsets reported, nothing skipped in silence.

use super::hunk::{self, FileChange, HunkFault, ParsePatchError};
use crate::model::{Entry, MergeError, Tree, TreePath};
use crate::plan::TextFile;
use crate::store::{BlobMode, Store, StoreError};

/// A patched tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Patched {
    /// The tree; its files are in the store, its directories are not yet.
    pub tree: Tree,
    /// Hunks that fitted at another line than the patch says.
    pub offsets: Vec<HunkOffset>,
}

/// A hunk that fitted at another line than the patch says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HunkOffset {
    /// Name of the patch.
    pub patch: String,
    /// The file.
    pub file: TreePath,
    /// Number of the hunk in this file, from 1.
    pub hunk: usize,
    /// How many lines further down; negative for further up.
    pub lines: isize,
}

impl std::fmt::Display for HunkOffset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: hunk {} of `{}` fits {:+} lines away",
            self.patch, self.hunk, self.file, self.lines
        )
    }
}

/// Why a patch could not be applied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PatchError {
    /// It is no patch.
    #[error("{patch}: {source}")]
    Parse {
        /// Name of the patch.
        patch: String,
        /// What is wrong with it.
        #[source]
        source: ParsePatchError,
    },
    /// The file is not there.
    #[error("{patch}: there is no file `{file}`")]
    NoFile {
        /// Name of the patch.
        patch: String,
        /// The file.
        file: TreePath,
    },
    /// A file to be made is there already, with other content.
    #[error("{patch}: `{file}` is to be made but is there")]
    Exists {
        /// Name of the patch.
        patch: String,
        /// The file.
        file: TreePath,
    },
    /// What the patch would do has been done.
    #[error("{patch}: {what} of `{file}` is already applied")]
    Applied {
        /// Name of the patch.
        patch: String,
        /// The file.
        file: TreePath,
        /// `hunk 2`, `the creation`, ….
        what: String,
    },
    /// A hunk does not fit.
    #[error("{patch}: hunk {hunk} does not fit `{file}`, line {line}: expected `{expected}`, {}", found_text(.found.as_deref()))]
    Hunk {
        /// Name of the patch.
        patch: String,
        /// The file.
        file: TreePath,
        /// Number of the hunk in this file, from 1.
        hunk: usize,
        /// The line that differs.
        line: usize,
        /// What the patch expects there.
        expected: String,
        /// What stands there; nothing at the file's end.
        found: Option<String>,
    },
    /// A file to be removed has more in it than the patch removes.
    #[error("{patch}: `{file}` is to be removed but has more in it than the patch says")]
    NotEmpty {
        /// Name of the patch.
        patch: String,
        /// The file.
        file: TreePath,
    },
    /// A new file's path goes through something that is no directory.
    #[error("{patch}: `{file}` cannot be made")]
    Place {
        /// Name of the patch.
        patch: String,
        /// The file.
        file: TreePath,
        /// What stands there.
        #[source]
        source: MergeError,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn found_text(found: Option<&str>) -> String {
    found.map_or_else(
        || "but the file ends there".to_owned(),
        |text| format!("found `{text}`"),
    )
}

impl PatchError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Applied { .. } => Some("take the patch out of the version's list: upstream has it now"),
            Self::NoFile { .. } | Self::Exists { .. } | Self::Hunk { .. } | Self::NotEmpty { .. } => {
                Some("make a new patch for this version, in the folder of its series")
            }
            Self::Store(error) => error.hint(),
            Self::Parse { .. } | Self::Place { .. } => None,
        }
    }
}

/// Applies patches, in their order, as `patch -p1 --fuzz=0` would, but strictly.
pub fn apply_patches(store: &Store, tree: &Tree, patches: &[TextFile]) -> Result<Patched, PatchError> {
    let mut patched = Patched {
        tree: tree.clone(),
        offsets: Vec::new(),
    };
    for patch in patches {
        let changes = hunk::parse(&patch.text).map_err(|source| PatchError::Parse {
            patch: patch.name.clone(),
            source,
        })?;
        for change in &changes {
            let mut application = Application {
                store,
                patch: &patch.name,
                patched: &mut patched,
            };
            application.apply(change)?;
        }
    }
    Ok(patched)
}

struct Application<'a> {
    store: &'a Store,
    patch: &'a str,
    patched: &'a mut Patched,
}

/// A file as it is before a patch.
struct Before {
    content: Vec<u8>,
    executable: bool,
}

impl Application<'_> {
    fn apply(&mut self, change: &FileChange) -> Result<(), PatchError> {
        let path = |text: &Option<String>| text.as_deref().and_then(|text| TreePath::parse(text).ok());
        match (path(&change.old), path(&change.new)) {
            (Some(old), Some(new)) => self.change(change, &old, &new),
            (None, Some(new)) => self.create(change, &new),
            (Some(old), None) => self.remove(change, &old),
            // The parser lets no such change through.
            (None, None) => Ok(()),
        }
    }

    fn change(&mut self, change: &FileChange, old: &TreePath, new: &TreePath) -> Result<(), PatchError> {
        let is_renamed = old != new;
        let Some(before) = self.read(old)? else {
            return Err(if is_renamed && self.read(new)?.is_some() {
                self.applied(new, "the renaming")
            } else {
                self.no_file(old)
            });
        };
        if is_renamed && self.patched.tree.get(new).is_some() {
            return Err(self.exists(new));
        }
        let content = self.hunks(change, old, &before)?;
        let executable = change.executable.unwrap_or(before.executable);
        if !is_renamed && change.hunks.is_empty() && executable == before.executable {
            return Err(self.applied(old, "the change of mode"));
        }
        self.patched.tree.remove(old);
        self.write(new, &content, executable)
    }

    fn create(&mut self, change: &FileChange, new: &TreePath) -> Result<(), PatchError> {
        let nothing = Before {
            content: Vec::new(),
            executable: false,
        };
        let content = self.hunks(change, new, &nothing)?;
        if self.patched.tree.get(new).is_some() {
            return Err(match self.read(new)? {
                Some(there) if there.content == content => self.applied(new, "the creation"),
                _ => self.exists(new),
            });
        }
        self.write(new, &content, change.executable.unwrap_or(false))
    }

    fn remove(&mut self, change: &FileChange, old: &TreePath) -> Result<(), PatchError> {
        let Some(before) = self.read(old)? else {
            return Err(self.applied(old, "the removal"));
        };
        let is_emptied = self.hunks(change, old, &before)?.is_empty();
        if !is_emptied {
            return Err(PatchError::NotEmpty {
                patch: self.patch.to_owned(),
                file: old.clone(),
            });
        }
        self.patched.tree.remove(old);
        Ok(())
    }

    fn hunks(
        &mut self,
        change: &FileChange,
        file: &TreePath,
        before: &Before,
    ) -> Result<Vec<u8>, PatchError> {
        let (content, offsets) =
            hunk::apply(&before.content, &change.hunks).map_err(|(hunk, fault)| match fault {
                HunkFault::Applied => self.applied(file, &format!("hunk {hunk}")),
                HunkFault::Differs {
                    line,
                    expected,
                    found,
                } => PatchError::Hunk {
                    patch: self.patch.to_owned(),
                    file: file.clone(),
                    hunk,
                    line,
                    expected,
                    found,
                },
            })?;
        for (index, lines) in offsets.into_iter().enumerate().filter(|(_, lines)| *lines != 0) {
            self.patched.offsets.push(HunkOffset {
                patch: self.patch.to_owned(),
                file: file.clone(),
                hunk: index + 1,
                lines,
            });
        }
        Ok(content)
    }

    fn read(&self, file: &TreePath) -> Result<Option<Before>, PatchError> {
        match self.patched.tree.get(file) {
            Some(Entry::File { digest, executable }) => Ok(Some(Before {
                content: self.store.read_blob(digest)?,
                executable: *executable,
            })),
            Some(_) => Err(self.no_file(file)),
            None => Ok(None),
        }
    }

    fn write(&mut self, file: &TreePath, content: &[u8], executable: bool) -> Result<(), PatchError> {
        let digest = self.store.put_bytes_as(content, BlobMode::of(executable))?;
        let entry = Entry::File { digest, executable };
        self.patched
            .tree
            .insert(file.clone(), entry)
            .map_err(|source| PatchError::Place {
                patch: self.patch.to_owned(),
                file: file.clone(),
                source,
            })
    }

    fn no_file(&self, file: &TreePath) -> PatchError {
        PatchError::NoFile {
            patch: self.patch.to_owned(),
            file: file.clone(),
        }
    }

    fn exists(&self, file: &TreePath) -> PatchError {
        PatchError::Exists {
            patch: self.patch.to_owned(),
            file: file.clone(),
        }
    }

    fn applied(&self, file: &TreePath, what: &str) -> PatchError {
        PatchError::Applied {
            patch: self.patch.to_owned(),
            file: file.clone(),
            what: what.to_owned(),
        }
    }
}
