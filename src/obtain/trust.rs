//! Whom to believe, and what to remember of it: pure decisions.
//!
//! An index is believed when a key signed it that is given, or that was remembered of the same origin; the
//! first time and without a given key, any key that the index itself names. What it names is remembered, and
//! so keys change: those that count now, and those that counted once and do not any more. With the keys the
//! serial is remembered, and an index from before it is refused.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::index::PublicKey;
use crate::model::Digest;
use crate::sign::SignatureError;

/// What is remembered of an origin.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// Version of this format; 1.
    pub version: u32,
    /// The origin.
    pub from: String,
    /// The keys that count.
    pub keys: BTreeSet<PublicKey>,
    /// The keys that counted once and do not any more.
    pub retired: BTreeSet<PublicKey>,
    /// The serial of the newest index that was believed.
    pub serial: u64,
    /// That index.
    pub index: Digest,
}

/// Why an index is not believed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// There is no signature.
    #[error("it is not signed")]
    Unsigned,
    /// The signature says nothing, or is by nobody we know.
    #[error("its signature is not good: {0}")]
    Signature(#[from] SignatureError),
    /// It is signed by a key that was replaced.
    #[error("it is signed by the key {key}, which its publisher has replaced")]
    Retired {
        /// The key.
        key: PublicKey,
    },
    /// The signature is one of another serial, or of something else than an index.
    #[error("its signature says `{comment}`, which is not about it")]
    Comment {
        /// What it says.
        comment: String,
    },
    /// It is older than one that was seen.
    #[error("its serial is {found}, and {seen} was there before: somebody shows an old index")]
    Older {
        /// Its serial.
        found: u64,
        /// The newest that was seen.
        seen: u64,
    },
    /// Another index with the same serial was seen.
    #[error("its serial is {serial}, and another index had that before")]
    Twice {
        /// The serial.
        serial: u64,
    },
}

impl TrustError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unsigned => "whoever published it signs it with `pbs publish --key`",
            Self::Signature(SignatureError::Stranger) => {
                "ask the publisher for the key that signs now, by another way than this one, and give it with `--key`"
            }
            Self::Signature(_) => {
                "it was damaged or changed on its way: do not use it, and tell the publisher"
            }
            Self::Retired { .. } => {
                "somebody uses a key that should not be used any more: tell the publisher"
            }
            Self::Comment { .. } => "do not use it, and tell the publisher",
            Self::Older { .. } | Self::Twice { .. } => {
                "a mirror or a cache between may be behind, or somebody keeps news away; if the publisher began \
                 anew, give their new key with `--key`"
            }
        }
    }
}

/// What is there before an index has been seen: given keys, and a memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stance<'a> {
    given: &'a [PublicKey],
    memory: Option<&'a Memory>,
}

/// An index whose signature holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'a> {
    pub(super) by: &'a PublicKey,
    pub(super) keys: &'a [PublicKey],
    pub(super) serial: u64,
    pub(super) index: Digest,
}

impl<'a> Stance<'a> {
    /// A memory does not count where other keys are given than those it is about: that is how a person begins
    /// anew with a publisher who lost a key.
    pub(super) fn new(given: &'a [PublicKey], memory: Option<&'a Memory>) -> Self {
        let is_about = |memory: &&Memory| {
            given.is_empty()
                || given
                    .iter()
                    .any(|key| memory.keys.contains(key) || memory.retired.contains(key))
        };
        Self {
            given,
            memory: memory.filter(is_about),
        }
    }

