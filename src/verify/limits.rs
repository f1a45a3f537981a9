//! What a target allows: the numbers and names that rules check against.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Limits of a target, from its file in `recipes/targets/`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Highest symbol version by prefix: `GLIBC` → `2.17`.
    #[serde(default)]
    pub max_symbol_versions: BTreeMap<String, String>,
    /// Shared libraries that may be loaded.
    #[serde(default)]
    pub allowed_libraries: Vec<String>,
    /// Symbols that must not be referenced.
    #[serde(default)]
    pub banned_symbols: Vec<String>,
}
