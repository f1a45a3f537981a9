//! What stands in the object that says who publishes. Pure.

use serde::{Deserialize, Serialize};

/// Who publishes. Each that is written is another one, so that its ETag is, too.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    /// Version of this format.
    version: u32,
    /// Whoever publishes; nobody if nothing.
    pub(super) holder: Option<String>,
    /// Of whoever wrote it, and of nobody else.
    writer: String,
    /// How often they have written it.
    count: u64,
}

impl Record {
    /// The first of a writer.
    pub(super) fn new(holder: String, writer: String) -> Self {
        Self {
            version: 1,
            holder: Some(holder),
            writer,
            count: 1,
        }
    }

    /// The next of the same writer.
    pub(super) fn next(&self) -> Self {
        Self {
            count: self.count + 1,
            ..self.clone()
        }
    }

    /// The next, with nobody who publishes.
    pub(super) fn free(&self) -> Self {
        Self {
            holder: None,
            ..self.next()
        }
    }

    /// One that cannot be read is somebody's, until it has been there for too long.
    pub(super) fn read(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_else(|_| Self::new("somebody".to_owned(), String::new()))
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("texts and numbers are JSON");
        bytes.push(b'\n');
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_is_another_one() {
        let first = Record::new("process 1 on here".to_owned(), "a".to_owned());
        let (second, free) = (first.next(), first.next().free());
        assert_eq!(Record::read(&second.write()), second);
        assert_ne!(first.write(), second.write());
        assert_eq!((free.holder.as_ref(), free.count), (None, 3));
        assert!(Record::read(b"hello").holder.is_some());
    }
}
