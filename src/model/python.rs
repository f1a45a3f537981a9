//! CPython versions.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A full version of CPython, such as `3.14.2` or `3.15.0rc1`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PythonVersion {
    /// `3.14`.
    pub series: Series,
    /// The last number.
    pub patch: u32,
    /// `""`, `a1`, `b2` or `rc1`.
    pub prerelease: String,
}

/// The first two numbers of a version, such as `3.14`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Series {
    /// `3`.
    pub major: u32,
    /// `14`.
    pub minor: u32,
}

/// A text that is not a version.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{text}` is not a CPython version such as `3.14.2`")]
pub struct ParseVersionError {
    /// The text.
    pub text: String,
}

impl PythonVersion {
    /// Sorts versions as they follow each other: `a2`, `a10`, `b1`, `rc1`, the finished one.
    #[must_use]
    pub fn order(&self) -> (Series, u32, u32, u32) {
        let stages = [("a", 0), ("b", 1), ("rc", 2)];
        let stage = stages.into_iter().find_map(|(name, stage)| {
            let number = self.prerelease.strip_prefix(name)?;
            Some((stage, number.parse().unwrap_or(u32::MAX)))
        });
        let (stage, number) = stage.unwrap_or((3, 0));
        (self.series, self.patch, stage, number)
    }
}

impl FromStr for Series {
    type Err = ParseVersionError;

    fn from_str(text: &str) -> Result<Self, ParseVersionError> {
        let error = || ParseVersionError {
            text: text.to_owned(),
        };
        let (major, minor) = text.split_once('.').ok_or_else(error)?;
        let series = Self {
            major: major.parse().map_err(|_| error())?,
            minor: minor.parse().map_err(|_| error())?,
        };
        // One spelling: no `+3.14`, no `3.014`.
        (series.to_string() == text).then_some(series).ok_or_else(error)
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for PythonVersion {
    type Err = ParseVersionError;

    fn from_str(text: &str) -> Result<Self, ParseVersionError> {
        let error = || ParseVersionError {
            text: text.to_owned(),
        };
        let (series, rest) = text.rsplit_once('.').ok_or_else(error)?;
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (patch, prerelease) = rest.split_at(digits);
        let number = prerelease
            .strip_prefix("rc")
            .or_else(|| prerelease.strip_prefix('a'))
            .or_else(|| prerelease.strip_prefix('b'));
        let valid = match number {
            None => prerelease.is_empty(),
            Some(number) => !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()),
        };
        if !valid {
            return Err(error());
        }
        let version = Self {
            series: series.parse().map_err(|_| error())?,
            patch: patch.parse().map_err(|_| error())?,
            prerelease: prerelease.to_owned(),
        };
        (version.to_string() == text).then_some(version).ok_or_else(error)
    }
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}{}", self.series, self.patch, self.prerelease)
    }
}

impl Serialize for PythonVersion {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PythonVersion {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl Serialize for Series {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Series {
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
    fn prints_what_it_parses() {
        for text in ["3.14.2", "3.15.0rc1", "3.15.0a10"] {
            assert_eq!(
                text.parse::<PythonVersion>().map(|version| version.to_string()),
                Ok(text.to_owned())
            );
        }
    }

    #[test]
    fn follow_each_other() {
        let versions = [
            "3.9.9",
            "3.14.0a2",
            "3.14.0a10",
            "3.14.0b1",
            "3.14.0rc1",
            "3.14.0",
            "3.14.1a1",
        ];
        let orders = versions.map(|text| text.parse::<PythonVersion>().unwrap().order());
        assert!(orders.is_sorted(), "{orders:?}");
    }

    #[test]
    fn refuses_what_is_none() {
        for text in [
            "", "3", "3.14", "3.x.1", "3.14.2-1", "3.14.0rc", "3.14.0c1", "3.14.-1", "+3.14.1", "3.+14.1",
            "3.014.1", "3.14.01",
        ] {
            assert!(text.parse::<PythonVersion>().is_err(), "{text}");
        }
    }
}
