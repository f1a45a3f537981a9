//! The full check: every byte of every blob and of every standing tree.

use std::collections::HashSet;

use camino::Utf8PathBuf;

use super::gc::list;
use super::layout::{Area, parse_name};
use super::materialise::{identity, is_file_with, stands};
use super::spread::spread;
use super::stamp::{BlobMode, is_untouched};
use super::{Store, StoreError};
use crate::model::{Digest, Tree, TreeDigest};

const DOING: &str = "checking the store";

/// What [`Store::check`] found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Health {
    /// Files of blobs that were read.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Standing trees that were compared.
    pub trees: u64,
    /// Everything that was damaged. It has been removed, so the next build makes it again.
    pub damage: Vec<Damage>,
}

/// Something in the store that was not what it should have been.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, thiserror::Error)]
pub enum Damage {
    /// A blob with another content than its name says.
    #[error("blob {digest} was corrupt")]
    Blob {
        /// Its digest.
        digest: Digest,
    },
    /// A file in the store's directories that the store did not put there.
    #[error("`{path}` was not the store's")]
    Stray {
        /// Where it was.
        path: Utf8PathBuf,
    },
    /// A standing tree that had been changed, or whose blobs were damaged.
    #[error("the standing tree {digest} was changed")]
    Tree {
        /// Its digest.
        digest: TreeDigest,
    },
    /// A recorded action whose output or log is not complete.
    #[error("the result of `{step}` was incomplete")]
    Action {
        /// The action key.
        key: Digest,
        /// The step it was run for.
        step: String,
    },
}

struct BlobFile {
    path: Utf8PathBuf,
    digest: Option<Digest>,
}

impl Store {
    /// Reads everything, compares it with its digest, and removes what is damaged.
    pub fn check(&self) -> Result<Health, StoreError> {
        let failed = |source| StoreError::io(DOING, source);
        let mut health = Health::default();
        let mut files = Vec::new();
        self.each_blob_file(&mut |path, digest, size| {
            health.blobs += 1;
            health.bytes += size;
            files.push(BlobFile {
                path: path.to_owned(),
                digest,
            });
            Ok(())
        })?;
        let whole = spread(&files, 32, |file| match &file.digest {
            Some(digest) if is_file_with(&file.path, digest)? => {
                fs_err::symlink_metadata(&file.path).map(|metadata| Some(identity(&metadata)))
            }
            _ => Ok(None),
        })
        .map_err(failed)?;
        let mut good = HashSet::new();
        for (file, identity) in files.into_iter().zip(whole) {
            if let Some(identity) = identity {
                good.insert(identity);
                continue;
            }
            fs_err::remove_file(&file.path).map_err(failed)?;
            health.damage.push(match file.digest {
                Some(digest) => Damage::Blob { digest },
                None => Damage::Stray { path: file.path },
            });
        }
        self.check_trees(&good, &mut health)?;
        for (key, record, _) in self.actions()? {
            if self
                .needs(&record.output, record.log.as_ref(), &HashSet::new())?
                .is_none()
            {
                self.forget_action(&key)?;
                health.damage.push(Damage::Action {
                    key,
                    step: record.step,
                });
            }
        }
        health.damage.sort();
        Ok(health)
    }

    /// Compares standing trees; files that are names of good blobs need not be read again.
    fn check_trees(&self, good: &HashSet<(u64, u64)>, health: &mut Health) -> Result<(), StoreError> {
        let trees = self.area(Area::Trees);
        for name in list(&trees)? {
            let dir = trees.join(&name);
            let Some(digest) = parse_name(&name).map(TreeDigest) else {
                self.discard(&dir)?;
                health.damage.push(Damage::Stray { path: dir });
                continue;
            };
            health.trees += 1;
            let is_good = match self.tree(&digest) {
                Ok(tree) => stands(&tree, &dir) && has_good_files(&tree, &dir, good),
                Err(StoreError::Blob { .. } | StoreError::Malformed { .. }) => false,
                Err(error) => return Err(error),
            };
            if !is_good {
                self.discard(&dir)?;
                health.damage.push(Damage::Tree { digest });
            }
        }
        Ok(())
    }
}

fn has_good_files(tree: &Tree, dir: &Utf8PathBuf, good: &HashSet<(u64, u64)>) -> bool {
    tree.files().all(|(path, digest, executable)| {
        let at = dir.join(path.as_str());
        fs_err::symlink_metadata(&at).is_ok_and(|metadata| {
            is_untouched(&metadata, digest.size, BlobMode::of(executable))
                && (good.contains(&identity(&metadata)) || is_file_with(&at, digest).unwrap_or(false))
        })
    })
}
