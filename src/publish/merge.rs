//! Puts together what two publishers did at once, where a place cannot keep them apart for certain.

use super::current::{Current, at, current, path};
use super::{Destination, PublishError};
use crate::index::{Index, PublicKey, trusted_comment};
use crate::model::Digest;
use crate::sign::signed;

/// Adds what others announced since `before`, and that is not in the index.
pub(super) fn merge(
    destination: &dyn Destination,
    keys: &[&PublicKey],
    before: &Current,
    index: &mut Index,
) -> Result<(), PublishError> {
    let known = before.bytes.as_deref().map(Digest::of);
    let announced = destination.announced(before.index.serial, known.as_slice());
    for bytes in announced.map_err(at(destination))?.unwrap_or_default() {
        add(destination, keys, &bytes, index)?;
    }
    Ok(())
}

/// Whether somebody else published since `before`. Then the index is that of both, and what is there now is given.
pub(super) fn overtaken(
    destination: &dyn Destination,
    keys: &[&PublicKey],
    before: &Current,
    index: &mut Index,
) -> Result<Option<Current>, PublishError> {
    let ours = index.write();
    let known = before.bytes.as_deref().into_iter().chain([&ours[..]]);
    let known: Vec<Digest> = known.map(Digest::of).collect();
    let announced = destination.announced(before.index.serial, &known);
    let Some(announced) = announced.map_err(at(destination))? else {
        return Ok(None);
    };
    let now = current(destination, keys)?;
    let before = index.clone();
    take(&now.index, index);
    for bytes in announced {
        add(destination, keys, &bytes, index)?;
    }
    let is_same = *index == before && *index == now.index;
    Ok((!is_same).then_some(now))
}

/// Adds an index that is announced, if one of our keys signed it.
fn add(
    destination: &dyn Destination,
    keys: &[&PublicKey],
    bytes: &[u8],
    index: &mut Index,
) -> Result<(), PublishError> {
    let signature = destination
        .get(&path(&Index::signature_of(bytes)))
        .map_err(at(destination))?;
    let Some(signature) = signature else {
        return Ok(());
    };
    let Ok(signature) = signed(bytes, &signature, keys.iter().copied()) else {
        return Ok(());
    };
    if let Ok(other) = Index::read(bytes)
        && signature.comment == trusted_comment(other.serial)
    {
        take(&other, index);
    }
    Ok(())
}

/// Adds the archives of another index, and goes on behind its serial. Keys stay as they are.
fn take(other: &Index, index: &mut Index) {
    index.serial = index.serial.max(other.serial);
    for artifact in &other.artifacts {
        let place = index
            .artifacts
            .binary_search_by(|known| known.name.cmp(&artifact.name));
        if let Err(place) = place {
            index.artifacts.insert(place, artifact.clone());
        }
    }
}
