//! A reader that counts what passes and stops at the first byte too many.
//!
//! Owns the limit, for readers that have none of their own, and tells the reader's own errors
//! from those of whoever reads.

use std::io::{self, Read};

/// No source is larger: the limit where the size is not known beforehand.
pub(crate) const MOST: u64 = 4 << 30;

/// See the module.
pub(crate) struct Measured<'a, R> {
    pub(crate) inner: R,
    pub(crate) most: u64,
    pub(crate) seen: u64,
    pub(crate) advanced: &'a (dyn Fn(u64) + Sync),
    pub(crate) flaw: Option<Flaw>,
}

/// Why the bytes did not all pass.
#[derive(Debug)]
pub(crate) enum Flaw {
    /// There were more than `most`.
    TooMany,
    /// They could not be read.
    Read(io::Error),
}

impl<R: Read> Read for Measured<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match self.inner.read(buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => {
                let told = io::Error::new(error.kind(), error.to_string());
                self.flaw = Some(Flaw::Read(error));
                return Err(told);
            }
        };
        self.seen += count as u64;
        if self.seen > self.most {
            self.flaw = Some(Flaw::TooMany);
            return Err(io::Error::other("more bytes than expected"));
        }
        (self.advanced)(self.seen);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_at_the_first_byte_too_many() {
        let measure = |content: &[u8]| {
            let mut measured = Measured {
                inner: content,
                most: 3,
                seen: 0,
                advanced: &|_| (),
                flaw: None,
            };
            let copied = io::copy(&mut measured, &mut io::sink());
            (copied.ok(), measured.flaw.is_some())
        };
        assert_eq!(measure(b"abc"), (Some(3), false));
        assert_eq!(measure(b"abcd"), (None, true));
    }
}
