//! A build's options: a set of words with one canonical spelling.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The options of a build, such as `pgo+lto`, `noopt` or `freethreaded+debug`.
///
/// Which words exist, and which go together, is data (`recipes/options.yaml`).
/// The canonical spelling puts `freethreaded` first and sorts the optimisations
/// as the field does: `pgo+lto`, not `lto+pgo`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Options(BTreeSet<String>);

/// A text that is not a set of options.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ParseOptionsError {
    /// An empty word, as in `pgo++lto`.
    #[error("`{text}` has an empty option")]
    Empty {
        /// The text.
        text: String,
    },
    /// A word that occurs twice.
    #[error("`{text}` names `{word}` twice")]
    Twice {
        /// The text.
        text: String,
        /// The word.
        word: String,
    },
}

fn rank(word: &str) -> usize {
    let known = &Options::KNOWN;
    known
        .iter()
        .position(|known| *known == word)
        .unwrap_or(known.len())
}

impl Options {
    /// Words whose place in the canonical spelling is not the alphabet's: all that the field uses.
    pub const KNOWN: [&str; 6] = ["freethreaded", "debug", "noopt", "pgo", "lto", "static"];

    /// The words, in canonical order.
    #[must_use]
    pub fn words(&self) -> Vec<&str> {
        let mut words: Vec<&str> = self.0.iter().map(String::as_str).collect();
        words.sort_by_key(|word| (rank(word), word.to_owned()));
        words
    }

    /// Whether `word` is among them.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.0.contains(word)
    }
}

impl FromStr for Options {
    type Err = ParseOptionsError;

    fn from_str(text: &str) -> Result<Self, ParseOptionsError> {
        let mut words = BTreeSet::new();
        for word in text.split('+') {
            if word.is_empty() {
                return Err(ParseOptionsError::Empty {
                    text: text.to_owned(),
                });
            }
            if !words.insert(word.to_owned()) {
                return Err(ParseOptionsError::Twice {
                    text: text.to_owned(),
                    word: word.to_owned(),
                });
            }
        }
        Ok(Self(words))
    }
}

impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words().join("+"))
    }
}

impl Serialize for Options {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Options {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_every_set_one_way() {
        let check = |text: &str, expected: &str| {
            assert_eq!(
                text.parse::<Options>().map(|options| options.to_string()),
                Ok(expected.to_owned())
            );
        };
        check("lto+pgo", "pgo+lto");
        check("debug+freethreaded", "freethreaded+debug");
        check("noopt", "noopt");
    }

    #[test]
    fn refuses_empty_and_double_words() {
        assert!("".parse::<Options>().is_err());
        assert!("pgo++lto".parse::<Options>().is_err());
        assert!("pgo+pgo".parse::<Options>().is_err());
    }
}
