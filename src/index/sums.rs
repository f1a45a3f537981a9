//! `SHA256SUMS`: what `sha256sum -c` checks and Bazel's rules for Python install from.
//!
//! The latter take the last component of a path as the name of an archive, and the names are the
//! field's, so paths relative to the index do for both.

use std::fmt::Write as _;

use super::Index;

impl Index {
    /// The name of the file in the published directory.
    pub const SUMS: &'static str = "SHA256SUMS";

    /// All archives, one a line: sum, two blanks, path.
    #[must_use]
    pub fn sums(&self) -> String {
        self.artifacts.iter().fold(String::new(), |mut text, artifact| {
            let _ = writeln!(text, "{}  {}", artifact.digest.hex(), artifact.path);
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::index::tests::sample::index;

    #[test]
    fn has_a_line_for_each_archive() {
        let index = index();
        let text = index.sums();
        assert_eq!(text.lines().count(), index.artifacts.len());
        for (line, artifact) in text.lines().zip(&index.artifacts) {
            let (sum, path) = line.split_once("  ").unwrap();
            assert_eq!(sum, artifact.digest.hex());
            assert_eq!(path, format!("archives/{}", artifact.name));
        }
    }
}
