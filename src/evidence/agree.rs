//! Whether a document says what the manifest says.
//!
//! What it is held against is found in the manifest again, not in what this version of `pbs` would
//! write: another version may put things in other words, and so may others.

mod bill;
mod statement;

use std::collections::BTreeMap;
use std::fmt;

pub use bill::{cyclonedx_disagreements, spdx_disagreements};
pub use statement::statement_disagreements;

/// A point in which a document and the manifest say different things.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Disagreement {
    /// What is meant: `` version of `zlib` ``.
    pub what: String,
    /// What the document says; nothing where it does not speak of it.
    pub document: Option<String>,
    /// What the manifest says; nothing where it does not speak of it.
    pub manifest: Option<String>,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_owned());
        let (document, manifest) = (said(&self.document), said(&self.manifest));
        write!(f, "{}: {document} in it, {manifest} in the manifest", self.what)
    }
}

/// What is found, one after the other.
#[derive(Default)]
struct Points(Vec<Disagreement>);

impl Points {
    /// Both must say the same.
    fn same(&mut self, what: impl Into<String>, document: Option<&str>, manifest: &str) {
        if document != Some(manifest) {
            self.differ(what, document, Some(manifest));
        }
    }

    fn differ(&mut self, what: impl Into<String>, document: Option<&str>, manifest: Option<&str>) {
        self.0.push(Disagreement {
            what: what.into(),
            document: document.map(str::to_owned),
            manifest: manifest.map(str::to_owned),
        });
    }

    /// Every fact of one must be one of the other.
    fn all(&mut self, document: &BTreeMap<String, String>, manifest: &BTreeMap<String, String>) {
        let names: std::collections::BTreeSet<&String> = document.keys().chain(manifest.keys()).collect();
        for name in names {
            let (said, known) = (document.get(name), manifest.get(name));
            if said != known {
                self.differ(name, said.map(String::as_str), known.map(String::as_str));
            }
        }
    }
}
