//! Reads an index and refuses what would mislead whoever follows it.

use super::text::is_plain;
use super::{Index, IndexFormat, IndexVersion};
use crate::model::TreePath;

/// Why bytes are not an index.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadIndexError {
    /// It is none, or not of this version's form.
    #[error("not an index that we can read")]
    Malformed {
        /// What the parser found, with line and column.
        #[from]
        source: serde_json::Error,
    },
    /// It was written by a later `pbs`.
    #[error("its `version` is {found}, which is newer than the {known} that this pbs reads")]
    Newer {
        /// What it says.
        found: u64,
        /// What we can read.
        known: u64,
    },
    /// The archives are not in the order of their names, or one is there twice.
    #[error("the archive `{name}` stands twice or behind one that sorts after it")]
    Order {
        /// The second of the two.
        name: String,
    },
    /// A path with a component that means something else in an address or on another system.
    #[error("`{name}` has the path `{path}`, which is not made of plain file names")]
    Path {
        /// The archive.
        name: String,
        /// Its path, or that of a document about it.
        path: String,
    },
}

impl ReadIndexError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Newer { .. } => Some("use a newer pbs"),
            _ => None,
        }
    }
}

impl Index {
    /// Reads an index. Whether it is signed by somebody who is trusted is another matter, and the
    /// one to see to first.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadIndexError> {
        let index: Self = serde_json::from_slice(bytes)
            .map_err(|source| newer(bytes).unwrap_or(ReadIndexError::Malformed { source }))?;
        let pairs = index.artifacts.windows(2);
        for pair in pairs {
            if pair[0].name >= pair[1].name {
                return Err(ReadIndexError::Order {
                    name: pair[1].name.to_string(),
                });
            }
        }
        for artifact in &index.artifacts {
            let documents = artifact.evidence.documents().map(|document| &document.path);
            for path in documents.chain([&artifact.path]) {
                if !is_sound(path) {
                    return Err(ReadIndexError::Path {
                        name: artifact.name.to_string(),
                        path: path.to_string(),
                    });
                }
            }
        }
        Ok(index)
    }
}

/// Whether a path can be put behind any address and into any directory as it stands.
fn is_sound(path: &TreePath) -> bool {
    let sound = |part: &str| part.bytes().all(is_plain) && !part.starts_with('.');
    !path.is_root() && path.as_str().split('/').all(sound)
}

/// Whether an index that we cannot read says itself that it is of a later form.
fn newer(bytes: &[u8]) -> Option<ReadIndexError> {
    let document: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let ours = serde_json::to_value(IndexFormat::PbsIndex).ok()?;
    let known = u64::from(IndexVersion::V1);
    let found = document.get("version")?.as_u64()?;
    (document.get("format") == Some(&ours) && found > known).then_some(ReadIndexError::Newer { found, known })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::index::tests::sample::sample;

    fn error(value: &serde_json::Value) -> String {
        Index::read(value.to_string().as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_later_index_says_so() {
        let mut value = sample();
        value["version"] = json!(2);
        value["surprise"] = json!(true);
        let error = Index::read(value.to_string().as_bytes()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "its `version` is 2, which is newer than the 1 that this pbs reads"
        );
        assert!(error.hint().is_some());
        value["format"] = json!("other");
        let error = Index::read(value.to_string().as_bytes()).unwrap_err();
        assert!(matches!(error, ReadIndexError::Malformed { .. }), "{error}");
    }

    #[test]
    fn a_name_stands_once_and_in_its_place() {
        let mut value = sample();
        let twice = value["artifacts"][0].clone();
        value["artifacts"].as_array_mut().unwrap().insert(0, twice);
        assert!(error(&value).contains("stands twice"));
        let mut value = sample();
        value["artifacts"].as_array_mut().unwrap().reverse();
        assert!(error(&value).contains("sorts after it"));
    }

    #[test]
    fn a_path_stays_below_the_index() {
        for path in [
            "",
            "..",
            "/x",
            "a/../b",
            "a//b",
            ".hidden/x",
            "a?b",
            "a%2e",
            "a b",
            "a\\b",
            "http:x",
        ] {
            for pointer in ["/artifacts/1/path", "/artifacts/1/evidence/spdx/path"] {
                let mut value = sample();
                *value.pointer_mut(pointer).unwrap() = json!(path);
                error(&value);
            }
        }
    }
}
