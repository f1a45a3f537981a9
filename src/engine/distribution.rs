//! A distribution from outside — an archive or an unpacked directory — as a tree of the store.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use crate::archive::{ArchiveError, UnpackLimits, UnpackSpec, packing, unpack};
use crate::diff::Packing;
use crate::manifest::{Manifest, ReadManifestError};
use crate::model::{Digest, Entry, MergeError, ParsePathError, Tree, TreeDigest, TreePath};
use crate::store::{Store, StoreError};

use super::error::Class;

/// A distribution in the store.
#[derive(Clone, Debug)]
pub struct Distribution {
    /// Everything, below `python/`.
    pub tree: Tree,
    /// Its digest.
    pub digest: TreeDigest,
    /// Its manifest, or why it has none; verification says so too.
    pub manifest: Result<Manifest, NoManifest>,
    /// Digest, compression, order, times and owners, where it is an archive.
    pub packing: Option<Packing>,
}

/// Why a distribution has no manifest.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NoManifest {
    /// The file is not there.
    #[error("there is no `{}`", Manifest::PATH)]
    Missing,
    /// The file is none.
    #[error(transparent)]
    Unreadable(Arc<ReadManifestError>),
}

/// Why a distribution cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// There is nothing.
    #[error("there is no distribution `{path}`")]
    Missing {
        /// Where it should be.
        path: Utf8PathBuf,
    },
    /// It has no `python/`.
    #[error("`{path}` is no distribution: it has no directory `python`")]
    NotOne {
        /// The archive or directory.
        path: Utf8PathBuf,
    },
    /// It has no manifest, or none that can be read.
    #[error("`{path}` has no readable manifest")]
    Manifest {
        /// The archive or directory.
        path: Utf8PathBuf,
        /// Why not.
        #[source]
        source: NoManifest,
    },
    /// It is no archive, or a damaged one.
    #[error("failed to unpack `{path}`")]
    Archive {
        /// The archive.
        path: Utf8PathBuf,
        /// Why.
        #[source]
        source: ArchiveError,
    },
    /// A file of it cannot be read.
    #[error("failed to read the distribution")]
    Io(#[from] std::io::Error),
    /// It cannot be kept.
    #[error("failed to use the store")]
    Store(#[from] StoreError),
    /// A name that cannot be in a distribution.
    #[error("a name in the distribution cannot be kept")]
    Name(#[from] ParsePathError),
    /// Two things with one name.
    #[error("failed to read the distribution")]
    Merge(#[from] MergeError),
    /// A name that is not UTF-8, or neither a file nor a directory nor a link.
    #[error("`{shown}` cannot be part of a distribution")]
    Special {
        /// The path as far as it can be shown.
        shown: String,
    },
}

impl LoadError {
    /// Whose matter it is.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Io(_)
            | Self::Store(_)
            | Self::Archive {
                source: ArchiveError::Store(_),
                ..
            } => Class::Environment,
            _ => Class::Input,
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { .. } | Self::NotOne { .. } => {
                Some("name an archive that `pbs build` made, or a directory it was unpacked to".to_owned())
            }
            Self::Manifest {
                source: NoManifest::Unreadable(why),
                ..
            } if matches!(**why, ReadManifestError::Newer { .. }) => Some("use a newer pbs".to_owned()),
            Self::Manifest { .. } => Some("`pbs verify` says what is wrong with it".to_owned()),
            Self::Archive { source, .. } => source.hint().map(str::to_owned),
            Self::Store(error) => error.hint().map(str::to_owned),
            _ => None,
        }
    }
}

impl Distribution {
    /// Takes a distribution into the store.
    pub fn load(store: &Store, path: &Utf8Path) -> Result<Self, LoadError> {
        let missing = |_| LoadError::Missing {
            path: path.to_owned(),
        };
        if fs_err::metadata(path).map_err(missing)?.is_dir() {
            return Self::of_tree(store, path, read_directory(store, path)?, None);
        }
        let archive = store.put_reader(&mut fs_err::File::open(path)?)?;
        Self::unpack(store, path, &archive)
    }

    /// Unpacks an archive of the store; it is called `path` in errors.
    pub fn unpack(store: &Store, path: &Utf8Path, archive: &Digest) -> Result<Self, LoadError> {
        let damaged = |source| LoadError::Archive {
            path: path.to_owned(),
            source,
        };
        let spec = UnpackSpec {
            strip: 0,
            subdir: TreePath::root(),
            select: Vec::new(),
            limits: UnpackLimits::default(),
        };
        let tree = unpack(store, archive, &spec).map_err(damaged)?.tree;
        let packing = packing(store, archive).map_err(damaged)?;
        Self::of_tree(store, path, tree, Some(packing))
    }

    fn of_tree(
        store: &Store,
        path: &Utf8Path,
        tree: Tree,
        packing: Option<Packing>,
    ) -> Result<Self, LoadError> {
        if tree.get(&TreePath::parse("python")?) != Some(&Entry::Directory) {
            return Err(LoadError::NotOne {
                path: path.to_owned(),
            });
        }
        let manifest = read_manifest(store, &tree)?;
        Ok(Self {
            digest: store.put_tree(&tree)?,
            tree,
            manifest,
            packing,
        })
    }

    /// Its manifest, for commands that cannot do without.
    pub fn manifest(&self, path: &Utf8Path) -> Result<&Manifest, LoadError> {
        self.manifest.as_ref().map_err(|why| LoadError::Manifest {
            path: path.to_owned(),
            source: why.clone(),
        })
    }
}

/// Where the manifest stands in a distribution.
pub(crate) fn manifest_path() -> TreePath {
    TreePath::parse(Manifest::PATH).expect("it is a path")
}

/// The manifest of a distribution.
pub(crate) fn read_manifest(store: &Store, tree: &Tree) -> Result<Result<Manifest, NoManifest>, StoreError> {
    let Some(Entry::File { digest, .. }) = tree.get(&manifest_path()) else {
        return Ok(Err(NoManifest::Missing));
    };
    let manifest = Manifest::read(&store.read_blob(digest)?);
    Ok(manifest.map_err(|error| NoManifest::Unreadable(Arc::new(error))))
}

/// Where the manifest stands in an unpacked distribution, or would: in its `python`, or in the directory itself.
pub(crate) fn python_of(path: &Utf8Path) -> Option<Utf8PathBuf> {
    if path.join("python").is_dir() {
        Some(path.join("python"))
    } else {
        path.join(Manifest::NAME).is_file().then(|| path.to_owned())
    }
}

/// The tree of a directory: the one that has `python`, or that one itself.
fn read_directory(store: &Store, path: &Utf8Path) -> Result<Tree, LoadError> {
    let at = TreePath::parse("python")?;
    let Some(root) = python_of(path) else {
        return Ok(Tree::new());
    };
    let mut tree = Tree::new();
    for entry in walkdir::WalkDir::new(&root).sort_by_file_name() {
        let entry = entry.map_err(std::io::Error::from)?;
        let special = || LoadError::Special {
            shown: entry.path().display().to_string(),
        };
        let full = Utf8Path::from_path(entry.path()).ok_or_else(special)?;
        let below = full.strip_prefix(&root).map_err(|_| special())?;
        let place = at.join(&TreePath::parse(below.as_str())?);
        let kind = entry.file_type();
        let found = if kind.is_dir() {
            Entry::Directory
        } else if kind.is_symlink() {
            let target = fs_err::read_link(full)?;
            Entry::Symlink {
                target: target.to_str().ok_or_else(special)?.to_owned(),
            }
        } else if kind.is_file() {
            use std::os::unix::fs::PermissionsExt as _;
            let mut file = fs_err::File::open(full)?;
            Entry::File {
                executable: file.metadata()?.permissions().mode() & 0o111 != 0,
                digest: store.put_reader(&mut file)?,
            }
        } else {
            return Err(special());
        };
        tree.insert(place, found)?;
    }
    Ok(tree)
}
