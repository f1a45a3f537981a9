//! Sources and packages: what a recipe or a lock names, in the store and checked.
//!
//! Owns the decision whether what came is the source that was meant.

use super::error::RootError;
use super::fetcher::{From, Offer, file_name};
use super::{FetchError, Fetcher};
use crate::model::{Digest, Pin};
use crate::plan::{Fetch, LockedPackage};

/// An archive of a source, in the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Archived {
    /// Its digest.
    pub archive: Digest,
    /// Which of the source's places gives this archive.
    pub place: usize,
}

/// Every place of a source as an offer.
fn offers(fetch: &Fetch) -> Vec<Offer<'_>> {
    let offer = |place: &'_ crate::plan::Place| (place.archive, file_name(&place.origin));
    fetch
        .places
        .iter()
        .map(|place| {
            let (pin, file) = offer(place);
            Offer {
                pin,
                file,
                from: From::Origin(&place.origin),
            }
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

    /// Gets a binary package of a lock into the store.
    pub fn fetch_package(
        &self,
        package: &LockedPackage,
        image: &str,
        moment: &str,
    ) -> Result<Digest, FetchError> {
        let pin = package_pin(package).map_err(|source| FetchError::Root {
            image: image.to_owned(),
            source,
        })?;
        let file = file_name_of(package);
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

/// The digest of a package as its lock has it.
pub(crate) fn package_pin(package: &LockedPackage) -> Result<Pin, RootError> {
    Digest::from_hex(&package.sha256, package.size)
        .map(Pin::from)
        .map_err(|source| RootError::Digest {
            package: package.package.clone(),
            source,
        })
}

/// The plain name of a package's file.
pub(crate) fn file_name_of(package: &LockedPackage) -> &str {
    package.filename.rsplit('/').next().unwrap_or(&package.filename)
}
