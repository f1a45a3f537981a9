//! A directory, to be served by any web server.
//!
//! Everything is written beside its place, synced, and gets its name when it is complete. What a
//! process that was killed left beside (`.part-…`) the next one removes.

use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::{File, OpenOptions};

use super::{Content, Destination, DestinationError, Held, Put};
use crate::index::{Address, Index};
use crate::model::{Digest, Hasher, TreePath};
use crate::store::{CHUNK, digest_of};

/// What a file is called that is being written.
const PART: &str = ".part-";
/// Locked by whoever publishes; holds their process id.
const LOCK: &str = ".publish.lock";
/// How often it is looked whether the other one is done.
const POLL: Duration = Duration::from_millis(100);

/// A directory.
#[derive(Clone, Debug)]
pub struct Directory {
    root: Utf8PathBuf,
}

#[derive(Debug)]
struct DirectoryLock {
    /// The system releases the lock with it, however this process ends.
    _file: File,
}

impl Held for DirectoryLock {}

fn failed(doing: &'static str) -> impl Fn(io::Error) -> DestinationError {
    move |source| DestinationError::Io { doing, source }
}

impl Directory {
    /// Takes a directory, making it if it is not there.
    pub fn open(root: &Utf8Path) -> Result<Self, DestinationError> {
        let open = || {
            fs_err::create_dir_all(root)?;
            let root = fs_err::canonicalize(root)?;
            Utf8PathBuf::from_path_buf(root).map_err(|_| io::Error::other("the path is not UTF-8"))
        };
        let root = open().map_err(failed("make the directory"))?;
        Ok(Self { root })
    }

    fn at(&self, path: &TreePath) -> Utf8PathBuf {
        self.root.join(path.as_str())
    }

    /// Writes a file beside its place, and syncs it.
    fn part(
        &self,
        path: &TreePath,
        content: Content<'_>,
    ) -> Result<tempfile::NamedTempFile, DestinationError> {
        let io = failed("write what is published");
        let at = self.at(path);
        let directory = at.parent().unwrap_or(&self.root);
        fs_err::create_dir_all(directory).map_err(&io)?;
        let mut part = tempfile::Builder::new()
            .prefix(PART)
            .permissions(std::fs::Permissions::from_mode(0o644))
            .tempfile_in(directory)
            .map_err(&io)?;
        match content {
            Content::Bytes(bytes) => part.write_all(bytes).map_err(&io)?,
            Content::File { path, digest } => {
                let mut from = File::open(path).map_err(failed("read what is to be published"))?;
                if copy(&mut from, &mut part).map_err(&io)? != digest {
                    return Err(DestinationError::Moving {
                        path: path.to_owned(),
                    });
                }
            }
        }
        part.as_file().sync_all().map_err(&io)?;
        Ok(part)
    }

    /// Makes names last that were given or taken in the directory of a file.
    fn settle(&self, path: &TreePath) -> Result<(), DestinationError> {
        let at = self.at(path);
        let directory = at.parent().unwrap_or(&self.root);
        let sync = || File::open(directory)?.sync_all();
        sync().map_err(failed("sync the directory"))
    }

    /// Removes what killed processes left. Only whoever holds the lock may.
    fn sweep(&self) -> io::Result<()> {
        for directory in ["", Index::ARCHIVES, Index::EVIDENCE, Index::SIGNATURES] {
            let directory = self.root.join(directory);
            if !directory.is_dir() {
                continue;
            }
            for entry in fs_err::read_dir(&directory)? {
                let entry = entry?;
                if entry.file_name().as_encoded_bytes().starts_with(PART.as_bytes()) {
                    fs_err::remove_file(entry.path())?;
                }
            }
        }
        Ok(())
    }

    fn compare(&self, path: &TreePath, content: Content<'_>) -> Result<Put, DestinationError> {
        let there = || digest_of(&mut File::open(self.at(path))?);
        let there = there().map_err(failed("read what is published"))?;
        let ours = content.digest();
        Put::compared(path, there, ours)
    }
}

impl Destination for Directory {
    fn shown(&self) -> String {
        self.root.to_string()
    }

    fn address(&self) -> Option<Address> {
        Some(Address::of_directory(self.root.as_str()))
    }

    fn hold(
        &self,
        waiting: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Box<dyn Held>, DestinationError> {
        let io = failed("take the right to publish");
        let path = self.root.join(LOCK);
        // What it leads to would be written over.
        if fs_err::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
            return Err(io(io::Error::other(format!("`{path}` is no file"))));
        }
        // The file stays: whoever removed it would lock another one than those who wait for this one.
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(&io)?;
        loop {
            match file.file().try_lock() {
                Ok(()) => break,
                Err(std::fs::TryLockError::WouldBlock) => {}
                Err(std::fs::TryLockError::Error(error)) => return Err(io(error)),
            }
            let holder = fs_err::read_to_string(&path).unwrap_or_default();
            let holder = match holder.trim() {
                "" => "another process".to_owned(),
                id => format!("process {id}"),
            };
            if waiting(&holder).is_break() {
                return Err(DestinationError::Interrupted);
            }
            std::thread::sleep(POLL);
        }
        let mut sign = || {
            file.file().set_len(0)?;
            writeln!(file, "{}", std::process::id())
        };
        sign().map_err(&io)?;
        self.sweep()
            .map_err(failed("remove what an interrupted publication left"))?;
        Ok(Box::new(DirectoryLock { _file: file }))
    }

    fn get(&self, path: &TreePath) -> Result<Option<Vec<u8>>, DestinationError> {
        match fs_err::read(self.at(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("read what is published")(error)),
        }
    }

