//! The file in which the memory of an origin is kept.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::ObtainError;
use super::trust::Memory;
use crate::model::Digest;
use crate::store::write_whole;

/// Where the memory of an origin stands, below the directory of all.
pub(super) fn file(dir: &Utf8Path, from: &str) -> Utf8PathBuf {
    dir.join(format!("{}.json", Digest::of(from.as_bytes()).hex()))
}

/// What is remembered; nothing if that is the first time.
///
/// A memory that cannot be read is an error and not a first time: else whoever damages it decides whom to trust.
pub(super) fn read(dir: &Utf8Path, from: &str) -> Result<Option<Memory>, ObtainError> {
    let path = file(dir, from);
    let bytes = match fs_err::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(ObtainError::io("read what is remembered of an origin", source)),
    };
    match serde_json::from_slice::<Memory>(&bytes) {
        Ok(memory) if memory.version == 1 && memory.from == from => Ok(Some(memory)),
        _ => Err(ObtainError::Memory { path }),
    }
}

/// Remembers.
pub(super) fn write(dir: &Utf8Path, memory: &Memory) -> Result<(), ObtainError> {
    let failed = |source| ObtainError::io("remember the keys of an origin", source);
    fs_err::create_dir_all(dir).map_err(failed)?;
    let bytes = serde_json::to_vec_pretty(memory).map_err(|error| failed(error.into()))?;
    write_whole(&file(dir, &memory.from), |out| {
        out.write_all(&bytes)?;
        out.write_all(b"\n")
    })
    .map_err(failed)
}