    /// What is remembered and counts.
    pub(super) const fn memory(&self) -> Option<&'a Memory> {
        self.memory
    }

    /// Whether nobody is trusted yet, so that whoever signs is believed.
    pub(super) fn is_first_use(&self) -> bool {
        self.given.is_empty() && self.memory.is_none()
    }

    /// The keys whose signature counts, where it is not the first use.
    pub(super) fn keys(&self) -> BTreeSet<&'a PublicKey> {
        let mut keys: BTreeSet<&PublicKey> = self.given.iter().collect();
        if let Some(memory) = self.memory {
            keys.extend(&memory.keys);
            // Also where it is given: who wrote it down had not heard yet.
            keys.retain(|key| !memory.retired.contains(*key));
        }
        keys
    }

    /// The keys whose signature counted once.
    pub(super) fn retired(&self) -> impl Iterator<Item = &'a PublicKey> {
        self.memory.into_iter().flat_map(|memory| &memory.retired)
    }

    /// What is remembered from now on, if the index may be believed.
    pub(super) fn accept(&self, from: &str, seen: Seen<'_>) -> Result<Memory, TrustError> {
        let Seen {
            by,
            keys,
            serial,
            index,
        } = seen;
        if let Some(memory) = self.memory {
            if serial < memory.serial {
                return Err(TrustError::Older {
                    found: serial,
                    seen: memory.serial,
                });
            }
            if serial == memory.serial && index != memory.index {
                return Err(TrustError::Twice { serial });
            }
        }
        let mut named: BTreeSet<PublicKey> = keys.iter().cloned().collect();
        if named.is_empty() {
            named.insert(by.clone());
        }
        let mut retired: BTreeSet<PublicKey> = self.retired().cloned().collect();
        // A given key that was not named yet may be the next one.
        retired.extend(
            self.memory
                .into_iter()
                .flat_map(|memory| memory.keys.iter().cloned()),
        );
        retired.insert(by.clone());
        retired.retain(|key| !named.contains(key));
        Ok(Memory {
            version: 1,
            from: from.to_owned(),
            keys: named,
            retired,
            serial,
            index,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(letter: char) -> PublicKey {
        PublicKey::parse(&format!("RW{}", letter.to_string().repeat(54))).unwrap()
    }

    fn keys(letters: &str) -> Vec<PublicKey> {
        letters.chars().map(key).collect()
    }

    fn letters(keys: &BTreeSet<PublicKey>) -> String {
        keys.iter().map(|key| &key.as_str()[2..3]).collect()
    }

    /// Believes an index that `by` signed, if `by` counts.
    fn see(
        given: &str,
        memory: Option<&Memory>,
        by: char,
        named: &str,
        serial: u64,
    ) -> Result<Memory, TrustError> {
        let (given, by, named) = (keys(given), key(by), keys(named));
        let stance = Stance::new(&given, memory);
        if stance.retired().any(|retired| *retired == by) {
            return Err(TrustError::Retired { key: by });
        }
        if !stance.is_first_use() && !stance.keys().contains(&by) {
            return Err(SignatureError::Stranger.into());
        }
        let index = Digest::of(format!("{serial}").as_bytes());
        stance.accept(
            "here",
            Seen {
                by: &by,
                keys: &named,
                serial,
                index,
            },
        )
    }

    const STRANGER: TrustError = TrustError::Signature(SignatureError::Stranger);

    #[test]
    fn the_first_key_is_remembered() {
        let memory = see("", None, 'a', "a", 3).unwrap();
        assert_eq!((letters(&memory.keys).as_str(), memory.serial), ("a", 3));
        assert_eq!(see("", Some(&memory), 'b', "b", 4), Err(STRANGER));
        assert_eq!(see("", Some(&memory), 'a', "a", 3).as_ref(), Ok(&memory));
    }

    #[test]
    fn a_given_key_is_the_only_one() {
        assert_eq!(see("a", None, 'b', "ab", 1), Err(STRANGER));
        let memory = see("a", None, 'a', "", 1).unwrap();
        assert_eq!(letters(&memory.keys), "a");
    }

    #[test]
    fn keys_are_replaced_by_indexes_that_are_believed() {
        let one = see("", None, 'a', "ab", 1).unwrap();
        assert_eq!(letters(&one.keys), "ab");
        let two = see("", Some(&one), 'b', "b", 2).unwrap();
        assert_eq!(
            (letters(&two.keys).as_str(), letters(&two.retired).as_str()),
            ("b", "a")
        );
        let gone = see("", Some(&two), 'a', "a", 3);
        assert_eq!(gone, Err(TrustError::Retired { key: key('a') }));
        // Also for somebody who still gives it, and who gets what the new one signs.
        let gone = see("a", Some(&two), 'a', "a", 3);
        assert_eq!(gone, Err(TrustError::Retired { key: key('a') }));
        let three = see("a", Some(&two), 'b', "b", 3).unwrap();
        assert_eq!(letters(&three.keys), "b");
        // A key that is given beforehand waits for its turn.
        let waiting = see("ac", None, 'a', "a", 1).unwrap();
        assert_eq!(
            letters(&see("ac", Some(&waiting), 'c', "c", 2).unwrap().keys),
            "c"
        );
        // One signature in passing: the old key names the new one and goes.
        let passed = see("a", None, 'a', "b", 1).unwrap();
        assert_eq!(letters(&passed.retired), "a");
    }

    #[test]
    fn old_indexes_are_refused() {
        let memory = see("", None, 'a', "a", 7).unwrap();
        let older = TrustError::Older { found: 6, seen: 7 };
        assert_eq!(see("", Some(&memory), 'a', "a", 6), Err(older.clone()));
        assert_eq!(see("a", Some(&memory), 'a', "a", 6), Err(older));
        let other = Memory {
            index: Digest::of(b"another"),
            ..memory.clone()
        };
        assert_eq!(
            see("", Some(&other), 'a', "a", 7),
            Err(TrustError::Twice { serial: 7 })
        );
        // A publisher who began anew, and a person who says so.
        assert_eq!(see("b", Some(&memory), 'b', "b", 1).unwrap().serial, 1);
    }
}
