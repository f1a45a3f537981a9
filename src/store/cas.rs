//! Blobs: bytes by their digest, streamed in and out.

use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::MetadataExt;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;

use super::gc::list;
use super::layout::{blob_name, rename_into};
use super::outside::write_whole;
use super::stamp::{BlobMode, is_untouched, set_mode, set_mtime};
use super::{BlobState, Store, StoreError};
use crate::model::{Digest, Hasher, Pin};

/// How much is read at once: enough that system calls do not matter.
pub(crate) const CHUNK: usize = 128 * 1024;

impl Store {
    /// Takes in bytes.
    pub fn put_bytes(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        self.put_bytes_as(bytes, BlobMode::Plain)
    }

    /// Takes in bytes that will be used as an executable file, say: then no copy is needed later.
    pub fn put_bytes_as(&self, bytes: &[u8], mode: BlobMode) -> Result<Digest, StoreError> {
        let digest = Digest::of(bytes);
        if self.is_whole(&digest) {
            return Ok(digest);
        }
        let mut writer = self.writer(mode)?;
        writer
            .write_all(bytes)
            .map_err(|source| StoreError::io("taking in a blob", source))?;
        writer.finish()
    }

    /// Takes in a stream, hashing while it passes; nothing lands unless it ends without error.
    pub fn put_reader(&self, reader: &mut dyn Read) -> Result<Digest, StoreError> {
        self.put_reader_as(reader, BlobMode::Plain)
    }

    /// Takes in a stream that will be used as an executable file, say: then no copy is needed later.
    pub fn put_reader_as(&self, reader: &mut dyn Read, mode: BlobMode) -> Result<Digest, StoreError> {
        let mut writer = self.writer(mode)?;
        writer.take(reader)?;
        writer.finish()
    }

    /// Takes in a stream that must have this digest; another one never lands.
    pub fn put_reader_expect(&self, reader: &mut dyn Read, expected: &Digest) -> Result<(), StoreError> {
        let mut writer = self.writer(BlobMode::Plain)?;
        writer.take(reader)?;
        writer.finish_expect(expected)
    }

    /// Takes in a stream that must be what is pinned; another one never lands.
    pub fn put_reader_pinned(&self, reader: &mut dyn Read, pin: &Pin) -> Result<Digest, StoreError> {
        let mut writer = self.writer(BlobMode::Plain)?;
        writer.take(reader)?;
        writer.finish_pinned(pin)
    }

    /// A blob that is written piece by piece.
    pub fn writer(&self, mode: BlobMode) -> Result<BlobWriter, StoreError> {
        let path = self.temporary();
        let file = File::create(&path).map_err(|source| StoreError::io("taking in a blob", source))?;
        Ok(BlobWriter {
            store: self.clone(),
            file,
            path: Some(path),
            hasher: Hasher::new(),
            mode,
        })
    }

    /// Takes in a file of the store's own file system by moving it.
    ///
    /// Its digest is what its writer counted while it wrote, so it is not read again here; as any blob it is
    /// checked whenever it is read.
    pub(crate) fn adopt(&self, file: &Utf8Path, digest: &Digest) -> Result<(), StoreError> {
        self.land(file, digest, BlobMode::Plain)
            .map_err(|source| StoreError::io("taking in a file", source))
    }

    /// Opens a blob; reading to its end checks its digest.
    ///
    /// Where the content is another one, the last read fails with an [`io::Error`] that converts
    /// back into [`StoreError::Blob`], and the blob has been removed.
    pub fn open_blob(&self, digest: &Digest) -> Result<Box<dyn Read + Send>, StoreError> {
        Ok(Box::new(self.open_checked(digest)?))
    }

    /// Reads a whole blob, checked.
    pub fn read_blob(&self, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::with_capacity(usize::try_from(digest.size).unwrap_or(0).min(64 << 20));
        self.open_checked(digest)?
            .read_to_end(&mut bytes)
            .map_err(|source| StoreError::io("reading a blob", source))?;
        Ok(bytes)
    }

