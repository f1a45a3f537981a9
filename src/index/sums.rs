//! `SHA256SUMS`: what `sha256sum -c` checks and Bazel's rules for Python install from.
//!
//! The latter take the last component of a path as the name of an archive, and the names are the
//! field's, so paths relative to the index do for both. Of several builds of one version for one platform
//! they take the first, whatever its options are, so the best one stands before the others.

use std::cmp::Reverse;
use std::fmt::Write as _;

use super::{Artifact, Index};

impl Index {
    /// The name of the file in the published directory.
    pub const SUMS: &'static str = "SHA256SUMS";

    /// All archives, one a line: sum, two blanks, path.
    #[must_use]
    pub fn sums(&self) -> String {
        let mut artifacts: Vec<&Artifact> = self.artifacts.iter().collect();
        artifacts.sort_by_key(|artifact| order(artifact));
        artifacts.into_iter().fold(String::new(), |mut text, artifact| {
            let _ = writeln!(text, "{}  {}", artifact.digest.hex(), artifact.path);
            text
        })
    }
}

/// Sorts by version and target, then what people want who ask for nothing else: no debug build and none
/// without shared libraries, a fast one, the latest release.
fn order(artifact: &Artifact) -> impl Ord + use<'_> {
    let options = &artifact.options;
    (
        artifact.python.to_string(),
        &artifact.target,
        options.has("debug") || options.has("static"),
        Reverse((options.has("pgo"), options.has("lto"), &artifact.tag)),
        &artifact.name,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::tests::sample::{artifact, index};

    #[test]
    fn has_a_line_for_each_archive() {
        let index = index();
        let text = index.sums();
        assert_eq!(text.lines().count(), index.artifacts.len());
        for artifact in &index.artifacts {
            let line = format!("{}  archives/{}", artifact.digest.hex(), artifact.name);
            assert!(text.lines().any(|other| other == line), "{line}");
        }
    }

    #[test]
    fn the_best_of_several_stands_first() {
        let mut index = Index::empty();
        index.artifacts = [
            ("20260301", "debug"),
            ("20260301", "noopt"),
            ("20260101", "pgo+lto"),
            ("20260301", "pgo+lto"),
            ("20260301", "pgo+lto+static"),
        ]
        .map(|(tag, options)| artifact("3.13.5", tag, "x86_64-a-linux-gnu", options))
        .into();
        let sums = index.sums();
        let found: Vec<&str> = sums
            .lines()
            .map(|line| {
                line.strip_suffix("-full.tar.zst")
                    .unwrap()
                    .split_once("+2026")
                    .unwrap()
                    .1
            })
            .collect();
        let target = "x86_64-a-linux-gnu";
        assert_eq!(
            found,
            [
                format!("0301-{target}-pgo+lto"),
                format!("0101-{target}-pgo+lto"),
                format!("0301-{target}-noopt"),
                format!("0301-{target}-pgo+lto+static"),
                format!("0301-{target}-debug"),
            ]
        );
    }
}
