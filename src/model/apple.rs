//! Apple's SDKs, and versions as Mach-O files have them: three numbers in 32 bits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The SDK that a target's code is compiled against.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AppleSdk {
    /// Its canonical name: `macosx14.0`.
    pub name: String,
    /// Its platform: `macosx`.
    pub platform: String,
    /// The version of the system that it has the interfaces of.
    pub version: PackedVersion,
    /// The oldest version of the system that the code runs on.
    pub deployment_target: PackedVersion,
}

/// A version: 16 bits, then 8, then 8. A newer one is greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PackedVersion(pub u32);

/// Why a text is no version of this kind.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{text}` is no version of one to three numbers, such as 11.0")]
pub struct ParsePackedVersionError {
    /// The text.
    pub text: String,
}

impl fmt::Display for PackedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor, update) = (self.0 >> 16, self.0 >> 8 & 0xff, self.0 & 0xff);
        write!(f, "{major}.{minor}")?;
        if update > 0 {
            write!(f, ".{update}")?;
        }
        Ok(())
    }
}

impl FromStr for PackedVersion {
    type Err = ParsePackedVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParsePackedVersionError {
            text: text.to_owned(),
        };
        let mut numbers = text.split('.');
        let mut number = |most: u32| -> Result<u32, ParsePackedVersionError> {
            let Some(part) = numbers.next() else { return Ok(0) };
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            let value = part.parse().ok().filter(|value| digits && *value <= most);
            value.ok_or_else(error)
        };
        let packed = number(0xffff)? << 16 | number(0xff)? << 8 | number(0xff)?;
        match numbers.next() {
            None => Ok(Self(packed)),
            Some(_) => Err(error()),
        }
    }
}

impl Serialize for PackedVersion {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PackedVersion {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_numbers_agree() {
        let check = |text: &str, packed| {
            let version: PackedVersion = text.parse().unwrap();
            assert_eq!((version.0, version.to_string().as_str()), (packed, text));
        };
        check("11.0", 0x000b_0000);
        check("10.15", 0x000a_0f00);
        check("14.6.1", 0x000e_0601);
        assert_eq!("12".parse::<PackedVersion>().unwrap().to_string(), "12.0");
        assert!("10.15".parse::<PackedVersion>().unwrap() < "11.0".parse().unwrap());
        for text in ["", "11.", "11.0.0.0", "x", "11.256", "+1", "65536"] {
            assert!(text.parse::<PackedVersion>().is_err(), "{text}");
        }
    }
}
