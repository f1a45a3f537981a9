//! A reader that lets bytes pass only if all of them are the expected ones.
//!
//! Owns the check of size and digest. It fails instead of ending, so whoever copies from it
//! never takes wrong bytes for complete ones.

use std::io::{self, Read};

use crate::model::{Digest, Hasher, Pin};

/// The content was another one than expected.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Mismatch {
    /// The sizes differ already.
    #[error("it has {} bytes instead of {expected}", match actual { Some(size) => size.to_string(), None => "more".to_owned() })]
    Size {
        /// How many there should be.
        expected: u64,
        /// How many there were; nothing if reading stopped at the first that was too many.
        actual: Option<u64>,
    },
    /// The content differs.
    #[error("its digest is sha256:{} instead of sha256:{}", actual.hex(), expected.hex())]
    Content {
        /// The digest asked for.
        expected: Pin,
        /// The digest it has.
        actual: Digest,
    },
}

/// No source is larger: the limit where the size is not known beforehand.
pub(crate) const MOST: u64 = 4 << 30;

/// See the module.
pub(crate) struct Checked<'a, R> {
    inner: R,
    expected: Pin,
    most: u64,
    hasher: Option<Hasher>,
    seen: u64,
    advanced: &'a (dyn Fn(u64) + Sync),
    mismatch: Option<Mismatch>,
    broken: Option<io::Error>,
}

/// Why the bytes did not all pass.
#[derive(Debug)]
pub(crate) enum Flaw {
    /// They were other ones.
    Mismatch(Mismatch),
    /// They could not be read.
    Read(io::Error),
}

impl<'a, R: Read> Checked<'a, R> {
    pub(crate) fn new(inner: R, expected: Pin, advanced: &'a (dyn Fn(u64) + Sync)) -> Self {
        Self {
            inner,
            expected,
            most: expected.size.unwrap_or(MOST),
            hasher: Some(Hasher::new()),
            seen: 0,
            advanced,
            mismatch: None,
            broken: None,
        }
    }

    /// The reader behind, and what was wrong with it.
    pub(crate) fn finish(self) -> (R, Option<Flaw>) {
        let flaw = self.mismatch.map(Flaw::Mismatch);
        (self.inner, flaw.or(self.broken.map(Flaw::Read)))
    }

    fn refuse(&mut self, mismatch: Mismatch) -> io::Error {
        self.mismatch = Some(mismatch);
        io::Error::other(mismatch)
    }

    fn end(&mut self) -> io::Result<usize> {
        let Some(hasher) = self.hasher.take() else {
            return match self.mismatch {
                Some(mismatch) => Err(io::Error::other(mismatch)),
                None => Ok(0),
            };
        };
        let (expected, actual) = (self.expected, hasher.finish());
        match expected.size {
            _ if expected.matches(&actual) => Ok(0),
            Some(size) if size != actual.size => Err(self.refuse(Mismatch::Size {
                expected: size,
                actual: Some(actual.size),
            })),
            _ => Err(self.refuse(Mismatch::Content { expected, actual })),
        }
    }
}

impl<R: Read> Read for Checked<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let count = match self.inner.read(buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => {
                let told = io::Error::new(error.kind(), error.to_string());
                self.broken = Some(error);
                return Err(told);
            }
        };
        if count == 0 {
            return self.end();
        }
        self.seen += count as u64;
        if self.seen > self.most {
            self.hasher = None;
            let expected = self.most;
            return Err(self.refuse(Mismatch::Size {
                expected,
                actual: None,
            }));
        }
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&buffer[..count]);
        }
        (self.advanced)(self.seen);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &[u8], expected: Digest) -> (io::Result<Vec<u8>>, Option<Flaw>) {
        let mut checked = Checked::new(content, expected.into(), &|_| ());
        let mut all = Vec::new();
        let result = checked.read_to_end(&mut all).map(|_| all);
        (result, checked.finish().1)
    }

    #[test]
    fn ends_only_after_the_expected_bytes() {
        assert_eq!(check(b"abc", Digest::of(b"abc")).0.unwrap(), b"abc");
        for (content, expected) in [
            (&b"abd"[..], &b"abc"[..]),
            (b"ab", b"abc"),
            (b"abcd", b"abc"),
            (b"", b"a"),
        ] {
            let (result, mismatch) = check(content, Digest::of(expected));
            assert!(result.is_err() && mismatch.is_some(), "{content:?}");
        }
    }
}
