//! The logs of actions: as files while they grow, in the store for good.

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
        let name = format!("{}.{}.log", flat(&step.0), &key.hex()[..12]);
        Self::logs(&self.store).join(name)
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
            write_whole(&path, |file| std::io::copy(&mut blob, file).map(|_| ()))?;
        }
        Ok(Some(path))
    }
}
