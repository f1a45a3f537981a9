//! What a target allows: the numbers and names that rules check against.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::ObjectFormat;

/// Limits of a target, from its file in `recipes/targets/`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Highest symbol version by prefix: `GLIBC` → `2.17`.
    #[serde(default)]
    pub max_symbol_versions: BTreeMap<String, String>,
    /// Shared libraries that may be loaded; `name-*` stands for all that begin so.
    #[serde(default)]
    pub allowed_libraries: Vec<String>,
    /// Symbols that must not be referenced.
    #[serde(default)]
    pub banned_symbols: Vec<String>,
    /// Names that the stable interface's DLL leads to although the interpreter's library may be without.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_forwards: Vec<String>,
    /// Bytes of its first thread's stack that the interpreter reserves, where a program says so itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack_reserve: Option<u64>,
}

impl Limits {
    /// Whether a library may be loaded.
    #[must_use]
    pub fn allows_library(&self, name: &str, format: ObjectFormat) -> bool {
        self.allowed_libraries
            .iter()
            .any(|allowed| match allowed.strip_suffix('*') {
                Some(beginning) => {
                    let head = name.get(..beginning.len());
                    head.is_some_and(|head| is_same_library(head, beginning, format))
                }
                None => is_same_library(name, allowed, format),
            })
    }
}

/// Whether two names are of one library; Windows does not tell upper from lower case.
#[must_use]
pub fn is_same_library(one: &str, other: &str, format: ObjectFormat) -> bool {
    match format {
        ObjectFormat::Coff => one.eq_ignore_ascii_case(other),
        ObjectFormat::Elf | ObjectFormat::MachO => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_the_system_does() {
        let limits = Limits {
            allowed_libraries: vec!["KERNEL32.dll".to_owned(), "api-ms-win-crt-*".to_owned()],
            ..Limits::default()
        };
        let allows = |name: &str, format| limits.allows_library(name, format);
        assert!(allows("kernel32.DLL", ObjectFormat::Coff) && !allows("kernel32.DLL", ObjectFormat::Elf));
        assert!(allows("API-MS-win-crt-heap-l1-1-0.dll", ObjectFormat::Coff));
        assert!(!allows("api-ms-win", ObjectFormat::Coff) && !allows("evil.dll", ObjectFormat::Coff));
    }
}
