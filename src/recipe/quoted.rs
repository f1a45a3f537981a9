//! Text that must be written so that YAML cannot take it for something else.
//!
//! `3.10` is the number 3.1 to YAML; a version, a flag or a name that looks like a number, a
//! truth value or nothing must stand in quotes.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use crate::model::{Digest, Options, PythonVersion, Series, Target, TreeDigest, TreePath};

/// A value that is written as text.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Quoted<T>(pub T);

impl Quoted<String> {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A SHA-256 sum as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Sha256(pub [u8; 32]);

/// A value that has a spelling.
pub trait Spelled: Sized {
    /// What it is, for messages: `a version`.
    const WHAT: &'static str;
    /// Reads its spelling.
    fn read(text: &str) -> Result<Self, String>;
}

macro_rules! spelled {
    ($($type:ty = $what:literal, $read:expr;)+) => {
        $(impl Spelled for $type {
            const WHAT: &'static str = $what;
            fn read(text: &str) -> Result<Self, String> {
                $read(text).map_err(|error| error.to_string())
            }
        })+
    };
}

spelled! {
    PythonVersion = "a version of CPython", PythonVersion::from_str;
    Series = "a series of CPython", Series::from_str;
    Options = "a set of options", Options::from_str;
    Target = "a target", Target::parse;
    TreePath = "a relative path", named_path;
    TreeDigest = "the digest of a tree", TreeDigest::from_str;
    Sha256 = "a SHA-256 sum", |text| Digest::from_hex(text, 0).map(|digest| Self(digest.hash));
}

/// The root of a tree is nothing that a recipe could mean.
fn named_path(text: &str) -> Result<TreePath, String> {
    match TreePath::parse(text) {
        Ok(path) if path.is_root() => Err("the path is empty".to_owned()),
        parsed => parsed.map_err(|error| error.to_string()),
    }
}

impl Spelled for String {
    const WHAT: &'static str = "text";
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}

/// What [`super::yaml`] recognises this mistake by.
pub(crate) const UNQUOTED: &str = "unquoted ";

impl<'de, T: Spelled> Deserialize<'de> for Quoted<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The visitor parses, so that an error gets the position of the scalar.
        deserializer.deserialize_any(TextVisitor(PhantomData))
    }
}

struct TextVisitor<T>(PhantomData<T>);

impl<T: Spelled> TextVisitor<T> {
    fn unquoted<E: de::Error>(found: impl fmt::Display) -> Result<Quoted<T>, E> {
        Err(E::custom(format_args!("{UNQUOTED}{found}|{}", T::WHAT)))
    }
}

impl<T: Spelled> Visitor<'_> for TextVisitor<T> {
    type Value = Quoted<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::WHAT)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        T::read(text).map(Quoted).map_err(E::custom)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Self::unquoted(format_args!("the truth value {value}"))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Self::unquoted(format_args!("the number {value}"))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Self::unquoted(format_args!("the number {value}"))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Self::unquoted(format_args!("the number {value:?}"))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Self::unquoted("nothing")
    }
}
