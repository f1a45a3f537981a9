//! A tree becomes an archive whose bytes depend on the tree and the epoch only.
//!
//! Plain ustar headers, with a pax record where a name does not fit; sorted by path; every time is
//! the epoch; no owner, no name; modes 0644 and 0755. Compression runs on one thread with fixed
//! parameters, so the bytes do not depend on how many cores a machine has.

use std::io::{self, Write};

use flate2::write::GzEncoder;
use tar::{EntryType, Header};

use super::ArchiveError;
use crate::model::{Digest, Entry, Tree, TreePath};
use crate::store::{BlobMode, BlobWriter, CHUNK, Store, StoreError};

/// How a tar archive is compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compression {
    /// `.tar`.
    None,
    /// `.tar.gz`. The header says neither time nor name nor system.
    Gzip {
        /// 0 to 9.
        level: u32,
    },
    /// `.tar.zst`, with a checksum.
    Zstd {
        /// 1 to 22.
        level: i32,
        /// Binary logarithm of how far back repetitions are looked for. A decoder needs that much
        /// memory; 27 is the most that `zstd -d` takes without being asked.
        window_log: u32,
    },
}

impl Compression {
    /// Gzip as the small archives have it: they are made once and fetched often.
    ///
    /// Little is at stake: an install archive of 82 MB comes to 29.4 MB in 7 s, and with level 6
    /// to 29.5 MB in 3 s.
    pub const GZIP: Self = Self::Gzip { level: 9 };
    /// Zstandard as the full archives have it.
    ///
    /// A distribution holds everything twice: objects, and the libraries and programs made of
    /// them. Finding that takes a long window and long-distance matching more than a high level.
    /// One of 170 MB comes to 45.0 MB at level 9 as it is, to 33.1 MB (and no slower, 3.5 s) so,
    /// to 30.9 MB in 8 s at level 12, and to 27.8 MB in 100 s at level 19.
    pub const ZSTD: Self = Self::Zstd {
        level: 9,
        window_log: 26,
    };
}

/// How a tree is packed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PackSpec {
    /// How it is compressed.
    pub compression: Compression,
    /// Every modification time, in seconds since 1970.
    pub epoch: u64,
    /// Files that stand before everything else, in this order.
    pub first: Vec<TreePath>,
}

/// Packs a tree into a blob of the store.
pub fn pack(store: &Store, tree: &Tree, spec: &PackSpec) -> Result<Digest, ArchiveError> {
    let blob = store.writer(BlobMode::Plain)?;
    let mut sink = Sink::new(blob, spec.compression)?;
    let mut packer = Packer {
        store,
        sink: &mut sink,
        epoch: spec.epoch,
    };
    for path in &spec.first {
        let entry = tree
            .get(path)
            .ok_or_else(|| ArchiveError::NoFirst { path: path.clone() })?;
        packer.add(path, entry)?;
    }
    for (path, entry) in tree.iter().filter(|(path, _)| !spec.first.contains(path)) {
        packer.add(path, entry)?;
    }
    packer.write(&[0; 2 * BLOCK])?;
    let blob = sink.finish().map_err(failed)?;
    Ok(blob.finish()?)
}

/// What tar counts in.
const BLOCK: usize = 512;

fn failed(source: io::Error) -> ArchiveError {
    StoreError::io("packing an archive", source).into()
}

struct Packer<'a> {
    store: &'a Store,
    sink: &'a mut Sink,
    epoch: u64,
}

