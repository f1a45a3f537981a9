//! DER (ITU-T X.690) as far as a signature needs it: written, never read.

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

/// `NULL`.
pub(super) const NULL: [u8; 2] = [0x05, 0];

/// A value with its tag and length.
pub(super) fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut written = vec![tag];
    if content.len() < 0x80 {
        written.push(content.len() as u8);
    } else {
        let bytes = content.len().to_be_bytes();
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        written.push(0x80 | (bytes.len() - zeros) as u8);
        written.extend(&bytes[zeros..]);
    }
    written.extend(content);
    written
}

/// The tag `[number]` of what consists of others.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

pub(super) fn small(number: u8) -> Vec<u8> {
    tagged(INTEGER, &[number])
}

/// An integer of the bytes that another document has for it.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    tagged(INTEGER, bytes)
}

pub(super) fn octets(bytes: &[u8]) -> Vec<u8> {
    tagged(OCTETS, bytes)
}

/// An object identifier, whose numbers are encoded already.
pub(super) fn oid(bytes: &[u8]) -> Vec<u8> {
    tagged(OID, bytes)
}

pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tagged(SEQUENCE, &parts.concat())
}

/// A set, in the order that DER has for it.
pub(super) fn set(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut sorted = parts.to_vec();
    sorted.sort();
    tagged(SET, &sorted.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_as_many_bytes_as_they_need() {
        let head = |size: usize| tagged(4, &vec![0; size])[..4].to_vec();
        assert_eq!(head(0x7f), [4, 0x7f, 0, 0]);
        assert_eq!(head(0x80), [4, 0x81, 0x80, 0]);
        assert_eq!(head(0x1234), [4, 0x82, 0x12, 0x34]);
    }

    #[test]
    fn sets_are_sorted() {
        assert_eq!(set(&[small(2), small(1)]), [0x31, 6, 2, 1, 1, 2, 1, 2]);
    }
}
