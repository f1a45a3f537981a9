//! Texts of a certain form: sums, tags, file names and public keys.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::Digest;

/// A SHA-256 sum, written `sha256:<64 lower-case hexadecimal digits>`. The size stands beside it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sum([u8; 32]);

/// A release tag: a date without separators, `YYYYMMDD`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Tag(String);

/// The name of a published file: letters, digits and `._+-`, beginning with a letter or a digit.
///
/// Such a name is one component of a path on every system, and never an option of a command.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct FileName(String);

/// A public key as minisign writes it: `RW…`, 42 bytes in base64.
///
/// Only the form is checked here; whether it is a point of the curve its user finds out.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PublicKey(String);

/// A text that has not the form it should have.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{text}` is not {what}")]
pub struct ParseTextError {
    /// The text.
    pub text: String,
    /// What it should be.
    pub what: &'static str,
}

fn wrong(text: &str, what: &'static str) -> ParseTextError {
    ParseTextError {
        text: text.to_owned(),
        what,
    }
}

impl Sum {
    /// The sum of bytes that have this digest.
    #[must_use]
    pub fn of(digest: &Digest) -> Self {
        Self(digest.hash)
    }

    /// Parses `sha256:<64 lower-case hexadecimal digits>`.
    pub fn parse(text: &str) -> Result<Self, ParseTextError> {
        let hex = text.strip_prefix("sha256:");
        let digest = hex.and_then(|hex| Digest::from_hex(hex, 0).ok());
        let digest =
            digest.ok_or_else(|| wrong(text, "a sum such as `sha256:` and 64 hexadecimal digits"))?;
        Ok(Self(digest.hash))
    }

    /// The digest of so many bytes with this sum.
    #[must_use]
    pub fn sized(self, size: u64) -> Digest {
        Digest { hash: self.0, size }
    }

    /// 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> String {
        self.sized(0).hex()
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl fmt::Debug for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Tag {
    /// Parses eight digits.
    pub fn parse(text: &str) -> Result<Self, ParseTextError> {
        if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self(text.to_owned()));
        }
        Err(wrong(text, "a release tag such as `20260101`"))
    }
}

impl FileName {
    /// Parses a name.
    pub fn parse(text: &str) -> Result<Self, ParseTextError> {
        let first = text
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphanumeric());
        if first && text.bytes().all(is_plain) && text.len() <= 255 {
            return Ok(Self(text.to_owned()));
        }
        Err(wrong(text, "a file name of letters, digits and `._+-`"))
    }
}

/// Whether a byte stands for itself in every file system and needs no thought in an address.
pub(super) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'+' | b'-')
}

impl PublicKey {
    /// Parses the second line of a file that minisign wrote.
    pub fn parse(text: &str) -> Result<Self, ParseTextError> {
        let base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        // 42 bytes are 56 characters without padding; the first two bytes are `Ed`.
        if text.len() == 56 && text.starts_with("RW") && text.bytes().all(base64) {
            return Ok(Self(text.to_owned()));
        }
        Err(wrong(
            text,
            "a minisign public key such as `RW` and 54 characters of base64",
        ))
    }
}

/// What texts in a wrapper have in common.
macro_rules! wrapped {
    ($($name:ident)+) => {
        $(impl $name {
            /// It as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        })+
    };
}
wrapped! { Tag FileName PublicKey }

/// Writes as displayed, reads as parsed.
macro_rules! as_text {
    ($($name:ident)+) => {
        $(impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }

        impl std::str::FromStr for $name {
            type Err = ParseTextError;

            fn from_str(text: &str) -> Result<Self, ParseTextError> {
                Self::parse(text)
            }
        })+
    };
}
as_text! { Sum Tag FileName PublicKey }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_prints_what_it_parses() {
        let digest = Digest::of(b"abc");
        let sum = Sum::of(&digest);
        assert_eq!(Sum::parse(&sum.to_string()), Ok(sum));
        assert_eq!(sum.sized(3), digest);
        assert!(
            Sum::parse(&digest.to_string()).is_err(),
            "a size is no part of it"
        );
        assert!(Sum::parse(&sum.to_string().to_uppercase()).is_err());
    }

    #[test]
    fn a_file_name_goes_nowhere() {
        for text in [
            "", ".", "..", ".x", "-x", "a/b", "a\\b", "a b", "a%2e", "a\n", "é",
        ] {
            assert!(FileName::parse(text).is_err(), "{text:?}");
        }
        assert!(FileName::parse(&"a".repeat(256)).is_err());
        assert!(FileName::parse("cpython-3.13.5+20260101-a-b-c-pgo+lto-full.tar.zst").is_ok());
    }

    #[test]
    fn tags_and_keys_have_one_form() {
        assert!(Tag::parse("20260101").is_ok());
        for text in ["", "2026011", "202601011", "2026-1-1"] {
            assert!(Tag::parse(text).is_err(), "{text:?}");
        }
        let key = format!("RW{}", "a".repeat(54));
        assert!(PublicKey::parse(&key).is_ok());
        for text in ["", "RW", &key[..55], &format!("{key}="), &key.replace('W', "X")] {
            assert!(PublicKey::parse(text).is_err(), "{text:?}");
        }
    }
}
