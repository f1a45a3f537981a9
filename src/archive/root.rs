//! Many packages become one root file system.
//!
//! No maintainer script runs: what those would have made, the image's description says. Modes
//! other than `x`, owners and set-id bits are dropped with everything else that a tree does not
//! keep.

use std::collections::HashMap;

use super::deb::read_deb;
use super::globs::Globs;
use super::intake::Taken;
use super::{ArchiveError, Unpacked};
use crate::model::{Digest, Entry, MergeError, ParseDigestError, Tree, TreePath};
use crate::plan::{LockedPackage, Root};
use crate::store::{Store, StoreError, leaves, spread};

/// Links followed on the way to one path, at most; Linux has the same limit.
const MOST_LINKS: usize = 40;

/// Why packages do not make a root.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootError {
    /// A package could not be read.
    #[error("failed to unpack {package} {version}")]
    Package {
        /// Its name.
        package: String,
        /// Its version.
        version: String,
        /// What is wrong.
        #[source]
        source: Box<ArchiveError>,
    },
    /// The lock's digest of a package is none.
    #[error("the lock has no valid digest for {package}")]
    Digest {
        /// Its name.
        package: String,
        /// What is wrong with it.
        #[source]
        source: ParseDigestError,
    },
    /// Two packages want the same path for different things.
    #[error("{package} wants `{path}`, but {other} has put something else there")]
    Conflict {
        /// The later package.
        package: String,
        /// The path, with links resolved.
        path: TreePath,
        /// The earlier one.
        other: String,
    },
    /// A path goes through a link that leads to itself.
    #[error("`{path}` goes through a circle of links")]
    Circle {
        /// The path.
        path: TreePath,
    },
    /// A path of the image's description goes through a file.
    #[error("`{path}` cannot be made")]
    Declared {
        /// The path.
        path: TreePath,
        /// What stands there.
        #[source]
        source: MergeError,
    },
    /// A glob of the image's `remove` is none.
    #[error("the globs of `remove` are not valid")]
    Remove(#[source] ArchiveError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RootError {
    /// Whether the store failed, and neither packages nor description are wrong.
    pub(crate) fn is_of_store(&self) -> bool {
        match self {
            Self::Store(_) => true,
            Self::Package { source, .. } => matches!(**source, ArchiveError::Store(_)),
            _ => false,
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Package { source, .. } => source.hint(),
            Self::Digest { .. } => Some("resolve the lock anew with `pbs image lock`"),
            Self::Conflict { .. } => Some(
                "put the package that has the links to `usr/` first, or name the path in the image's `remove`",
            ),
            Self::Store(error) => error.hint(),
            Self::Circle { .. } | Self::Declared { .. } | Self::Remove(_) => None,
        }
    }
}

/// Unpacks the packages of a worker root, which must be in the store, and adds what its
/// description declares.
///
/// Packages are merged in their order. A directory that is a link already (`bin` → `usr/bin`)
/// stays one, and what a later package has below it lands where it points. `remove` leaves out
/// what it matches, by the path in the package or by the one it lands at. What is declared wins
/// over what a package has.
pub fn unpack_root(store: &Store, root: &Root) -> Result<Unpacked, RootError> {
    let remove = Globs::parse(&root.remove).map_err(RootError::Remove)?;
    // The slow part, decompressing and hashing, needs no order.
    let packages = spread(&root.packages, 1, |locked| {
        let digest = package_digest(locked)?;
        read_deb(store, &digest, &remove).map_err(|source| RootError::Package {
            package: locked.package.clone(),
            version: locked.version.clone(),
            source: Box::new(source),
        })
    })?;
    let mut merge = Merge::default();
    for (locked, entries) in root.packages.iter().zip(packages) {
        for (path, taken) in entries {
            merge.add(&locked.package, path, taken, &remove)?;
        }
    }
    for path in &root.directories {
        merge.declare(path, Entry::Directory)?;
    }
    for (path, text) in &root.files {
        let digest = store.put_bytes(text.as_bytes())?;
        let executable = false;
        merge.declare(path, Entry::File { digest, executable })?;
    }
    for (path, target) in &root.links {
        let target = target.clone();
        merge.declare(path, Entry::Symlink { target })?;
    }
    Ok(Unpacked {
        tree: merge.tree,
        unused: remove.unused(),
    })
}

/// The digest of a package as its lock has it.
pub(crate) fn package_digest(locked: &LockedPackage) -> Result<Digest, RootError> {
    locked.digest().map_err(|source| RootError::Digest {
        package: locked.package.clone(),
        source,
    })
}

/// The root as it grows.
#[derive(Default)]
struct Merge {
    tree: Tree,
    /// Who put a path there.
    owners: HashMap<TreePath, String>,
    /// Directories with links resolved. Valid for good: what is a directory never becomes a link.
    resolved: HashMap<TreePath, TreePath>,
}

