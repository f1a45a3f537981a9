//! Where interpreters stand: in the cache that jobs share, or where a person wants one.

use std::io::{self, Write as _};
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::ObtainError;
use crate::archive::{ArchiveError, UnpackLimits, extract};
use crate::index::{Artifact, Sum};
use crate::manifest::Manifest;
use crate::model::{Digest, TreePath};
use crate::store::{Store, touch};

/// The directory of this module, in the store's.
const DIR: &str = "fetched-v1";
/// Stands beside `python/` and says which archive that was; written last.
const MARK: &str = ".pbs-fetched.json";

/// Our part of the store's directory.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    root: Utf8PathBuf,
}

impl Cache {
    pub(super) fn of(store: &Store) -> Self {
        Self {
            root: store.root().join(DIR),
        }
    }

    /// Where an archive's interpreter stands. Short, as `#!` lines are.
    pub(super) fn python(&self, artifact: &Artifact) -> Utf8PathBuf {
        let hex = artifact.digest.hex();
        self.pythons().join(format!("{}-{}", artifact.python, &hex[..12]))
    }

    fn pythons(&self) -> Utf8PathBuf {
        self.root.join("python")
    }

    pub(super) fn parts(&self) -> Utf8PathBuf {
        self.root.join("parts")
    }

    pub(super) fn memories(&self) -> Utf8PathBuf {
        self.root.join("trusted")
    }

    pub(super) fn locks(&self) -> Utf8PathBuf {
        self.root.join("locks")
    }
}

#[derive(Serialize, Deserialize)]
struct Mark {
    version: u32,
    name: String,
    digest: Digest,
    /// Relative to the directory that the mark is in.
    interpreter: TreePath,
}

/// What is at a place.
pub(super) enum Standing {
    /// What is wanted; the path of the interpreter in it.
    Ready(TreePath),
    /// Nothing.
    Free,
    /// Something else, in words.
    Other(String),
}

/// Looks at a place.
pub(super) fn look(place: &Utf8Path, artifact: &Artifact) -> Result<Standing, ObtainError> {
    let failed = |source| ObtainError::io("look at the place of the interpreter", source);
    let mark = match fs_err::read(place.join(MARK)) {
        Ok(bytes) => serde_json::from_slice::<Mark>(&bytes).ok(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Ok(Standing::Other("a file".to_owned()));
        }
        Err(source) => return Err(failed(source)),
    };
    if let Some(mark) = mark {
        let stands = place.join(mark.interpreter.as_str()).is_file();
        return Ok(match (mark.digest == artifact.digest(), stands) {
            (true, true) => Standing::Ready(mark.interpreter),
            (true, false) => Standing::Other("what is left of the same archive".to_owned()),
            (false, _) => Standing::Other(format!("another interpreter, of `{}`", mark.name)),
        });
    }
    let mut entries = match fs_err::read_dir(place) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Standing::Free),
        Err(source) => return Err(failed(source)),
    };
    match entries.next().transpose().map_err(failed)? {
        None => Ok(Standing::Free),
        Some(entry) => {
            let name = entry.file_name().to_string_lossy().into_owned();
            Ok(Standing::Other(format!("other things, such as `{name}`")))
        }
    }
}

/// Marks the interpreter at a place as used just now, for the collector.
pub(super) fn mark_used(place: &Utf8Path) {
    // A cache that may only be read is used all the same.
    let _ = touch(&place.join(MARK));
}

