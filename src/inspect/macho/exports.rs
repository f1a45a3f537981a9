//! Reads the names that a loader lets others bind to.
//!
//! They stand in a tree of nodes: what a node itself is worth, then how many go on from it, each with the letters that
//! are added to the name and the place of the next node. Numbers are in the variable length of DWARF (ULEB128).

use std::collections::BTreeSet;

use super::{MachOError, text};

fn broken(why: &'static str) -> MachOError {
    MachOError::Exports { why }
}

/// A place in the table.
struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn at(table: &'a [u8], place: u64) -> Result<Self, MachOError> {
        let place = usize::try_from(place).ok();
        let rest = place.and_then(|place| table.get(place..));
        let rest = rest.filter(|rest| !rest.is_empty());
        Ok(Self {
            rest: rest.ok_or(broken("a node beyond its end"))?,
        })
    }

    fn byte(&mut self) -> Result<u8, MachOError> {
        let (byte, rest) = self.rest.split_first().ok_or(broken("it ends too early"))?;
        self.rest = rest;
        Ok(*byte)
    }

    fn number(&mut self) -> Result<u64, MachOError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(broken("a number that is too long"))
    }

    fn skip(&mut self, count: u64) -> Result<(), MachOError> {
        let count = usize::try_from(count).ok();
        let rest = count.and_then(|count| self.rest.get(count..));
        self.rest = rest.ok_or(broken("it ends too early"))?;
        Ok(())
    }

    fn letters(&mut self) -> Result<&'a [u8], MachOError> {
        let end = self.rest.iter().position(|byte| *byte == 0);
        let (letters, rest) = self.rest.split_at(end.ok_or(broken("a name without an end"))?);
        self.rest = &rest[1..];
        Ok(letters)
    }
}

/// The names in a table, sorted.
pub(super) fn read_exports(table: &[u8]) -> Result<Vec<String>, MachOError> {
    let mut names = BTreeSet::new();
    if table.is_empty() {
        return Ok(Vec::new());
    }
    // Each node is reached in one way. Otherwise a small table could have more names than there is memory.
    let mut seen = BTreeSet::new();
    let mut waiting = vec![(0, Vec::new())];
    while let Some((place, name)) = waiting.pop() {
        if !seen.insert(place) {
            return Err(broken("two ways to one node"));
        }
        let mut cursor = Cursor::at(table, place)?;
        let worth = cursor.number()?;
        if worth > 0 {
            names.insert(text(&name));
            cursor.skip(worth)?;
        }
        for _ in 0..cursor.byte()? {
            let letters = cursor.letters()?;
            let next = cursor.number()?;
            waiting.push((next, [name.as_slice(), letters].concat()));
        }
    }
    Ok(names.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `_a`, and from there `_ab`: each worth two bytes, its flags and its address.
    const TABLE: &[u8] = b"\x00\x01_a\0\x06\x02\x00\x10\x01b\0\x0d\x02\x00\x20\x00";

    #[test]
    fn names_are_put_together() {
        assert_eq!(read_exports(TABLE).unwrap(), ["_a", "_ab"]);
        assert_eq!(read_exports(b"").unwrap(), [""; 0]);
    }

    #[test]
    fn broken_tables_are_refused() {
        let check = |table: &[u8], expected: &str| {
            let error = read_exports(table).unwrap_err().to_string();
            assert!(error.ends_with(expected), "{error}");
        };
        check(&TABLE[..8], "it ends too early");
        check(b"\x00\x01a\0\x7f", "a node beyond its end");
        check(b"\x00\x01a\0\x00", "two ways to one node");
        check(b"\x00\x01abc", "a name without an end");
        check(&[0xff; 11], "a number that is too long");
    }
}
