//! The logs of actions: as files while they grow, in the store for good.

use std::collections::BTreeSet;
use std::io;

use camino::Utf8PathBuf;

use super::Engine;
use super::conduct::Made;
use super::error::{EngineError, StepError};
use super::history::flat;
use super::journal::Journal;
use crate::model::Digest;
use crate::plan::StepId;
use crate::store::{Store, write_whole};

impl Engine {
    /// Where the logs of a store's actions stand as files.
    #[must_use]
    pub fn logs(store: &Store) -> Utf8PathBuf {
        store.root().join("logs")
    }

    /// Where the log of an action stands.
    #[must_use]
    pub fn log_path(&self, step: &StepId, key: &Digest) -> Utf8PathBuf {
        let name = format!("{}.{}.log", flat(&step.0), short(key));
        Self::logs(&self.store).join(name)
    }

    /// Removes the files of logs whose actions are no longer recorded; how many there were. What
    /// is still wanted is written again from the store.
    ///
    /// Nobody else may have the store open: a log that grows belongs to no action yet.
    pub fn collect_logs(store: &Store) -> Result<usize, EngineError> {
        let entries = match fs_err::read_dir(Self::logs(store)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error.into()),
        };
        let actions = store.actions()?;
        let known: BTreeSet<String> = actions.iter().map(|(key, ..)| short(key)).collect();
        let mut removed = 0;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let key = name
                .to_str()
                .and_then(|name| name.strip_suffix(".log")?.rsplit('.').next());
            if key.is_none_or(|key| !known.contains(key)) {
                fs_err::remove_file(entry.path())?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    pub(super) fn keep_log(&self, journal: &Journal) -> Result<Option<Digest>, StepError> {
        if journal.finish()? == 0 {
            // An empty log is nothing to look for.
            let _ = fs_err::remove_file(journal.path());
            return Ok(None);
        }
        let mut file = fs_err::File::open(journal.path())?;
        Ok(Some(self.store.put_reader(&mut file)?))
    }

    /// The log of a finished step as a file, written from the store if it is no longer there.
    pub fn log_file(&self, step: &StepId, made: &Made) -> Result<Option<Utf8PathBuf>, EngineError> {
        let Some(log) = made.record.log else {
            return Ok(None);
        };
        let path = self.log_path(step, &made.key);
        let there = fs_err::metadata(&path).is_ok_and(|metadata| metadata.len() == log.size);
        if !there {
            let dir = Self::logs(&self.store);
            fs_err::create_dir_all(&dir)?;
            let mut blob = self.store.open_blob(&log)?;
            write_whole(&path, |file| io::copy(&mut blob, file).map(|_| ()))?;
        }
        Ok(Some(path))
    }
}

/// An action key as it stands in a log's name.
fn short(key: &Digest) -> String {
    key.hex()[..12].to_owned()
}