impl Merge {
    fn add(&mut self, package: &str, path: TreePath, taken: Taken, remove: &Globs) -> Result<(), RootError> {
        let Some(place) = self.place(&path)? else {
            return Ok(());
        };
        if remove.matches(place.as_str()) {
            return Ok(());
        }
        let entry = match taken {
            Taken::Directory => match self.tree.get(&place) {
                // dpkg, too, leaves a link to a directory where a package has the directory.
                Some(Entry::Symlink { .. }) => return Ok(()),
                _ => Entry::Directory,
            },
            Taken::File { digest, executable } => Entry::File { digest, executable },
            Taken::Symlink { target } => Entry::Symlink {
                target: within(&place, &target),
            },
        };
        self.tree.insert(place.clone(), entry).map_err(|error| {
            let path = match error {
                MergeError::Differs { path } | MergeError::NotADirectory { path } => path,
            };
            RootError::Conflict {
                package: package.to_owned(),
                other: self.owners.get(&path).cloned().unwrap_or_default(),
                path,
            }
        })?;
        self.owners.insert(place, package.to_owned());
        Ok(())
    }

    /// Puts something at a path whatever stands there, unless it is a directory for a directory.
    fn declare(&mut self, path: &TreePath, entry: Entry) -> Result<(), RootError> {
        let Some(place) = self.place(path)? else {
            return Ok(());
        };
        let entry = match entry {
            Entry::Symlink { target } => Entry::Symlink {
                target: within(&place, &target),
            },
            other => other,
        };
        if entry != Entry::Directory {
            self.tree.remove(&place);
        }
        self.tree
            .insert(place, entry)
            .map_err(|source| RootError::Declared {
                path: path.clone(),
                source,
            })
    }

    /// Where a path really is: its directory with all links resolved. Nothing for the root itself.
    fn place(&mut self, path: &TreePath) -> Result<Option<TreePath>, RootError> {
        let Some(parent) = path.parent() else {
            return Ok(None);
        };
        let parent = match self.resolved.get(&parent) {
            Some(parent) => parent.clone(),
            None => {
                let found =
                    resolve(&self.tree, &parent).ok_or_else(|| RootError::Circle { path: path.clone() })?;
                // What is not there yet may still become a link.
                if self.tree.get(&found) == Some(&Entry::Directory) {
                    self.resolved.insert(parent, found.clone());
                }
                found
            }
        };
        Ok(TreePath::parse(path.name()).ok().map(|name| parent.join(&name)))
    }
}

/// A path with the links on it, and at its end, followed; nothing if they lead in a circle.
fn resolve(tree: &Tree, path: &TreePath) -> Option<TreePath> {
    let mut waiting: Vec<String> = path.as_str().split('/').rev().map(str::to_owned).collect();
    let mut done: Vec<String> = Vec::new();
    let mut links = 0;
    while let Some(component) = waiting.pop() {
        match component.as_str() {
            "" | "." => continue,
            ".." => {
                done.pop();
                continue;
            }
            _ => done.push(component),
        }
        let here = TreePath::parse(&done.join("/")).ok()?;
        if let Some(Entry::Symlink { target }) = tree.get(&here) {
            links += 1;
            if links > MOST_LINKS {
                return None;
            }
            done.pop();
            waiting.extend(target.split('/').rev().map(str::to_owned));
        }
    }
    TreePath::parse(&done.join("/")).ok()
}

/// A link's target as a relative one that stays in the root: as the kernel reads it, `/` and
/// what is above it are the root.
fn within(link: &TreePath, target: &str) -> String {
    let parent = link.parent().unwrap_or_else(TreePath::root);
    if !target.starts_with('/') && !leaves(link, target) {
        return target.to_owned();
    }
    let mut wanted: Vec<&str> = if target.starts_with('/') {
        Vec::new()
    } else {
        parent.components().collect()
    };
    for component in target.split('/') {
        match component {
            "" | "." => {}
            ".." => {
                wanted.pop();
            }
            name => wanted.push(name),
        }
    }
    let from: Vec<&str> = parent.components().collect();
    let shared = from.iter().zip(&wanted).take_while(|(a, b)| a == b).count();
    let mut relative = vec![".."; from.len() - shared];
    relative.extend(&wanted[shared..]);
    if relative.is_empty() {
        ".".to_owned()
    } else {
        relative.join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_become_relative() {
        let check = |link: &str, target: &str, expected: &str| {
            assert_eq!(
                within(&TreePath::parse(link).unwrap(), target),
                expected,
                "{link} -> {target}"
            );
        };
        check(
            "usr/bin/awk",
            "/etc/alternatives/awk",
            "../../etc/alternatives/awk",
        );
        check("usr/bin/a", "/usr/bin/b", "b");
        check("usr/lib/x/y", "/usr/lib", "..");
        check("proc", "/", ".");
        check("a/b", "../../../c", "../c");
        check("a/b", "../c/./d", "../c/./d");
        check("lib/x", "/../usr//y", "../usr/y");
    }
}
