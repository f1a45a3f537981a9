//! What follows from the index: uv's file, sums, the page.

use super::current::{at, path};
use super::{Destination, PublishError};
use crate::evidence::declared_licences;
use crate::index::{Address, Index, Licences};

/// Writes the files again whose content is another one.
pub(super) fn derive(
    destination: &dyn Destination,
    index: &Index,
    given: Option<&Address>,
) -> Result<(), PublishError> {
    let mut files = vec![
        (Index::SUMS, index.sums().into_bytes()),
        (
            Index::PAGE,
            index.page(&licences(destination, index)?).into_bytes(),
        ),
    ];
    if let Some(address) = address(destination, given)? {
        files.push((Index::UV, index.uv(&address)));
    }
    for (name, bytes) in files {
        if destination.get(&path(name)).map_err(at(destination))?.as_ref() != Some(&bytes) {
            destination
                .replace(&path(name), &bytes)
                .map_err(at(destination))?;
        }
    }
    Ok(())
}

/// The address that is given, or was given, or that the place knows of itself.
fn address(destination: &dyn Destination, given: Option<&Address>) -> Result<Option<Address>, PublishError> {
    if let Some(given) = given {
        return Ok(Some(given.clone()));
    }
    let file = destination.get(&path(Index::UV)).map_err(at(destination))?;
    let remembered = file.and_then(|file| Index::uv_address(&file));
    // A directory may have been moved: it knows better where it is.
    let remembered = remembered.filter(|address| !address.is_file());
    Ok(remembered.or_else(|| destination.address()))
}

/// The licences of what is in each archive, as its SPDX document has them.
fn licences(destination: &dyn Destination, index: &Index) -> Result<Licences, PublishError> {
    let mut licences = Licences::new();
    for artifact in &index.artifacts {
        let Some(document) = &artifact.evidence.spdx else {
            continue;
        };
        let document = destination.get(&document.path).map_err(at(destination))?;
        if let Some(declared) = document.and_then(|document| declared_licences(&document)) {
            licences.insert(artifact.name.clone(), declared);
        }
    }
    Ok(licences)
}