    fn size(&self, path: &TreePath) -> Result<Option<u64>, DestinationError> {
        match fs_err::metadata(self.at(path)) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("read what is published")(error)),
        }
    }

    fn put_new(&self, path: &TreePath, content: Content<'_>) -> Result<Put, DestinationError> {
        if self.size(path)?.is_some() {
            return self.compare(path, content);
        }
        let part = self.part(path, content)?;
        match part.persist_noclobber(self.at(path)) {
            Ok(_) => {
                self.settle(path)?;
                Ok(Put::Made)
            }
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => self.compare(path, content),
            Err(error) => Err(failed("name what is published")(error.error)),
        }
    }

    fn replace(&self, path: &TreePath, bytes: &[u8]) -> Result<(), DestinationError> {
        let part = self.part(path, Content::Bytes(bytes))?;
        part.persist(self.at(path))
            .map_err(|error| failed("name what is published")(error.error))?;
        self.settle(path)
    }

    fn replace_unchanged(
        &self,
        path: &TreePath,
        was: Option<&[u8]>,
        bytes: &[u8],
    ) -> Result<(), DestinationError> {
        // Whoever keeps to the rules waits for the lock; this notices those who do not.
        if self.get(path)?.as_deref() != was {
            return Err(DestinationError::Changed { path: path.clone() });
        }
        self.replace(path, bytes)
    }
}

/// Copies a file and tells the digest of what was copied.
fn copy(from: &mut impl Read, to: &mut impl Write) -> io::Result<Digest> {
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; CHUNK];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok(hasher.finish());
        }
        hasher.update(&buffer[..count]);
        to.write_all(&buffer[..count])?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> (tempfile::TempDir, Directory) {
        let place = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(place.path()).unwrap().join("a/b");
        let directory = Directory::open(&root).unwrap();
        (place, directory)
    }

    fn path(text: &str) -> TreePath {
        TreePath::parse(text).unwrap()
    }

    fn never(_: &str) -> ControlFlow<()> {
        panic!("nobody else publishes")
    }

    #[test]
    fn a_name_never_gets_other_bytes() {
        let (_place, directory) = directory();
        let at = path("archives/x");
        let put = |bytes| directory.put_new(&at, Content::Bytes(bytes));
        assert_eq!(put(b"one").unwrap(), Put::Made);
        assert_eq!(put(b"one").unwrap(), Put::Same);
        let error = put(b"two").unwrap_err();
        assert!(matches!(error, DestinationError::Taken { .. }), "{error}");
        assert_eq!(directory.get(&at).unwrap(), Some(b"one".to_vec()));
        assert_eq!(directory.size(&at).unwrap(), Some(3));
        assert_eq!(directory.get(&path("archives/y")).unwrap(), None);
        let names = fs_err::read_dir(directory.root.join("archives")).unwrap().count();
        assert_eq!(names, 1, "nothing is left beside");
        let mode = fs_err::metadata(directory.at(&at)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644);
    }

    #[test]
    fn a_file_is_what_its_digest_says() {
        let (_place, directory) = directory();
        let file = directory.root.join("file");
        fs_err::write(&file, b"now").unwrap();
        let put = |digest| directory.put_new(&path("x"), Content::File { path: &file, digest });
        let error = put(Digest::of(b"before")).unwrap_err();
        assert!(matches!(error, DestinationError::Moving { .. }), "{error}");
        assert_eq!(directory.get(&path("x")).unwrap(), None);
        assert_eq!(put(Digest::of(b"now")).unwrap(), Put::Made);
    }

    #[test]
    fn an_index_that_was_changed_stays() {
        let (_place, directory) = directory();
        let at = path(Index::NAME);
        directory.replace_unchanged(&at, None, b"1").unwrap();
        let error = directory.replace_unchanged(&at, None, b"2").unwrap_err();
        assert!(matches!(error, DestinationError::Changed { .. }), "{error}");
        directory.replace_unchanged(&at, Some(b"1"), b"2").unwrap();
        assert_eq!(directory.get(&at).unwrap(), Some(b"2".to_vec()));
    }

    #[test]
    fn one_holds_it_and_the_others_know_who() {
        let (_place, directory) = directory();
        let held = directory.hold(&mut never).unwrap();
        let mut seen = Vec::new();
        let other = directory.hold(&mut |who| {
            seen.push(who.to_owned());
            if seen.len() == 2 {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        assert!(matches!(other, Err(DestinationError::Interrupted)));
        assert_eq!(seen, vec![format!("process {}", std::process::id()); 2]);
        drop(held);
        directory.hold(&mut never).unwrap();
    }

    #[test]
    fn a_lock_that_leads_elsewhere_is_not_written_to() {
        let (place, directory) = directory();
        let precious = place.path().join("precious");
        fs_err::write(&precious, "x").unwrap();
        fs_err::os::unix::fs::symlink(&precious, directory.root.join(LOCK)).unwrap();
        let error = directory.hold(&mut never).unwrap_err();
        assert!(matches!(error, DestinationError::Io { .. }), "{error}");
        assert_eq!(fs_err::read_to_string(&precious).unwrap(), "x");
    }

    #[test]
    fn what_was_left_half_written_goes() {
        let (_place, directory) = directory();
        directory
            .put_new(&path("archives/x"), Content::Bytes(b"x"))
            .unwrap();
        fs_err::write(directory.root.join("archives/.part-abc"), b"x").unwrap();
        directory.hold(&mut never).unwrap();
        let names: Vec<_> = fs_err::read_dir(directory.root.join("archives"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["x"]);
    }
}
