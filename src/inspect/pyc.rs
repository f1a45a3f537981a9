//! The head of a `.pyc` file: its magic number and how it says that it is stale.

/// The first sixteen bytes of a `.pyc` file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pyc {
    /// The magic number: version of the bytecode, then carriage return and line feed.
    pub magic: [u8; 4],
    /// How an interpreter tells whether it still fits its source.
    pub invalidation: Invalidation,
}

/// How an interpreter tells whether a `.pyc` still fits its source (PEP 552).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Invalidation {
    /// By the source's modification time and size; not reproducible.
    Timestamp,
    /// By the source's hash, which is compared at each import.
    CheckedHash,
    /// By the source's hash, which nobody compares.
    UncheckedHash,
}

impl Pyc {
    /// Reads the head; `None` where there is no valid one.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let head = bytes.get(..16)?;
        let magic = [head[0], head[1], head[2], head[3]];
        let invalidation = match u32::from_le_bytes([head[4], head[5], head[6], head[7]]) {
            0 => Invalidation::Timestamp,
            1 => Invalidation::UncheckedHash,
            3 => Invalidation::CheckedHash,
            _ => return None,
        };
        (magic[2..] == *b"\r\n").then_some(Self { magic, invalidation })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_how_a_pyc_is_invalidated() {
        let pyc = |flags: u8| {
            let mut bytes = vec![0xf3, 0x0d, b'\r', b'\n', flags];
            bytes.resize(16, 0);
            Pyc::parse(&bytes).map(|pyc| pyc.invalidation)
        };
        assert_eq!(pyc(0), Some(Invalidation::Timestamp));
        assert_eq!(pyc(1), Some(Invalidation::UncheckedHash));
        assert_eq!(pyc(3), Some(Invalidation::CheckedHash));
        assert_eq!(pyc(2), None);
        assert_eq!(Pyc::parse(b"\xf3\x0d\r\n"), None);
    }
}
