//! Documents as bytes.

use serde::Serialize;

/// A document as bytes: JSON, indented, ending in a line feed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bom(Vec<u8>);

impl Bom {
    pub(super) fn of(document: &impl Serialize) -> Self {
        let mut bytes = serde_json::to_vec_pretty(document).expect("a document holds only texts");
        bytes.push(b'\n');
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes themselves.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}
