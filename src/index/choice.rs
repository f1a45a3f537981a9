//! What a person asks an index for.

use std::fmt;
use std::str::FromStr;

use super::Tag;
use crate::model::{Options, PythonVersion, Series, Target};
use crate::plan::Flavor;

/// Which archive is wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Choice {
    /// Which versions will do.
    pub python: VersionChoice,
    /// Where it shall run.
    pub target: Target,
    /// The options; where none are named, the fastest ordinary build there is.
    pub options: Option<Options>,
    /// Which archive.
    pub flavor: Flavor,
}

/// Which versions will do: nothing, `3`, `3.14`, `3.14.2`, each with or without `+20260101` behind it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct VersionChoice {
    /// How much of the version is given.
    pub version: VersionPart,
    /// The release tag, where it must be a certain one.
    pub tag: Option<Tag>,
}

/// How much of a version is given.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum VersionPart {
    /// Nothing.
    #[default]
    Any,
    /// `3`.
    Major(u32),
    /// `3.14`.
    Series(Series),
    /// `3.14.2`.
    Exact(PythonVersion),
}

/// A text that asks for no version.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{text}` is no choice of a version such as `3.14`, `3.14.2` or `3.14.2+20260101`")]
pub struct ParseChoiceError {
    /// The text.
    pub text: String,
}

impl VersionChoice {
    /// Whether this version of this release will do.
    #[must_use]
    pub fn admits(&self, python: &PythonVersion, tag: &Tag) -> bool {
        let version = match &self.version {
            VersionPart::Any => true,
            VersionPart::Major(major) => python.series.major == *major,
            VersionPart::Series(series) => python.series == *series,
            VersionPart::Exact(exact) => python == exact,
        };
        version && self.tag.as_ref().is_none_or(|wanted| wanted == tag)
    }
}

impl FromStr for VersionChoice {
    type Err = ParseChoiceError;

    fn from_str(text: &str) -> Result<Self, ParseChoiceError> {
        let error = || ParseChoiceError {
            text: text.to_owned(),
        };
        let (version, tag) = match text.split_once('+') {
            Some((version, tag)) => (version, Some(Tag::parse(tag).map_err(|_| error())?)),
            None => (text, None),
        };
        let exact = version.parse().map(VersionPart::Exact).ok();
        let series = || version.parse().map(VersionPart::Series).ok();
        let major = || {
            let number: u32 = version.parse().ok()?;
            (number.to_string() == version).then_some(VersionPart::Major(number))
        };
        let version = exact.or_else(series).or_else(major).ok_or_else(error)?;
        Ok(Self { version, tag })
    }
}

impl fmt::Display for VersionChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.version {
            VersionPart::Any => f.write_str("any version"),
            VersionPart::Major(major) => write!(f, "{major}"),
            VersionPart::Series(series) => write!(f, "{series}"),
            VersionPart::Exact(exact) => write!(f, "{exact}"),
        }?;
        self.tag.as_ref().map_or(Ok(()), |tag| write!(f, "+{tag}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_it_parses() {
        for text in [
            "3",
            "3.14",
            "3.14.2",
            "3.15.0rc1",
            "3.14+20260101",
            "3.14.2+20260101",
        ] {
            assert_eq!(
                text.parse::<VersionChoice>().map(|choice| choice.to_string()),
                Ok(text.to_owned())
            );
        }
        for text in [
            "",
            "x",
            "3.",
            "03",
            "3.14.2+",
            "3.14.2+today",
            "+20260101",
            "3.14.2.1",
        ] {
            assert!(text.parse::<VersionChoice>().is_err(), "{text}");
        }
    }
}