    /// Whether the blob is there (with the right size; content is checked when it is read).
    #[must_use]
    pub fn has_blob(&self, digest: &Digest) -> bool {
        self.find(digest).is_some()
    }

    /// The blob that is pinned, if it is there; also where its size is not known.
    pub fn find_pinned(&self, pin: &Pin) -> Result<Option<Digest>, StoreError> {
        if let Some(size) = pin.size {
            let digest = Digest { hash: pin.hash, size };
            return Ok(self.has_blob(&digest).then_some(digest));
        }
        let nameless = Digest {
            hash: pin.hash,
            size: 0,
        };
        let file = self.blob_file(&nameless, BlobMode::Plain);
        let shard = file.parent().filter(|shard| shard.is_dir());
        let names = shard.map(list).transpose()?.unwrap_or_default();
        let mut digests = names.iter().filter_map(|name| blob_name(name));
        Ok(digests.find(|digest| pin.matches(digest) && self.has_blob(digest)))
    }

    /// Copies a blob out of the store, for good: checked, synced, and at once there as a whole.
    pub fn export(&self, digest: &Digest, to: &Utf8Path) -> Result<(), StoreError> {
        let failed = |source| match StoreError::io("copying a blob out of the store", source) {
            // The disk of the file is another than the store's.
            StoreError::Full { source, .. }
            | StoreError::NotWritable { source, .. }
            | StoreError::Io { source, .. } => StoreError::Outside { source },
            other => other,
        };
        let mut blob = self.open_checked(digest)?;
        write_whole(to, |file| copy(&mut blob, &mut |bytes| file.write_all(bytes))).map_err(failed)
    }

    /// Checks a blob to its end and gives its file, for readers that must seek; to be read only.
    pub fn open_seekable(&self, digest: &Digest) -> Result<File, StoreError> {
        let failed = |source| StoreError::io("reading a blob", source);
        let mut reader = self.open_checked(digest)?;
        copy(&mut reader, &mut |_| Ok(())).map_err(failed)?;
        let mut file = reader.file;
        file.rewind().map_err(failed)?;
        Ok(file)
    }

    /// The file of a blob, if one with the right size is there.
    pub(super) fn find(&self, digest: &Digest) -> Option<(Utf8PathBuf, BlobMode)> {
        BlobMode::ALL.into_iter().find_map(|mode| {
            let path = self.blob_file(digest, mode);
            let metadata = fs_err::symlink_metadata(&path).ok()?;
            (metadata.is_file() && metadata.len() == digest.size).then_some((path, mode))
        })
    }

    /// Whether the blob is there and nobody has written to it.
    pub(super) fn is_whole(&self, digest: &Digest) -> bool {
        BlobMode::ALL.into_iter().any(|mode| {
            fs_err::symlink_metadata(self.blob_file(digest, mode))
                .is_ok_and(|metadata| is_untouched(&metadata, digest.size, mode))
        })
    }

