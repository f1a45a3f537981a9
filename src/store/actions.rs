//! Results of actions by key, and notes by name.

use std::io;

use serde::{Deserialize, Serialize};

use super::layout::{Area, parse_name};
use super::stamp::touch;
use super::{Store, StoreError};
use crate::model::{Digest, TreeDigest};

/// What the store keeps of a finished action.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ActionRecord {
    /// The output tree.
    pub output: TreeDigest,
    /// The complete log (a blob), if the action printed anything.
    pub log: Option<Digest>,
    /// The step it was run for, for people.
    pub step: String,
    /// Wall-clock seconds it took.
    pub wall_seconds: f64,
    /// CPU seconds it took, where known.
    pub cpu_seconds: Option<f64>,
    /// Peak resident bytes, where known.
    pub peak_memory: Option<u64>,
    /// `native`, `docker`, `in-process`.
    pub sandbox: String,
}

impl Store {
    /// The recorded result of an action. Marks it as used.
    ///
    /// A record that cannot be read (half of it lost in a power cut) is removed: it never was.
    pub fn action(&self, key: &Digest) -> Result<Option<ActionRecord>, StoreError> {
        let path = self.action_file(key);
        let text = match fs_err::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StoreError::io("reading an action's record", source)),
        };
        let Ok(record) = serde_json::from_slice(&text) else {
            self.forget_action(key)?;
            return Ok(None);
        };
        // Only the order in which the collector throws away depends on it.
        let _ = touch(&path);
        Ok(Some(record))
    }

    /// Records a result.
    pub fn put_action(&self, key: &Digest, record: &ActionRecord) -> Result<(), StoreError> {
        let text = serde_json::to_vec(record)
            .map_err(|error| StoreError::io("writing an action's record", error.into()))?;
        self.write_file(&self.action_file(key), &text)
    }

    /// Forgets a result (its output turned out to be gone).
    pub fn forget_action(&self, key: &Digest) -> Result<(), StoreError> {
        remove_if_there(&self.action_file(key))
    }

    /// Keeps bytes under a name, in place of what was there: a step's last action, for `pbs explain`.
    pub fn put_note(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.write_file(&self.note_file(name), bytes)
    }

    /// What was last kept under a name.
    pub fn note(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match fs_err::read(self.note_file(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::io("reading a note", source)),
        }
    }

    /// All recorded results with the time each was last used, the most recent first.
    pub fn actions(&self) -> Result<Vec<(Digest, ActionRecord, std::time::SystemTime)>, StoreError> {
        let failed = |source| StoreError::io("listing actions", source);
        let mut actions = Vec::new();
        for entry in fs_err::read_dir(self.area(Area::Actions)).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let Some(key) = name
                .to_str()
                .and_then(|name| name.strip_suffix(".json"))
                .and_then(parse_name)
            else {
                continue;
            };
            let (Ok(text), Ok(used)) = (
                fs_err::read(entry.path()),
                entry.metadata().and_then(|metadata| metadata.modified()),
            ) else {
                continue;
            };
            if let Ok(record) = serde_json::from_slice(&text) {
                actions.push((key, record, used));
            }
        }
        actions.sort_by_key(|(key, _, used)| (std::cmp::Reverse(*used), *key));
        Ok(actions)
    }
}

fn remove_if_there(path: &camino::Utf8Path) -> Result<(), StoreError> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::io("forgetting an action", error))
        }
        _ => Ok(()),
    }
}