/// Unpacks a checked archive beside a place, and moves it there. `beside` is empty and on the same file system.
pub(super) fn settle(
    artifact: &Artifact,
    archive: &mut fs_err::File,
    beside: &Utf8Path,
    place: &Utf8Path,
    cancelled: &CancellationToken,
) -> Result<TreePath, ObtainError> {
    let failed = |source| ObtainError::io("put the interpreter in its place", source);
    // One more level: a temporary directory is its owner's alone, and the interpreter is for all.
    let out = beside.join("out");
    fs_err::create_dir(&out).map_err(failed)?;
    let limits = UnpackLimits::default();
    let stop = || cancelled.is_cancelled();
    extract(archive, artifact.size, &out, limits, &stop).map_err(|source| match source {
        ArchiveError::Interrupted => ObtainError::Cancelled,
        source => ObtainError::Unpack {
            name: artifact.name.to_string(),
            source,
        },
    })?;
    let interpreter = interpreter(artifact, &out)?;
    let mark = Mark {
        version: 1,
        name: artifact.name.to_string(),
        digest: artifact.digest(),
        interpreter: interpreter.clone(),
    };
    let text = serde_json::to_vec_pretty(&mark).map_err(|error| failed(error.into()))?;
    fs_err::File::create_new(out.join(MARK))
        .and_then(|mut file| file.write_all(&text))
        .map_err(failed)?;
    fs_err::rename(&out, place).map_err(failed)?;
    Ok(interpreter)
}

/// The interpreter of what was unpacked in `dir`, by its manifest.
fn interpreter(artifact: &Artifact, dir: &Utf8Path) -> Result<TreePath, ObtainError> {
    let not_one = |why| ObtainError::NotOne {
        name: artifact.name.to_string(),
        why,
    };
    let manifest = dir.join(Manifest::PATH);
    if !manifest.is_file() {
        return Err(not_one("it has no `python/PYTHON.json`"));
    }
    let bytes = fs_err::read(&manifest).map_err(|source| ObtainError::io("read the manifest", source))?;
    let sum = Sum::of(&Digest::of(&bytes));
    if artifact.manifest.is_some_and(|expected| expected != sum) {
        return Err(not_one("its manifest is not the one that the index names"));
    }
    // One field, so that also a manifest of a later version will do.
    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let relative = value.get("python_exe").and_then(serde_json::Value::as_str);
    let relative = relative.and_then(|text| TreePath::parse(text).ok());
    let relative = relative.ok_or_else(|| not_one("its manifest names no interpreter"))?;
    let path = dir.join("python").join(relative.as_str());
    // Links of links may lead out where no single one does.
    let real = path.canonicalize_utf8().ok().filter(|real| real.is_file());
    let root = dir.canonicalize_utf8().ok();
    match (real, root) {
        (Some(real), Some(root)) if real.starts_with(&root) => {}
        _ => return Err(not_one("the interpreter that its manifest names is not there")),
    }
    TreePath::parse(&format!("python/{relative}")).map_err(|_| not_one("its manifest names no interpreter"))
}

/// Takes away what is at a place of the cache.
pub(super) fn clear(place: &Utf8Path) -> Result<(), ObtainError> {
    let failed = |source| ObtainError::io("remove what is left of an interpreter", source);
    match fs_err::symlink_metadata(place) {
        Ok(metadata) if metadata.is_dir() => remove(place).map_err(failed),
        Ok(_) => fs_err::remove_file(place).map_err(failed),
        Err(_) => Ok(()),
    }
}

/// Removes an interpreter; the mark first, so that what is left of it after a crash is nothing.
fn remove(place: &Utf8Path) -> io::Result<()> {
    match fs_err::remove_file(place.join(MARK)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs_err::remove_dir_all(place)
}

/// Removes interpreters that were not asked for, and downloads that did not go on, for so long. To be called
/// while nobody else has the store open. Gives how many interpreters are gone.
pub fn collect(store: &Store, max_age: Duration, now: SystemTime) -> io::Result<usize> {
    let cache = Cache::of(store);
    let is_old = |path: &Utf8Path| {
        let used = fs_err::metadata(path).and_then(|metadata| metadata.modified());
        // One without a mark is what is left of one.
        used.map_or(true, |used| {
            now.duration_since(used).is_ok_and(|age| age > max_age)
        })
    };
    let mut removed = 0;
    for place in entries(&cache.pythons())? {
        if is_old(&place.join(MARK)) {
            remove(&place)?;
            removed += 1;
        }
    }
    for part in entries(&cache.parts())? {
        if is_old(&part) {
            fs_err::remove_file(&part)?;
        }
    }
    Ok(removed)
}

fn entries(dir: &Utf8Path) -> io::Result<Vec<Utf8PathBuf>> {
    match dir.read_dir_utf8() {
        Ok(entries) => entries.map(|entry| Ok(entry?.into_path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