impl Packer<'_> {
    fn add(&mut self, path: &TreePath, entry: &Entry) -> Result<(), ArchiveError> {
        match entry {
            Entry::Directory => {
                let name = format!("{path}/");
                self.header(path, &name, EntryType::Directory, "", 0, 0o755)
            }
            Entry::Symlink { target } => {
                self.header(path, path.as_str(), EntryType::Symlink, target, 0, 0o777)
            }
            Entry::File { digest, executable } => {
                let mode = if *executable { 0o755 } else { 0o644 };
                self.header(path, path.as_str(), EntryType::Regular, "", digest.size, mode)?;
                let mut content = self.store.open_blob(digest)?;
                let mut buffer = vec![0; CHUNK];
                loop {
                    let count = content.read(&mut buffer).map_err(StoreError::from)?;
                    if count == 0 {
                        break;
                    }
                    self.write(&buffer[..count])?;
                }
                self.pad(digest.size)
            }
        }
    }

    fn header(
        &mut self,
        path: &TreePath,
        name: &str,
        kind: EntryType,
        link: &str,
        size: u64,
        mode: u32,
    ) -> Result<(), ArchiveError> {
        let mut header = self.blank(kind, size, mode);
        let mut long = Vec::new();
        if header.set_path(name).is_err() {
            long.extend(pax_record("path", name));
            // What a reader without pax makes of it does not matter, but it must be there.
            set(
                path,
                header.set_path(format!("@pax/{}", Digest::of(name.as_bytes()).hex())),
            )?;
        }
        if !link.is_empty() && header.set_link_name_literal(link).is_err() {
            long.extend(pax_record("linkpath", link));
        }
        if !long.is_empty() {
            let mut extended = self.blank(EntryType::XHeader, long.len() as u64, 0o644);
            set(path, extended.set_path("@pax"))?;
            extended.set_cksum();
            self.write(extended.as_bytes())?;
            self.write(&long)?;
            self.pad(long.len() as u64)?;
        }
        header.set_cksum();
        self.write(header.as_bytes())
    }

    fn blank(&self, kind: EntryType, size: u64, mode: u32) -> Header {
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_mode(mode);
        header.set_mtime(self.epoch);
        header.set_uid(0);
        header.set_gid(0);
        header
    }

    fn pad(&mut self, size: u64) -> Result<(), ArchiveError> {
        let over = usize::try_from(size % BLOCK as u64).unwrap_or(0);
        if over == 0 {
            return Ok(());
        }
        self.write(&[0; BLOCK][over..])
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.sink.write_all(bytes).map_err(failed)
    }
}

fn set(path: &TreePath, done: io::Result<()>) -> Result<(), ArchiveError> {
    done.map_err(|source| ArchiveError::Header {
        path: path.clone(),
        source,
    })
}

/// `<length> <key>=<value>\n`, where the length counts its own digits.
fn pax_record(key: &str, value: &str) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    format!("{length} {key}={value}\n").into_bytes()
}

/// The compressor between the tar stream and the blob.
enum Sink {
    Plain(BlobWriter),
    Gzip(GzEncoder<BlobWriter>),
    Zstd(zstd::stream::write::Encoder<'static, BlobWriter>),
}

impl Sink {
    fn new(blob: BlobWriter, compression: Compression) -> Result<Self, ArchiveError> {
        Ok(match compression {
            Compression::None => Self::Plain(blob),
            Compression::Gzip { level } => Self::Gzip(
                flate2::GzBuilder::new()
                    .mtime(0)
                    .operating_system(255)
                    .write(blob, flate2::Compression::new(level)),
            ),
            Compression::Zstd { level, window_log } => {
                let mut encoder = zstd::stream::write::Encoder::new(blob, level).map_err(failed)?;
                encoder
                    .include_checksum(true)
                    .and_then(|()| encoder.long_distance_matching(true))
                    .and_then(|()| encoder.window_log(window_log))
                    .map_err(failed)?;
                Self::Zstd(encoder)
            }
        })
    }

    fn finish(self) -> io::Result<BlobWriter> {
        match self {
            Self::Plain(blob) => Ok(blob),
            Self::Gzip(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(blob) => blob.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(blob) => blob.flush(),
            Self::Gzip(encoder) => encoder.flush(),
            Self::Zstd(encoder) => encoder.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pax_records_count_themselves() {
        let check = |value: &str| {
            let record = pax_record("path", value);
            let text = String::from_utf8(record.clone()).unwrap();
            let (length, _) = text.split_once(' ').unwrap();
            assert_eq!(length.parse::<usize>().unwrap(), record.len(), "{text}");
        };
        for length in 1..200 {
            check(&"x".repeat(length));
        }
    }
}
