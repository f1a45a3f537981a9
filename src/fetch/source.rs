//! Sources and packages: what a recipe or a lock names, in the store and checked.
//!
//! Owns the decision whether what came is the source that was meant.

use super::parallel::in_parallel;
use super::places::{From, Offer, file_name};
use super::take::Stop;
use super::{FetchError, Fetcher, Reason};
use crate::archive::{
    ArchiveError, RootError, UnpackLimits, UnpackSpec, package_digest, unpack, unpack_root,
};
use crate::model::{Digest, Pin, TreeDigest};
use crate::plan::{Fetch, LockedPackage, Root, SourceIdentity};
use crate::store::StoreError;

/// An archive of a source, in the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Archived {
    /// Its digest.
    pub archive: Digest,
    /// Which of the source's places gives this archive.
    pub place: usize,
}

/// A source, unpacked and checked, in the store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FetchedSource {
    /// Its files.
    pub tree: TreeDigest,
    /// The archive they were in; it stays in the store.
    pub archive: Archived,
    /// Globs of `select` that matched nothing.
    pub unused: Vec<String>,
}

/// A worker root in the store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FetchedRoot {
    /// Its files.
    pub tree: TreeDigest,
    /// Globs of `remove` that matched nothing.
    pub unused: Vec<String>,
}

/// Every place of a source as an offer.
fn offers(fetch: &Fetch) -> Vec<Offer<'_>> {
    fetch
        .places
        .iter()
        .map(|place| Offer {
            pin: place.archive,
            file: file_name(&place.origin),
            from: From::Origin(&place.origin),
        })
        .collect()
}

impl Fetcher {
    /// Gets an archive of a source into the store, without looking into it.
    pub fn fetch_archive(&self, fetch: &Fetch) -> Result<Archived, FetchError> {
        self.first(&fetch.name, &offers(fetch), |place, archive| {
            Ok(Archived { archive, place })
        })
    }

    /// Gets a source: the archive from the first place that gives it, unpacked, stripped,
    /// selected, and compared with what identifies it.
    pub fn fetch_source(&self, fetch: &Fetch) -> Result<FetchedSource, FetchError> {
        self.first(&fetch.name, &offers(fetch), |place, archive| {
            let archive = Archived { archive, place };
            self.accept(fetch, archive)
        })
    }

    /// Unpacks an archive and decides whether it is the source that was meant.
    fn accept(&self, fetch: &Fetch, archive: Archived) -> Result<FetchedSource, Stop> {
        let fatal = |source| {
            Stop::Fatal(FetchError::Store {
                name: fetch.name.clone(),
                source,
            })
        };
        let place = &fetch.places[archive.place];
        let (strip, select) = match &fetch.identity {
            SourceIdentity::Archive {
                digest,
                strip,
                select,
            } => {
                if !digest.matches(&archive.archive) {
                    return Err(Stop::Next(Reason::OtherArchive {
                        expected: *digest,
                        given: place.archive,
                    }));
                }
                (*strip, select)
            }
            SourceIdentity::Tree { select, .. } => (place.strip, select),
        };
        let spec = UnpackSpec {
            strip,
            subdir: place.subdir.clone(),
            select: select.clone(),
            limits: UnpackLimits::default(),
        };
        let unpacked = unpack(self.store(), &archive.archive, &spec).map_err(|error| match error {
            // A damaged blob has been removed: the next place gives it anew.
            ArchiveError::Store(StoreError::Blob { .. }) => Stop::Next(Reason::Unpack(error)),
            ArchiveError::Store(source) => fatal(source),
            other => Stop::Next(Reason::Unpack(other)),
        })?;
        let tree = self.store().put_tree(&unpacked.tree).map_err(fatal)?;
        match &fetch.identity {
            SourceIdentity::Tree { digest, .. } if *digest != tree => Err(Stop::Next(Reason::Tree {
                expected: *digest,
                actual: tree,
            })),
            _ => Ok(FetchedSource {
                tree,
                archive,
                unused: unpacked.unused,
            }),
        }
    }

    /// Gets all packages of a lock, several at a time, and unpacks them into a worker root.
    pub fn fetch_root(&self, root: &Root) -> Result<FetchedRoot, FetchError> {
        self.fetch_packages(root)?;
        let failed = |source| FetchError::Root {
            image: root.image.clone(),
            source: Box::new(source),
        };
        let unpacked = match unpack_root(self.store(), root) {
            Err(error) if is_damaged(&error) => {
                // The store has removed the damaged package: one more round gets it anew.
                self.fetch_packages(root)?;
                unpack_root(self.store(), root)
            }
            outcome => outcome,
        }
        .map_err(failed)?;
        let tree = self.store().put_tree(&unpacked.tree);
        Ok(FetchedRoot {
            tree: tree.map_err(|error| failed(error.into()))?,
            unused: unpacked.unused,
        })
    }

    /// Gets all packages of a lock into the store; every one that cannot be had is named.
    fn fetch_packages(&self, root: &Root) -> Result<(), FetchError> {
        let outcomes = in_parallel(self.options().parallel, &root.packages, |package| {
            Some(self.fetch_package(package, &root.image, &root.snapshot))
        });
        let mut missing = Vec::new();
        for outcome in outcomes.into_iter().flatten() {
            match outcome {
                Ok(_) => {}
                Err(error @ FetchError::Nowhere { .. }) => missing.push(error),
                Err(other) => return Err(other),
            }
        }
        if missing.len() > 1 {
            return Err(FetchError::Packages {
                image: root.image.clone(),
                of: root.packages.len(),
                missing,
            });
        }
        missing.pop().map_or(Ok(()), Err)
    }

    /// Gets a binary package of a lock into the store.
    pub fn fetch_package(
        &self,
        package: &LockedPackage,
        image: &str,
        moment: &str,
    ) -> Result<Digest, FetchError> {
        let pin = package_pin(package).map_err(|source| FetchError::Root {
            image: image.to_owned(),
            source: Box::new(source),
        })?;
        let file = package.file_name();
        let offer = Offer {
            pin,
            file: file.to_owned(),
            from: From::Package {
                filename: &package.filename,
                moment,
            },
        };
        self.first(file, &[offer], |_, digest| Ok(digest))
    }
}

/// Whether a package was in the store with other bytes than its name says.
fn is_damaged(error: &RootError) -> bool {
    let store = match error {
        RootError::Package { source, .. } => match &**source {
            ArchiveError::Store(store) => store,
            _ => return false,
        },
        RootError::Store(store) => store,
        _ => return false,
    };
    matches!(store, StoreError::Blob { .. })
}

/// A package as its lock has it.
pub(crate) fn package_pin(package: &LockedPackage) -> Result<Pin, RootError> {
    package_digest(package).map(Pin::from)
}
