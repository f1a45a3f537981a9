//! What is published so far, and whether it is ours to change.

use super::{Destination, DestinationError, PublishError};
use crate::index::{Index, PublicKey, trusted_comment};
use crate::model::TreePath;
use crate::sign::{Signature, SignatureError, signed};

/// What is published.
#[derive(Debug)]
pub(super) struct Current {
    /// The index; an empty one before the first publication.
    pub(super) index: Index,
    /// It as it stands there.
    pub(super) bytes: Option<Vec<u8>>,
    /// Whether the signature beside it is one of it.
    pub(super) signed: bool,
}

/// A path of the published directory.
pub(super) fn path(text: &str) -> TreePath {
    TreePath::parse(text).expect("a relative path")
}

/// Says where something failed.
pub(super) fn at(destination: &dyn Destination) -> impl Fn(DestinationError) -> PublishError {
    let place = destination.shown();
    move |source| PublishError::Destination {
        place: place.clone(),
        source,
    }
}

/// Reads what is published. Signing it again vouches for all of it, so one of `keys` must have signed it.
pub(super) fn current(destination: &dyn Destination, keys: &[&PublicKey]) -> Result<Current, PublishError> {
    let get = |text: &str| destination.get(&path(text)).map_err(at(destination));
    let Some(bytes) = get(Index::NAME)? else {
        return Ok(Current {
            index: Index::empty(),
            bytes: None,
            signed: false,
        });
    };
    let place = || destination.shown();
    let beside = get(Index::SIGNATURE)?;
    let by_sum = get(&Index::signature_of(&bytes))?;
    let check = |signature: &[u8]| {
        let signed = signed(&bytes, signature, keys.iter().copied());
        signed.map(|Signature { comment, .. }| comment)
    };
    let beside = beside.as_deref().map(check);
    let fits = matches!(beside, Some(Ok(_)));
    let by_sum = by_sum.as_deref().map(check);
    // The one that is beside may be of the next index, where a publication was interrupted.
    let comment = match (by_sum, beside) {
        (Some(Ok(comment)), _) | (_, Some(Ok(comment))) => comment,
        (Some(Err(source)), _) | (None, Some(Err(source))) => return Err(not_ours(place(), source)),
        (None, None) => return Err(PublishError::NoSignature { place: place() }),
    };
    let index = Index::read(&bytes).map_err(|source| PublishError::Index {
        place: place(),
        source,
    })?;
    if comment != trusted_comment(index.serial) {
        return Err(PublishError::Serial {
            place: place(),
            signed: comment,
            serial: index.serial,
        });
    }
    Ok(Current {
        index,
        bytes: Some(bytes),
        signed: fits,
    })
}

fn not_ours(place: String, source: SignatureError) -> PublishError {
    PublishError::NotOurs { place, source }
}
