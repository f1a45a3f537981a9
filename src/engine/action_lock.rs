//! One process at a time works on an action.
//!
//! Owns `<store>/locks/`. A lock is a file that its holder has locked; the system releases it when
//! the holder dies, however it dies. The name is removed with the lock, so the directory stays empty.

use std::io;
use std::os::unix::fs::MetadataExt as _;

use camino::{Utf8Path, Utf8PathBuf};

use crate::model::Digest;

/// Held while an action is worked on.
#[derive(Debug)]
pub(crate) struct ActionLock {
    path: Utf8PathBuf,
    _file: fs_err::File,
}

impl ActionLock {
    /// Takes the lock of an action; nothing if another process (or another engine) holds it.
    pub(crate) fn try_take(dir: &Utf8Path, key: &Digest) -> io::Result<Option<Self>> {
        fs_err::create_dir_all(dir)?;
        let path = dir.join(key.hex());
        loop {
            let file = fs_err::OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)?;
            match file.file().try_lock() {
                Ok(()) => {}
                Err(std::fs::TryLockError::WouldBlock) => return Ok(None),
                Err(std::fs::TryLockError::Error(error)) => return Err(error),
            }
            // The last holder may have removed the name after we opened it: then somebody else can
            // lock a new file of the same name, and ours is worth nothing.
            let ours = file.metadata()?;
            match fs_err::metadata(&path) {
                Ok(there) if (there.dev(), there.ino()) == (ours.dev(), ours.ino()) => {
                    return Ok(Some(Self { path, _file: file }));
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for ActionLock {
    fn drop(&mut self) {
        // A name that stays is untidy but harmless.
        let _ = fs_err::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(dir.path()).unwrap().join("locks");
        let (one, other) = (Digest::of(b"1"), Digest::of(b"2"));
        let held = ActionLock::try_take(&dir, &one).unwrap();
        assert!(held.is_some());
        assert!(ActionLock::try_take(&dir, &one).unwrap().is_none());
        assert!(ActionLock::try_take(&dir, &other).unwrap().is_some());
        drop(held);
        assert!(ActionLock::try_take(&dir, &one).unwrap().is_some());
        assert_eq!(fs_err::read_dir(&dir).unwrap().count(), 0);
    }
}
