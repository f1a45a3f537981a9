//! Patterns of paths, as recipes write them.

use globset::{Error, Glob, GlobBuilder};

/// A pattern in which `*` stays within a component and `**` crosses them.
pub fn parse_glob(text: &str) -> Result<Glob, Error> {
    GlobBuilder::new(text).literal_separator(true).build()
}
