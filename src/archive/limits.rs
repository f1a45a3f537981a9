//! How much an archive may unpack to, and the reader that counts.

use std::io::{self, Read};

/// How much an archive may unpack to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnpackLimits {
    /// Entries of any kind.
    pub entries: u64,
    /// Bytes of the unpacked stream: contents, headers and padding.
    pub bytes: u64,
    /// Unpacked bytes for each byte of the archive, once it is past `free_bytes`.
    pub ratio: u64,
    /// So many bytes may be unpacked whatever the ratio is.
    pub free_bytes: u64,
}

impl Default for UnpackLimits {
    /// Far above what a build fetches (173 archives of sources and packages: the largest unpacks to
    /// 345 MB, the densest to 31 times its size), and below what fills a disk.
    fn default() -> Self {
        Self {
            entries: 1_000_000,
            bytes: 16 << 30,
            ratio: 250,
            free_bytes: 64 << 20,
        }
    }
}

impl UnpackLimits {
    /// The bytes that an archive of this size may unpack to.
    pub(super) fn bytes_for(&self, archive: u64) -> u64 {
        self.bytes
            .min(self.free_bytes.saturating_add(archive.saturating_mul(self.ratio)))
    }
}

/// An archive went beyond a limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("it unpacks to more than {limit} bytes")]
pub(super) struct TooMuch {
    pub(super) limit: u64,
}

/// Fails when more than a number of bytes comes.
#[derive(Debug)]
pub(super) struct Metered<R> {
    inner: R,
    seen: u64,
    most: u64,
    limit: u64,
}

impl<R> Metered<R> {
    pub(super) fn new(inner: R, limit: u64) -> Self {
        Self::part(inner, limit, limit)
    }

    /// A part of something whose limit it is; `most` is what others have left of that.
    pub(super) fn part(inner: R, most: u64, limit: u64) -> Self {
        Self {
            inner,
            seen: 0,
            most,
            limit,
        }
    }

    /// How many bytes have come.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.seen += count as u64;
        if self.seen > self.most {
            let error = TooMuch { limit: self.limit };
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, error));
        }
        Ok(count)
    }
}
