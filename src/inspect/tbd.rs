//! Text-based stubs: what a linker is told of a library of macOS in the place of the library itself.
//!
//! The format is described in LLVM's "TBD file format", version 4: YAML, one document a library.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::recipe::yaml_documents;

/// What a file of stubs says of one library.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stub {
    /// The name by which programs load it.
    pub install_name: String,
    /// The symbols that it has, by target: `arm64-macos` → names as linkers have them.
    pub exports: BTreeMap<String, BTreeSet<String>>,
    /// Libraries whose symbols it has, too, by install name.
    pub reexported: BTreeSet<String>,
}

/// Why a file has no stubs that we can read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StubError {
    /// It is none at all.
    #[error("no text-based stub: {why}")]
    Malformed {
        /// What was found.
        why: String,
    },
    /// It is of another version.
    #[error("a text-based stub of version {version}, not 4")]
    Version {
        /// What it says.
        version: u64,
    },
}

/// A document.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Document {
    tbd_version: u64,
    install_name: String,
    #[serde(default)]
    exports: Vec<Symbols>,
    #[serde(default)]
    reexports: Vec<Symbols>,
    #[serde(default)]
    reexported_libraries: Vec<Libraries>,
}

/// Symbols of some targets.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Symbols {
    targets: Vec<String>,
    #[serde(default)]
    symbols: Vec<String>,
    #[serde(default)]
    weak_symbols: Vec<String>,
    #[serde(default)]
    thread_local_symbols: Vec<String>,
    #[serde(default)]
    objc_classes: Vec<String>,
}

/// Libraries of some targets.
#[derive(Deserialize)]
struct Libraries {
    libraries: BTreeSet<String>,
}

impl Stub {
    /// Reads a file of stubs.
    pub fn parse(text: &str) -> Result<Vec<Self>, StubError> {
        let documents: Vec<Document> = yaml_documents(text).map_err(|why| StubError::Malformed { why })?;
        if documents.is_empty() {
            let why = "there is nothing in it".to_owned();
            return Err(StubError::Malformed { why });
        }
        documents.into_iter().map(Self::read).collect()
    }

    fn read(document: Document) -> Result<Self, StubError> {
        if document.tbd_version != 4 {
            return Err(StubError::Version {
                version: document.tbd_version,
            });
        }
        let mut exports = BTreeMap::<String, BTreeSet<String>>::new();
        for group in document.exports.into_iter().chain(document.reexports) {
            let classes = group.objc_classes.iter();
            let classes =
                classes.flat_map(|name| ["CLASS", "METACLASS"].map(|kind| format!("_OBJC_{kind}_$_{name}")));
            let plain = group.symbols.iter().chain(&group.weak_symbols);
            let names = plain.chain(&group.thread_local_symbols).cloned();
            let names: BTreeSet<String> = names.chain(classes).collect();
            for target in group.targets {
                exports.entry(target).or_default().extend(names.iter().cloned());
            }
        }
        Ok(Self {
            install_name: document.install_name,
            exports,
            reexported: document
                .reexported_libraries
                .into_iter()
                .flat_map(|some| some.libraries)
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "--- !tapi-tbd
tbd-version: 4
targets: [ x86_64-macos, arm64-macos ]
uuids:
  - { target: x86_64-macos, value: 00000000-0000-0000-0000-000000000000 }
install-name: '/usr/lib/libSystem.B.dylib'
current-version: 1345.120.2
reexported-libraries:
  - targets: [ x86_64-macos, arm64-macos ]
    libraries: [ '/usr/lib/system/libone.dylib' ]
exports:
  - targets: [ x86_64-macos, arm64-macos ]
    symbols: [ _exit, 'R8289209$_close',
               _puts ]
    objc-classes: [ NSThing ]
  - targets: [ x86_64-macos ]
    symbols: [ '_fopen$DARWIN_EXTSN' ]
    weak-symbols: [ __Znwm ]
--- !tapi-tbd
tbd-version: 4
targets: [ arm64-macos ]
install-name: '/usr/lib/system/libone.dylib'
parent-umbrella:
  - targets: [ arm64-macos ]
    umbrella: System
exports:
  - targets: [ arm64-macos ]
    symbols: [ _one ]
...
";

    #[test]
    fn reads_every_library() {
        let stubs = Stub::parse(TEXT).unwrap();
        let [system, one] = stubs.as_slice() else {
            panic!("{stubs:?}")
        };
        assert_eq!(system.install_name, "/usr/lib/libSystem.B.dylib");
        let names = |target: &str| {
            system.exports[target]
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
        };
        let both = [
            "R8289209$_close",
            "_OBJC_CLASS_$_NSThing",
            "_OBJC_METACLASS_$_NSThing",
            "_exit",
            "_puts",
        ];
        assert_eq!(names("arm64-macos"), both);
        assert_eq!(system.exports["x86_64-macos"].len(), both.len() + 2);
        assert!(system.reexported.contains(&one.install_name));
        assert!(one.exports["arm64-macos"].contains("_one"));
    }

    #[test]
    fn others_are_refused() {
        let newer = TEXT.replace("tbd-version: 4", "tbd-version: 3");
        assert_eq!(Stub::parse(&newer), Err(StubError::Version { version: 3 }));
        for text in ["", "text", "{\"tapi_tbd_version\": 5}", "--- [\n"] {
            let read = Stub::parse(text);
            assert!(
                matches!(read, Err(StubError::Malformed { .. })),
                "{text}: {read:?}"
            );
        }
    }
}
