//! Maps of ld.lld, lld-link and mold: a line of numbers for each output section, its inputs below it, their symbols below these.
//!
//! | linker | numbers | size |
//! |---|---|---|
//! | ld.lld | address, address in the file, size, alignment | hexadecimal |
//! | lld-link | address in the image, size, alignment | hexadecimal |
//! | mold | address, size, alignment | decimal, or hexadecimal after `0x` |
//!
//! One blank follows the last number; then output sections begin, inputs eight columns and symbols sixteen to the
//! right. An input is `FILE:(SECTION)`.

use super::{Piece, ReadMapError, input};

/// How a linker writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    /// How many numbers there are.
    numbers: usize,
    /// Which of them is the size, from 0.
    size: usize,
    /// What numbers without `0x` are to.
    radix: u32,
}

pub(super) const LLD: Columns = Columns {
    numbers: 4,
    size: 2,
    radix: 16,
};
pub(super) const LLD_LINK: Columns = Columns {
    numbers: 3,
    size: 1,
    radix: 16,
};
pub(super) const MOLD: Columns = Columns {
    numbers: 3,
    size: 1,
    radix: 10,
};

/// Blanks before an input and before a symbol.
const INPUT: usize = 8;

/// What the linkers call what they made themselves.
const INTERNAL: &str = "<internal>";

pub(super) fn read(text: &str, columns: Columns) -> Result<Vec<Piece>, ReadMapError> {
    let mut pieces = Vec::new();
    let mut section = "";
    for (index, line) in text.lines().enumerate().skip(1) {
        let Some((numbers, rest)) = columns.split(line) else {
            return Err(ReadMapError::Line {
                line: index + 1,
                text: line.to_owned(),
            });
        };
        let name = rest.trim_start_matches(' ');
        match rest.len() - name.len() {
            0 => section = name,
            INPUT => {
                // Assignments of linker scripts stand here, too.
                let Some((file, _)) = name.rsplit_once(":(") else {
                    continue;
                };
                pieces.push(Piece {
                    section: section.to_owned(),
                    address: numbers[0],
                    size: numbers[1],
                    input: (!file.is_empty() && file != INTERNAL).then(|| input(file)),
                });
            }
            _ => {}
        }
    }
    Ok(pieces)
}

impl Columns {
    /// Address and size, and what stands behind the numbers and one blank.
    fn split<'a>(&self, line: &'a str) -> Option<([u64; 2], &'a str)> {
        let mut rest = line;
        let mut found = [0; 2];
        for column in 0..self.numbers {
            let (word, after) = rest.trim_start_matches(' ').split_once(' ')?;
            rest = after;
            let number = match word.strip_prefix("0x") {
                Some(digits) => u64::from_str_radix(digits, 16),
                None => u64::from_str_radix(word, self.radix),
            };
            // Alignment is of no use here, and always decimal.
            if column == 0 {
                found[0] = number.ok()?;
            } else if column == self.size {
                found[1] = number.ok()?;
            }
        }
        Some((found, rest))
    }
}
