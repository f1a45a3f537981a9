//! Reads the index of an origin: fetched, its signature checked, held against what is remembered.

use std::sync::Arc;

use super::conduct::Tools;
use super::error::ObtainError;
use super::origin::Origin;
use super::place::Cache;
use super::reach::{Reach, ReachError};
use super::trust::{Seen, Stance, TrustError};
use super::{gate, memory};
use crate::fetch::Again;
use crate::index::{Index, PublicKey, trusted_serial};
use crate::model::{Digest, TreePath, on_one_line};
use crate::sign::{Signature, SignatureError, signed};

/// An index of ten thousand archives has 10 MB.
const MOST_INDEX: u64 = 64 << 20;
/// A signature has about 300 bytes.
const MOST_SIGNATURE: u64 = 4 << 10;
/// So often index and signature are read anew where they do not fit: somebody may be publishing just now to a
/// directory that does not have signatures by what they sign.
const READINGS: u32 = 3;

/// An index that is believed, as it came, and its signature.
pub(super) struct Believed {
    pub(super) index: Index,
    pub(super) bytes: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

/// Both files as they came.
struct Pair {
    index: Vec<u8>,
    signature: Vec<u8>,
}

/// Reads the index of an origin and remembers whom it names.
pub(super) fn read(
    tools: &Tools,
    cache: &Cache,
    reach: &Reach,
    origin: &Origin,
    given: &[PublicKey],
) -> Result<Believed, ObtainError> {
    let from = origin.to_string();
    let mut reading = 1;
    loop {
        let before = memory::read(&cache.memories(), &from)?;
        let pair = fetch(tools, reach, origin)?;
        let lock = gate::enter(&cache.locks(), &from, &tools.cancelled, &|| ())?;
        let now = memory::read(&cache.memories(), &from)?;
        let believed = believe(tools, cache, origin, &Stance::new(given, now.as_ref()), &pair);
        drop(lock);
        let error = match believed {
            Ok(index) => {
                return Ok(Believed {
                    index,
                    bytes: pair.index,
                    signature: pair.signature,
                });
            }
            Err(error) => error,
        };
        // Another job may have seen a newer index while this one was on its way.
        if reading >= READINGS || !(is_mixed(&error) || now != before) {
            return Err(error);
        }
        reading += 1;
        (tools.notice)(&format!(
            "{}; reading {reading} of {READINGS}",
            on_one_line(&error)
        ));
        std::thread::sleep(tools.limits.pause);
    }
}

/// Whether index and signature may be those of two publications.
fn is_mixed(error: &ObtainError) -> bool {
    matches!(
        error,
        ObtainError::Trust {
            source: TrustError::Signature(SignatureError::Wrong),
            ..
        }
    )
}

/// Checks both files, and remembers whom the index names if it may be believed.
fn believe(
    tools: &Tools,
    cache: &Cache,
    origin: &Origin,
    stance: &Stance<'_>,
    pair: &Pair,
) -> Result<Index, ObtainError> {
    let at = shown(origin, Index::NAME);
    let from = origin.to_string();
    let (index, by) = check(stance, pair, &at)?;
    let seen = Seen {
        by: &by,
        keys: &index.keys,
        serial: index.serial,
        index: Digest::of(&pair.index),
    };
    let accepted = stance.accept(&from, seen);
    let remembered = accepted.map_err(|source| ObtainError::Trust { at, source })?;
    if stance.is_first_use() {
        (tools.notice)(&format!(
            "first use of {from}: from now on its key {by} is trusted (give it with `--key` where nothing is \
             remembered)"
        ));
    }
    if stance.memory() != Some(&remembered) {
        memory::write(&cache.memories(), &remembered)?;
    }
    Ok(index)
}

/// Where a file of an origin is, for people.
fn shown(origin: &Origin, name: &str) -> String {
    match origin {
        Origin::Web(_) | Origin::Bucket(_) => format!("{origin}{name}"),
        Origin::Registry(_) => format!("{origin}:{name}"),
        Origin::Dir(dir) => dir.join(name).into_string(),
    }
}

fn fetch(tools: &Tools, reach: &Reach, origin: &Origin) -> Result<Pair, ObtainError> {
    let small = |name: &str, most| {
        let path = TreePath::parse(name).expect("it is a name");
        let (notice, at) = (Arc::clone(&tools.notice), shown(origin, name));
        let again: Again = Arc::new(move |reason: &str| notice(&format!("{at}: {reason}")));
        reach.small(origin, &path, most, again)
    };
    let failed = |name: &str, source: ReachError| {
        if source.is_cancelled() {
            return ObtainError::Cancelled;
        }
        let at = shown(origin, name);
        ObtainError::Index { at, source }
    };
    let index = small(Index::NAME, MOST_INDEX).map_err(|error| failed(Index::NAME, error))?;
    // By what it signs, so that it fits whatever is published meanwhile and whatever a cache holds.
    let exact = Index::signature_of(&index);
    let signature = match small(&exact, MOST_SIGNATURE) {
        // Nobody has to have it: its name is of no other use.
        Err(error) if error.is_refused() => small(Index::SIGNATURE, MOST_SIGNATURE),
        done => done,
    };
    let signature = signature.map_err(|error| match error.is_missing() {
        true => ObtainError::Trust {
            at: shown(origin, Index::NAME),
            source: TrustError::Unsigned,
        },
        false => failed(Index::SIGNATURE, error),
    })?;
    Ok(Pair { index, signature })
}

/// Checks the signature, and reads the index: in this order, but for the first use, where the key is in it.
fn check(stance: &Stance<'_>, pair: &Pair, at: &str) -> Result<(Index, PublicKey), ObtainError> {
    let untrusted = |source| ObtainError::Trust {
        at: at.to_owned(),
        source,
    };
    let read = || {
        Index::read(&pair.index).map_err(|source| ObtainError::ReadIndex {
            at: at.to_owned(),
            source,
        })
    };
    let (index, (by, comment)) = if stance.is_first_use() {
        let index = read()?;
        let signed = signer(pair, &index.keys).map_err(|error| untrusted(error.into()))?;
        (index, signed)
    } else {
        let signed = match signer(pair, stance.keys()) {
            Err(SignatureError::Stranger) => {
                return Err(untrusted(match signer(pair, stance.retired()) {
                    Ok((key, _)) => TrustError::Retired { key },
                    Err(_) => SignatureError::Stranger.into(),
                }));
            }
            done => done.map_err(|error| untrusted(error.into()))?,
        };
        (read()?, signed)
    };
    if trusted_serial(&comment) != Some(index.serial) {
        return Err(untrusted(TrustError::Comment { comment }));
    }
    Ok((index, by))
}

/// Which of these keys signed the index, and what the signature says beside.
fn signer<'k>(
    pair: &Pair,
    keys: impl IntoIterator<Item = &'k PublicKey>,
) -> Result<(PublicKey, String), SignatureError> {
    let Signature { by, comment } = signed(&pair.index, &pair.signature, keys)?;
    Ok((by.clone(), comment))
}
