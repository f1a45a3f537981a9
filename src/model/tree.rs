//! A directory tree as a value: paths, file digests, links. No bytes, no times, no owners.

use std::collections::BTreeMap;

use super::{Digest, TreePath};

/// What stands at a path of a tree.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Entry {
    /// A regular file.
    File {
        /// Digest of the content, which the store holds.
        digest: Digest,
        /// Whether the file may be executed: all of a mode that we keep.
        executable: bool,
    },
    /// A symbolic link.
    Symlink {
        /// The target as written; never absolute.
        target: String,
    },
    /// A directory. Parents of other entries may be left out; empty directories stand here.
    Directory,
}

/// A whole tree, sorted by path.
///
/// Every parent of an entry is a directory, present as an [`Entry::Directory`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tree {
    entries: BTreeMap<TreePath, Entry>,
}

/// Two trees, or two entries, that do not fit into one.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum MergeError {
    /// The same path with different content.
    #[error("`{path}` stands twice with different content")]
    Differs {
        /// The path.
        path: TreePath,
    },
    /// A file or link where a directory must be.
    #[error("`{path}` is needed as a directory but is not one")]
    NotADirectory {
        /// The path.
        path: TreePath,
    },
}

impl Tree {
    /// An empty tree.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: BTreeMap::new(),
        }
    }

    /// Adds an entry and the directories above it. The same entry twice is fine.
    pub fn insert(&mut self, path: TreePath, entry: Entry) -> Result<(), MergeError> {
        if path.is_root() {
            return match entry {
                Entry::Directory => Ok(()),
                _ => Err(MergeError::NotADirectory { path }),
            };
        }
        let mut above = path.parent();
        while let Some(parent) = above.filter(|parent| !parent.is_root()) {
            match self.entries.get(&parent) {
                Some(Entry::Directory) => break,
                Some(_) => return Err(MergeError::NotADirectory { path: parent }),
                None => {
                    above = parent.parent();
                    self.entries.insert(parent, Entry::Directory);
                    continue;
                }
            }
        }
        match self.entries.get(&path) {
            Some(there) if *there == entry => Ok(()),
            Some(_) => Err(MergeError::Differs { path }),
            None => {
                self.entries.insert(path, entry);
                Ok(())
            }
        }
    }

    /// Adds all of `other` below `at`.
    pub fn merge(&mut self, at: &TreePath, other: &Self) -> Result<(), MergeError> {
        self.insert(at.clone(), Entry::Directory)?;
        other
            .entries
            .iter()
            .try_for_each(|(path, entry)| self.insert(at.join(path), entry.clone()))
    }

    /// Takes an entry, and all below it, out.
    pub fn remove(&mut self, path: &TreePath) -> bool {
        let before = self.entries.len();
        self.entries.retain(|other, _| other.strip_prefix(path).is_none());
        self.entries.len() != before
    }

    /// The entry at `path`.
    #[must_use]
    pub fn get(&self, path: &TreePath) -> Option<&Entry> {
        self.entries.get(path)
    }

    /// All entries, parents before children, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&TreePath, &Entry)> {
        self.entries.iter()
    }

    /// All files: path, digest, whether executable.
    pub fn files(&self) -> impl Iterator<Item = (&TreePath, &Digest, bool)> {
        self.entries.iter().filter_map(|(path, entry)| match entry {
            Entry::File { digest, executable } => Some((path, digest, *executable)),
            _ => None,
        })
    }

    /// What is below `prefix`, with paths relative to it.
    #[must_use]
    pub fn subtree(&self, prefix: &TreePath) -> Self {
        let entries = self
            .entries
            .iter()
            .filter_map(|(path, entry)| Some((path.strip_prefix(prefix)?, entry.clone())))
            .filter(|(path, _)| !path.is_root())
            .collect();
        Self { entries }
    }

    /// The part of the tree for whose files and links `keep` answers yes, without empty directories.
    #[must_use]
    pub fn filter(&self, mut keep: impl FnMut(&TreePath, &Entry) -> bool) -> Self {
        let mut kept = Self::new();
        for (path, entry) in &self.entries {
            if *entry != Entry::Directory && keep(path, entry) {
                kept.insert(path.clone(), entry.clone())
                    .expect("a part of a tree is a tree");
            }
        }
        kept
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Sum of all file sizes in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.files().map(|(_, digest, _)| digest.size).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> TreePath {
        TreePath::parse(text).unwrap()
    }

    fn file(content: &str) -> Entry {
        Entry::File {
            digest: Digest::of(content.as_bytes()),
            executable: false,
        }
    }

    #[test]
    fn parents_appear_by_themselves() {
        let mut tree = Tree::new();
        tree.insert(path("a/b/c"), file("x")).unwrap();
        let paths: Vec<_> = tree.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["a", "a/b", "a/b/c"]);
        assert_eq!(tree.subtree(&path("a/b")).len(), 1);
    }

    #[test]
    fn conflicts_are_errors() {
        let mut tree = Tree::new();
        tree.insert(path("a"), file("x")).unwrap();
        assert_eq!(tree.insert(path("a"), file("x")), Ok(()));
        assert_eq!(
            tree.insert(path("a"), file("y")),
            Err(MergeError::Differs { path: path("a") })
        );
        assert_eq!(
            tree.insert(path("a/b"), file("y")),
            Err(MergeError::NotADirectory { path: path("a") })
        );
    }

    #[test]
    fn filter_drops_directories_that_became_empty() {
        let mut tree = Tree::new();
        tree.insert(path("keep/a"), file("x")).unwrap();
        tree.insert(path("drop/b"), file("y")).unwrap();
        let kept = tree.filter(|path, _| path.as_str().starts_with("keep"));
        assert_eq!(
            kept.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(),
            ["keep", "keep/a"]
        );
    }
}
