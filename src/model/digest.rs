//! Content digests: SHA-256 and the size in bytes, as in the Remote Execution API.
//!
//! The only file that names the `sha2` crate.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::Digest as _;

/// SHA-256 of some bytes, and how many bytes they are.
///
/// Printed and parsed as `sha256:<64 hex digits>/<size>`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest {
    /// The SHA-256 sum.
    pub hash: [u8; 32],
    /// Length of the content in bytes.
    pub size: u64,
}

impl Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(bytes);
        hasher.finish()
    }

    /// A digest from 64 hexadecimal digits and a size.
    pub fn from_hex(hex: &str, size: u64) -> Result<Self, ParseDigestError> {
        if hex.len() != 64 {
            return Err(ParseDigestError::Length { found: hex.len() });
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Ok(Self { hash, size })
    }

    /// The SHA-256 sum as 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> String {
        use fmt::Write as _;
        self.hash.iter().fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

fn nibble(byte: u8) -> Result<u8, ParseDigestError> {
    match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        _ => Err(ParseDigestError::Character { found: byte as char }),
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}/{}", self.hex(), self.size)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, ParseDigestError> {
        let rest = text.strip_prefix("sha256:").ok_or(ParseDigestError::Prefix)?;
        let (hex, size) = rest.split_once('/').ok_or(ParseDigestError::Size)?;
        let size = size.parse().map_err(|_| ParseDigestError::Size)?;
        Self::from_hex(hex, size)
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What is known beforehand of an archive: its SHA-256 and, where upstream says so, its size.
///
/// Printed and parsed as `sha256:<64 hex digits>` with `/<size>` behind it where the size is known.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pin {
    /// The SHA-256 sum.
    pub hash: [u8; 32],
    /// Length in bytes, if known.
    pub size: Option<u64>,
}

impl Pin {
    /// Whether the bytes with this digest are the ones that are meant.
    #[must_use]
    pub fn matches(&self, digest: &Digest) -> bool {
        self.hash == digest.hash && self.size.is_none_or(|size| size == digest.size)
    }

    /// The SHA-256 sum as 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> String {
        Digest {
            hash: self.hash,
            size: 0,
        }
        .hex()
    }
}

impl From<Digest> for Pin {
    fn from(digest: Digest) -> Self {
        Self {
            hash: digest.hash,
            size: Some(digest.size),
        }
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())?;
        self.size.map_or(Ok(()), |size| write!(f, "/{size}"))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Pin {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, ParseDigestError> {
        if text.contains('/') {
            return text.parse().map(|digest: Digest| digest.into());
        }
        let hex = text.strip_prefix("sha256:").ok_or(ParseDigestError::Prefix)?;
        let Digest { hash, size: _ } = Digest::from_hex(hex, 0)?;
        Ok(Self { hash, size: None })
    }
}

impl Serialize for Pin {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Digest of a tree: of the encoded Remote Execution `Directory` message of its root.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TreeDigest(pub Digest);

impl fmt::Display for TreeDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for TreeDigest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, ParseDigestError> {
        text.parse().map(Self)
    }
}

/// Why a text is not a digest.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ParseDigestError {
    /// `sha256:` is missing in front.
    #[error("a digest starts with `sha256:`")]
    Prefix,
    /// The hexadecimal part has another length than 64.
    #[error("a SHA-256 sum has 64 hexadecimal digits, not {found}")]
    Length {
        /// How many characters there were.
        found: usize,
    },
    /// A character that is no lower-case hexadecimal digit.
    #[error("`{found}` is not a lower-case hexadecimal digit")]
    Character {
        /// The offending character.
        found: char,
    },
    /// The size behind the slash is missing or not a number.
    #[error("a digest ends with `/` and the size in bytes")]
    Size,
}

/// Computes a [`Digest`] from bytes as they pass by.
#[derive(Clone)]
pub struct Hasher {
    state: sha2::Sha256,
    size: u64,
}

impl Hasher {
    /// A hasher that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: sha2::Sha256::new(),
            size: 0,
        }
    }

    /// Takes in the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.state.update(bytes);
        self.size += bytes.len() as u64;
    }

    /// The digest of all bytes seen.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest {
            hash: self.state.finalize().into(),
            size: self.size,
        }
    }
}

impl Default for Hasher {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_it_parses() {
        let digest = Digest::of(b"abc");
        let text = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad/3";
        assert_eq!(digest.to_string(), text);
        assert_eq!(text.parse(), Ok(digest));
    }

    #[test]
    fn a_pin_may_leave_the_size_open() {
        let digest = Digest::of(b"abc");
        for text in [format!("sha256:{}", digest.hex()), digest.to_string()] {
            let pin: Pin = text.parse().unwrap();
            assert_eq!(pin.to_string(), text);
            assert!(pin.matches(&digest));
        }
        let longer = Pin {
            size: Some(4),
            ..Pin::from(digest)
        };
        assert!(!longer.matches(&digest));
    }

    #[test]
    fn says_what_is_wrong() {
        let check = |text: &str, expected| assert_eq!(text.parse::<Digest>(), Err(expected), "{text}");
        check("ba78", ParseDigestError::Prefix);
        check("sha256:ba78/1", ParseDigestError::Length { found: 4 });
        check(
            &format!("sha256:{}/1", "G".repeat(64)),
            ParseDigestError::Character { found: 'G' },
        );
        check(&format!("sha256:{}", "a".repeat(64)), ParseDigestError::Size);
        check(&format!("sha256:{}/x", "a".repeat(64)), ParseDigestError::Size);
    }
}
