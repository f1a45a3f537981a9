//! Globs over paths of a tree: `*` stays within a component, `**` crosses them.

use std::sync::atomic::{AtomicBool, Ordering};

use globset::{GlobSet, GlobSetBuilder};

use super::ArchiveError;
use crate::plan::parse_glob;

/// A set of globs that knows which of them were of use.
#[derive(Debug)]
pub(super) struct Globs {
    set: GlobSet,
    texts: Vec<String>,
    used: Vec<AtomicBool>,
}

impl Globs {
    pub(super) fn parse(texts: &[String]) -> Result<Self, ArchiveError> {
        let mut set = GlobSetBuilder::new();
        for text in texts {
            let glob = parse_glob(text).map_err(|source| ArchiveError::Glob {
                glob: text.clone(),
                source,
            })?;
            set.add(glob);
        }
        let set = set.build().map_err(|source| ArchiveError::Glob {
            glob: texts.join(" "),
            source,
        })?;
        Ok(Self {
            set,
            texts: texts.to_vec(),
            used: texts.iter().map(|_| AtomicBool::new(false)).collect(),
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Whether any of them matches.
    pub(super) fn matches(&self, path: &str) -> bool {
        let matches = self.set.matches(path);
        for index in &matches {
            self.used[*index].store(true, Ordering::Relaxed);
        }
        !matches.is_empty()
    }

    /// Those that have matched nothing.
    pub(super) fn unused(&self) -> Vec<String> {
        let used = self.used.iter().map(|used| used.load(Ordering::Relaxed));
        let unused = self.texts.iter().zip(used).filter(|(_, used)| !used);
        unused.map(|(text, _)| text.clone()).collect()
    }
}
