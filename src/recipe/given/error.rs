//! Why a directory cannot stand in the place of a sysroot package, and what to do.

use std::fmt;

use crate::model::{PackedVersion, Target, TreePath};

/// Why a directory cannot stand in the place of a sysroot package.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GivenError {
    /// Something that is needed is not there.
    #[error("it lacks what a sysroot in the layout of {layout} must have")]
    Lacks {
        /// The layout.
        layout: String,
        /// The directory in it that lacks nothing.
        below: Option<TreePath>,
        /// All that is lacking.
        lacks: Vec<Lack>,
    },
    /// Two files whose names differ in case alone.
    #[error(
        "`{other}` and `{path}` are one name where files are found whatever the case, and have different content"
    )]
    Clash {
        /// One.
        path: TreePath,
        /// The other.
        other: TreePath,
    },
    /// It does not say which SDK it is.
    #[error("`{file}` does not say which SDK this is: {problem}")]
    Unclear {
        /// The file.
        file: TreePath,
        /// What is wrong with it.
        problem: String,
    },
    /// An SDK of a system that is older than the oldest that the code must run on.
    #[error("it is the SDK `{name}`, of version {version}, and `{target}` needs one of {least} or later")]
    TooOld {
        /// Its name.
        name: String,
        /// Its version.
        version: PackedVersion,
        /// The least that will do.
        least: PackedVersion,
        /// The target.
        target: Target,
    },
}

/// Something that is not there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lack {
    /// Its path.
    pub path: TreePath,
    /// What provides it.
    pub from: String,
    /// What is there in another case.
    pub other_case: Option<TreePath>,
}

impl GivenError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Lacks {
                below: Some(below), ..
            } => format!("`{below}` in it has all of that: give that directory"),
            Self::Lacks { lacks, .. } if lacks.iter().any(|lack| lack.other_case.is_some()) => {
                "here the case of names counts; links of the names that are needed will do".into()
            }
            Self::Lacks { .. } => "`given:` in the recipe of the sysroot lists what is needed".into(),
            Self::Clash { .. } => "unpack it anew into an empty directory".into(),
            Self::Unclear { .. } => "give the directory of an SDK that has it as its vendor ships it".into(),
            Self::TooOld { .. } => "give a newer SDK, or leave `--sysroot` out".into(),
        }
    }

    /// What a person should see beside it, a line each.
    #[must_use]
    pub fn details(&self) -> Vec<String> {
        match self {
            Self::Lacks { lacks, .. } => lacks.iter().map(|lack| format!("  {lack}")).collect(),
            _ => Vec::new(),
        }
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            from,
            other_case,
        } = self;
        write!(f, "{path}: from {from}")?;
        match other_case {
            Some(other) => write!(f, "; there is {other}"),
            None => Ok(()),
        }
    }
}
