//! A distribution as a directory, for those who read its files: an archive is unpacked once.

use camino::{Utf8Path, Utf8PathBuf};

use super::distribution::{Distribution, LoadError, NoManifest, python_of};
use crate::manifest::Manifest;
use crate::model::Digest;
use crate::store::{ActionRecord, Materialised, Store};

/// A distribution that stands in a directory for as long as this value lives.
#[derive(Debug)]
pub struct Standing {
    /// The directory in which the manifest stands.
    pub python: Utf8PathBuf,
    /// The manifest.
    pub manifest: Manifest,
    /// What keeps the store from removing it.
    _held: Option<Materialised>,
}

/// What the unpacking of an archive is remembered under, with the archive's digest.
const KEY: &str = "distribution unpacked, 1: ";

impl Standing {
    /// Opens a directory where it is; unpacks an archive into the store unless it is there already, which
    /// `unpacking` is told before, with the archive's size in bytes.
    ///
    /// Files of a directory are not looked over: `pbs verify` does that.
    pub fn open(store: &Store, path: &Utf8Path, unpacking: &dyn Fn(u64)) -> Result<Self, LoadError> {
        let missing = |_| LoadError::Missing {
            path: path.to_owned(),
        };
        if fs_err::metadata(path).map_err(missing)?.is_dir() {
            let python = python_of(path).ok_or_else(|| LoadError::NotOne {
                path: path.to_owned(),
            })?;
            return Self::read(path, python, None);
        }
        let archive = store.put_reader(&mut fs_err::File::open(path)?)?;
        let key = Digest::of(format!("{KEY}{archive}").as_bytes());
        if let Some(known) = store.action(&key)?
            // What the collector took is unpacked again.
            && let Ok(held) = store.materialise(&known.output)
        {
            return Self::read(path, held.dir.as_path().join("python"), Some(held));
        }
        unpacking(archive.size);
        let distribution = Distribution::unpack(store, path, &archive)?;
        distribution.manifest(path)?;
        let record = ActionRecord {
            output: distribution.digest,
            log: None,
            step: format!("unpack {}", path.file_name().unwrap_or_default()),
            wall_seconds: 0.0,
            cpu_seconds: None,
            peak_memory: None,
            sandbox: "in-process".to_owned(),
        };
        store.put_action(&key, &record)?;
        let held = store.materialise(&distribution.digest)?;
        Self::read(path, held.dir.as_path().join("python"), Some(held))
    }

    fn read(path: &Utf8Path, python: Utf8PathBuf, held: Option<Materialised>) -> Result<Self, LoadError> {
        let unreadable = |source| LoadError::Manifest {
            path: path.to_owned(),
            source,
        };
        let file = python.join(Manifest::NAME);
        if !file.is_file() {
            return Err(unreadable(NoManifest::Missing));
        }
        let manifest = Manifest::read(&fs_err::read(&file)?);
        Ok(Self {
            manifest: manifest.map_err(|error| unreadable(NoManifest::Unreadable(error.into())))?,
            python,
            _held: held,
        })
    }
}
