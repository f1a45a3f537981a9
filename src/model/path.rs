//! Three kinds of paths that must never be mixed up: on this machine, in a sandbox, in a tree.

use std::fmt;
use std::str::FromStr;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

/// A path on the machine that the driver runs on.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct HostPath(pub Utf8PathBuf);

/// An absolute path as a step sees it in its sandbox.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GuestPath(String);

/// A relative, normalised path inside a tree: no `.`, no `..`, no empty component, `/` between.
///
/// The empty path names the tree's root.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
#[serde(transparent)]
pub struct TreePath(String);

/// Why a text is not a path of the kind asked for.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ParsePathError {
    /// A guest path that does not start with `/`.
    #[error("`{path}` is not absolute")]
    NotAbsolute {
        /// The text.
        path: String,
    },
    /// A tree path that starts with `/`.
    #[error("`{path}` is absolute")]
    Absolute {
        /// The text.
        path: String,
    },
    /// A component that is empty, `.` or `..`, or holds a NUL.
    #[error("`{path}` has the component `{component}`")]
    Component {
        /// The text.
        path: String,
        /// The offending component.
        component: String,
    },
}

fn check_components(path: &str, rest: &str) -> Result<(), ParsePathError> {
    for component in rest.split('/') {
        if matches!(component, "" | "." | "..") || component.contains('\0') {
            return Err(ParsePathError::Component {
                path: path.to_owned(),
                component: component.to_owned(),
            });
        }
    }
    Ok(())
}

impl HostPath {
    /// The path as camino's borrowed type.
    #[must_use]
    pub fn as_path(&self) -> &Utf8Path {
        &self.0
    }
}

impl GuestPath {
    /// Parses an absolute path without `.`, `..` or empty components.
    pub fn parse(path: &str) -> Result<Self, ParsePathError> {
        let Some(rest) = path.strip_prefix('/') else {
            return Err(ParsePathError::NotAbsolute {
                path: path.to_owned(),
            });
        };
        if !rest.is_empty() {
            check_components(path, rest)?;
        }
        Ok(Self(path.to_owned()))
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same place relative to the sandbox's root.
    #[must_use]
    pub fn in_root(&self) -> TreePath {
        TreePath(self.0[1..].to_owned())
    }
}

impl fmt::Display for GuestPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TreePath {
    /// The root of the tree.
    #[must_use]
    pub const fn root() -> Self {
        Self(String::new())
    }

    /// Parses a relative path; the empty text is the root.
    pub fn parse(path: &str) -> Result<Self, ParsePathError> {
        if path.starts_with('/') {
            return Err(ParsePathError::Absolute {
                path: path.to_owned(),
            });
        }
        if !path.is_empty() {
            check_components(path, path)?;
        }
        Ok(Self(path.to_owned()))
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the root of the tree.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The components from the root down.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|component| !component.is_empty())
    }

    /// `other` below this path.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        match (self.is_root(), other.is_root()) {
            (true, _) => other.clone(),
            (_, true) => self.clone(),
            _ => Self(format!("{}/{}", self.0, other.0)),
        }
    }

    /// The directory this path is in; nothing for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        match self.0.rsplit_once('/') {
            Some((parent, _)) => Some(Self(parent.to_owned())),
            None if self.is_root() => None,
            None => Some(Self::root()),
        }
    }

    /// The last component; empty for the root.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// Where a relative path from this directory leads, if that is not outside of the tree.
    #[must_use]
    pub fn leads_to(&self, relative: &str) -> Option<Self> {
        let mut names: Vec<&str> = self.components().collect();
        for name in relative.split('/') {
            match name {
                "" | "." => {}
                ".." => drop(names.pop()?),
                name => names.push(name),
            }
        }
        Self::parse(&names.join("/")).ok()
    }

    /// The path below `prefix`, if it is there.
    #[must_use]
    pub fn strip_prefix(&self, prefix: &Self) -> Option<Self> {
        if prefix.is_root() {
            return Some(self.clone());
        }
        let rest = self.0.strip_prefix(&prefix.0)?;
        match rest.strip_prefix('/') {
            Some(rest) => Some(Self(rest.to_owned())),
            None if rest.is_empty() => Some(Self::root()),
            None => None,
        }
    }
}

impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl FromStr for TreePath {
    type Err = ParsePathError;

    fn from_str(path: &str) -> Result<Self, ParsePathError> {
        Self::parse(path)
    }
}

impl<'de> Deserialize<'de> for TreePath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_paths_that_leave_the_tree() {
        for path in ["/etc", "..", "a/../b", "a//b", "./a", "a/", "a\0b"] {
            assert!(TreePath::parse(path).is_err(), "{path:?}");
        }
        assert_eq!(
            TreePath::parse("a/b").map(|path| path.parent()),
            Ok(Some(TreePath("a".into())))
        );
    }

    #[test]
    fn strips_whole_components_only() {
        let path = TreePath::parse("lib/python").unwrap();
        assert_eq!(
            path.strip_prefix(&TreePath::parse("lib").unwrap()),
            TreePath::parse("python").ok()
        );
        assert_eq!(path.strip_prefix(&TreePath::parse("li").unwrap()), None);
        assert_eq!(path.strip_prefix(&path), Some(TreePath::root()));
    }
}
