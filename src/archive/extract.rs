//! An archive becomes files in a directory, for good and to be written to: checked entry by entry, one pass.
//!
//! Beside [`super::unpack`], which fills the store: an interpreter that is used once and from outside needs no
//! blob for each of its files, and taking them in and out again is more work than all the rest.

use std::io::{self, Read, Write as _};
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;

use super::intake::{Member, archive_path, each_tar_entry, fault, link_text};
use super::limits::Metered;
use super::stream::{Opened, open};
use super::{ArchiveError, EntryFault, UnpackLimits};
use crate::model::{Digest, Entry, Tree, TreePath};
use crate::store::{BlobMode, CHUNK, MTIME, leaves};

/// Unpacks a tar archive into a directory that is there and empty.
///
/// Nothing is written outside of `dir`, whatever the archive says: its names are paths without `..`, no name
/// comes twice, every directory on the way is one that was made here, and links are made when all files stand.
/// Of modes the owner's `x` is kept. Where it fails, what was unpacked so far stays; it is for the caller to
/// unpack beside the place that is meant, and to move it there afterwards.
///
/// `size` is the archive's, which limits what it may unpack to; `stop` is asked now and then.
pub fn extract(
    archive: &mut dyn Read,
    size: u64,
    dir: &Utf8Path,
    limits: UnpackLimits,
    stop: &dyn Fn() -> bool,
) -> Result<(), ArchiveError> {
    let Opened::Stream(stream) = open(archive)? else {
        return Err(ArchiveError::Format);
    };
    let mut stream = Metered::new(stream, limits.bytes_for(size));
    let mut writer = Writer {
        dir,
        limits,
        entries: 0,
        tree: Tree::new(),
        links: Vec::new(),
        buffer: vec![0; CHUNK],
        stop,
    };
    each_tar_entry(&mut stream, &mut |name, member| writer.add(name, member)).map_err(
        |error| match error {
            // What is no tar at all fails at its first header.
            ArchiveError::Damaged { .. } if writer.entries == 0 => ArchiveError::Format,
            other => other,
        },
    )?;
    if writer.tree.is_empty() {
        return Err(ArchiveError::Nothing);
    }
    writer.links.iter().try_for_each(|(path, target)| {
        fs_err::os::unix::fs::symlink(target, place(dir, path)).map_err(written)
    })
}

struct Writer<'a> {
    dir: &'a Utf8Path,
    limits: UnpackLimits,
    entries: u64,
    /// What has been made. The digests in it are no digests: they tell one entry from the other.
    tree: Tree,
    links: Vec<(TreePath, String)>,
    buffer: Vec<u8>,
    stop: &'a dyn Fn() -> bool,
}

impl Writer<'_> {
    fn add(&mut self, name: &[u8], member: Member<'_>) -> Result<(), ArchiveError> {
        if (self.stop)() {
            return Err(ArchiveError::Interrupted);
        }
        self.entries += 1;
        if self.entries > self.limits.entries {
            let limit = self.limits.entries;
            return Err(ArchiveError::TooManyEntries { limit });
        }
        let path = archive_path(name)?;
        match member {
            Member::Directory => {
                self.claim(name, &path, Entry::Directory)?;
                fs_err::create_dir_all(place(self.dir, &path)).map_err(written)
            }
            Member::File {
                content, executable, ..
            } => {
                let mut file = self.file(name, &path, executable)?;
                self.copy(content, &mut file)?;
                finish(&file, executable)
            }
            Member::HardLink(target) => {
                let linked = archive_path(target)?;
                let Some(Entry::File { executable, .. }) = self.tree.get(&linked) else {
                    let target = String::from_utf8_lossy(target).into_owned();
                    return Err(fault(name, EntryFault::HardLink { target }));
                };
                let executable = *executable;
                // Two files, as everywhere else in pbs: who changes one does not mean the other.
                let mut from = File::open(place(self.dir, &linked)).map_err(written)?;
                let mut file = self.file(name, &path, executable)?;
                io::copy(&mut from, &mut file).map_err(written)?;
                finish(&file, executable)
            }
            Member::Symlink(target) => {
                let target = link_text(name, target)?;
                if target.starts_with('/') {
                    return Err(fault(name, EntryFault::AbsoluteLink { target }));
                }
                if leaves(&path, &target) {
                    return Err(fault(name, EntryFault::LeavingLink { target }));
                }
                let link = Entry::Symlink {
                    target: target.clone(),
                };
                if self.tree.get(&path) != Some(&link) {
                    self.claim(name, &path, link)?;
                    self.above(&path)?;
                    self.links.push((path, target));
                }
                Ok(())
            }
            Member::Special(kind) => Err(fault(name, EntryFault::Special { kind })),
        }
    }

    /// Makes a file where nothing is yet.
    fn file(&mut self, name: &[u8], path: &TreePath, executable: bool) -> Result<File, ArchiveError> {
        let digest = Digest {
            hash: [0; 32],
            size: self.entries,
        };
        self.claim(name, path, Entry::File { digest, executable })?;
        self.above(path)?;
        File::create_new(place(self.dir, path)).map_err(written)
    }

    /// Makes sure that `path` may become this, and that nothing but directories is above it.
    fn claim(&mut self, name: &[u8], path: &TreePath, entry: Entry) -> Result<(), ArchiveError> {
        self.tree
            .insert(path.clone(), entry)
            .map_err(|source| fault(name, EntryFault::Conflict { source }))
    }

    /// Makes the directories above a path that has been claimed.
    fn above(&self, path: &TreePath) -> Result<(), ArchiveError> {
        match path.parent().filter(|parent| !parent.is_root()) {
            // What it goes through has been claimed as directories, so no link leads elsewhere.
            Some(parent) => fs_err::create_dir_all(place(self.dir, &parent)).map_err(written),
            None => Ok(()),
        }
    }

    fn copy(&mut self, content: &mut dyn Read, file: &mut File) -> Result<(), ArchiveError> {
        loop {
            match content.read(&mut self.buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => file.write_all(&self.buffer[..count]).map_err(written)?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ArchiveError::read(error)),
            }
            if (self.stop)() {
                return Err(ArchiveError::Interrupted);
            }
        }
    }
}

fn place(dir: &Utf8Path, path: &TreePath) -> Utf8PathBuf {
    dir.join(path.as_str())
}

fn written(source: io::Error) -> ArchiveError {
    ArchiveError::Write { source }
}

/// Gives a file its mode, and the one time that everything has which comes out of pbs.
fn finish(file: &File, executable: bool) -> Result<(), ArchiveError> {
    use std::os::unix::fs::PermissionsExt as _;
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(MTIME.unsigned_abs());
    let times = std::fs::FileTimes::new().set_accessed(time).set_modified(time);
    let mode = std::fs::Permissions::from_mode(BlobMode::of(executable).bits());
    file.set_permissions(mode)
        .and_then(|()| file.file().set_times(times))
        .map_err(written)
}
