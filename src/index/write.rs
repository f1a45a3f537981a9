//! Writes an index.

use super::Index;

impl Index {
    /// Writes the index: indented, ending in a line feed, always the same bytes for the same facts.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("an index holds no maps");
        bytes.push(b'\n');
        bytes
    }
}