    pub(super) fn open_checked(&self, digest: &Digest) -> Result<BlobReader, StoreError> {
        let Some((path, _)) = self.find(digest) else {
            return Err(self.damaged_or_missing(digest));
        };
        match File::open(&path) {
            Ok(file) => Ok(BlobReader {
                file,
                hasher: Some(Hasher::new()),
                expected: *digest,
                path,
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StoreError::Blob {
                digest: *digest,
                state: BlobState::Missing,
            }),
            Err(source) => Err(StoreError::io("opening a blob", source)),
        }
    }

    /// What to say of a blob that [`Self::find`] did not find; removes what has its name.
    fn damaged_or_missing(&self, digest: &Digest) -> StoreError {
        let removed = BlobMode::ALL
            .into_iter()
            .filter(|mode| fs_err::remove_file(self.blob_file(digest, *mode)).is_ok())
            .count();
        StoreError::Blob {
            digest: *digest,
            state: if removed == 0 {
                BlobState::Missing
            } else {
                BlobState::Corrupt
            },
        }
    }

    /// Moves a complete file into its place.
    ///
    /// The file must be on the store's file system and have no other name.
    pub(super) fn land(&self, from: &Utf8Path, digest: &Digest, mode: BlobMode) -> io::Result<()> {
        if self.is_whole(digest) {
            return fs_err::remove_file(from);
        }
        set_mode(from, mode.bits())?;
        set_mtime(from)?;
        rename_into(from, &self.blob_file(digest, mode))
    }
}

/// Hands everything a reader gives to `take`, in pieces of [`CHUNK`].
pub(crate) fn copy(reader: &mut dyn Read, take: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => take(&buffer[..count])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The digest of everything a reader gives.
pub(crate) fn digest_of(reader: &mut dyn Read) -> io::Result<Digest> {
    let mut hasher = Hasher::new();
    copy(reader, &mut |bytes| {
        hasher.update(bytes);
        Ok(())
    })?;
    Ok(hasher.finish())
}

/// A blob that is being written. Dropping it before it is finished leaves nothing.
#[derive(Debug)]
pub struct BlobWriter {
    store: Store,
    file: File,
    /// Where it is being written; nothing once it has landed.
    path: Option<Utf8PathBuf>,
    hasher: Hasher,
    mode: BlobMode,
}

impl BlobWriter {
    /// Writes all that a reader gives, telling its errors ([`StoreError::Input`]) from the store's.
    pub fn take(&mut self, reader: &mut dyn Read) -> Result<(), StoreError> {
        let mut buffer = vec![0; CHUNK];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => self
                    .write_all(&buffer[..count])
                    .map_err(|source| StoreError::io("taking in a blob", source))?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(StoreError::Input { source }),
            }
        }
    }

    /// Lets it land; gives its digest.
    pub fn finish(mut self) -> Result<Digest, StoreError> {
        let digest = std::mem::take(&mut self.hasher).finish();
        self.land(&digest)?;
        Ok(digest)
    }

    /// Lets it land if it has this digest; otherwise nothing is left of it.
    pub fn finish_expect(self, expected: &Digest) -> Result<(), StoreError> {
        self.finish_pinned(&Pin::from(*expected)).map(|_| ())
    }

    /// Lets it land if it is what is pinned; otherwise nothing is left of it. Gives its digest.
    pub fn finish_pinned(mut self, pin: &Pin) -> Result<Digest, StoreError> {
        let actual = std::mem::take(&mut self.hasher).finish();
        if !pin.matches(&actual) {
            return Err(StoreError::Unexpected {
                expected: *pin,
                actual,
            });
        }
        self.land(&actual)?;
        Ok(actual)
    }

    fn land(&mut self, digest: &Digest) -> Result<(), StoreError> {
        let Some(path) = &self.path else { return Ok(()) };
        self.store
            .land(path, digest, self.mode)
            .map_err(|source| StoreError::io("taking in a blob", source))?;
        self.path = None;
        Ok(())
    }
}

impl Write for BlobWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for BlobWriter {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = fs_err::remove_file(path);
        }
    }
}

/// Reads a blob and compares its digest at the end.
pub(super) struct BlobReader {
    pub(super) file: File,
    /// Gone once the end has been seen.
    hasher: Option<Hasher>,
    expected: Digest,
    path: Utf8PathBuf,
}

impl BlobReader {
    fn check(&mut self) -> io::Result<()> {
        let Some(hasher) = self.hasher.take() else {
            return Ok(());
        };
        if hasher.finish() == self.expected {
            return Ok(());
        }
        remove_same(&self.path, &self.file);
        Err(io::Error::from(StoreError::Blob {
            digest: self.expected,
            state: BlobState::Corrupt,
        }))
    }
}

/// Removes a file unless another process has put a new one in its place.
fn remove_same(path: &Utf8Path, file: &File) {
    let same = match (fs_err::symlink_metadata(path), file.metadata()) {
        (Ok(there), Ok(ours)) => there.ino() == ours.ino(),
        _ => false,
    };
    if same {
        let _ = fs_err::remove_file(path);
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        if count == 0 && !buffer.is_empty() {
            self.check()?;
        } else if let Some(hasher) = &mut self.hasher {
            hasher.update(&buffer[..count]);
        }
        Ok(count)
    }
}
