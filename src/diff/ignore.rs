//! The kinds of differences that a person may not care for.

use std::fmt;
use std::str::FromStr;

use super::difference::{Difference, PackingKind};
use crate::manifest::Manifest;

/// A kind of difference that is left out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Ignore {
    /// How an archive is compressed, and how its headers are written.
    Compression,
    /// The order of an archive's members.
    Order,
    /// Times of an archive's members.
    Mtime,
    /// Owners of an archive's members.
    Owner,
    /// Permissions.
    Mode,
    /// The content of `PYTHON.json`.
    Manifest,
    /// The content of `.pyc` files.
    Bytecode,
}

/// A word that names no kind of difference.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{word}` is no kind of difference; there is: {}", Ignore::ALL.map(Ignore::as_str).join(", "))]
pub struct UnknownIgnore {
    /// The word.
    pub word: String,
}

impl Ignore {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Compression,
        Self::Order,
        Self::Mtime,
        Self::Owner,
        Self::Mode,
        Self::Manifest,
        Self::Bytecode,
    ];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compression => "compression",
            Self::Order => "order",
            Self::Mtime => "mtime",
            Self::Owner => "owner",
            Self::Mode => "mode",
            Self::Manifest => "manifest",
            Self::Bytecode => "bytecode",
        }
    }

    /// Takes the differences of this kind out.
    pub(super) fn apply(self, difference: &mut Difference) {
        let packing = &mut difference.packing;
        match self {
            Self::Compression => {
                packing.retain(|found| !matches!(found.kind, PackingKind::Compression | PackingKind::Headers))
            }
            Self::Order => packing.retain(|found| found.kind != PackingKind::Order),
            Self::Mtime => packing.retain(|found| found.kind != PackingKind::Mtime),
            Self::Owner => packing.retain(|found| found.kind != PackingKind::Owner),
            Self::Mode => difference.modes.clear(),
            Self::Manifest => difference
                .changed
                .retain(|changed| changed.path.as_str() != Manifest::PATH),
            Self::Bytecode => difference
                .changed
                .retain(|changed| !changed.path.as_str().ends_with(".pyc")),
        }
    }
}

impl fmt::Display for Ignore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Ignore {
    type Err = UnknownIgnore;

    fn from_str(word: &str) -> Result<Self, UnknownIgnore> {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.as_str() == word)
            .ok_or_else(|| UnknownIgnore {
                word: word.to_owned(),
            })
    }
}
