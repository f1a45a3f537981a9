//! Maps of GNU ld, behind the line `Linker script and memory map`.
//!
//! Output sections stand at the first column, what goes into them after one blank: name, address, size, file. A name
//! that is too long has the rest on the next line. Patterns of the linker script (`*(.text)`), fillings (`*fill*`),
//! symbols and assignments stand between them.

use super::{Piece, ReadMapError, input};

pub(super) const HEAD: &str = "Linker script and memory map";
/// Behind the size that a section had before strings or unwind tables were merged.
const BEFORE: &str = "(size before relaxing)";

pub(super) fn read(text: &str) -> Result<Vec<Piece>, ReadMapError> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut section = "";
    // A name was read, and where it stands comes on the next line.
    let mut open = false;
    for line in text.lines().skip_while(|line| *line != HEAD).skip(1) {
        let inside = line.trim_start();
        let indent = line.len() - inside.len();
        let mut words = inside.splitn(2, ' ');
        let first = words.next().unwrap_or_default();
        let rest = words.next().unwrap_or_default().trim_start();
        match indent {
            0 => {
                section = first;
                open = false;
            }
            1 if first.starts_with('*') => open = false,
            1 => {
                open = rest.is_empty();
                pieces.extend(piece(section, rest));
            }
            _ if rest == BEFORE => {
                let before = hexadecimal(first).unwrap_or(u64::MAX);
                // Larger than it was: the strings of all inputs were merged into the first one's.
                if let Some(last) = pieces.last_mut()
                    && last.size > before
                {
                    last.input = None;
                }
            }
            _ => {
                if open {
                    pieces.extend(piece(section, inside));
                }
                open = false;
            }
        }
    }
    pieces.retain(|piece| piece.size > 0);
    Ok(pieces)
}

/// Address, size and file.
fn piece(section: &str, text: &str) -> Option<Piece> {
    let (address, rest) = text.split_once(' ')?;
    let (size, file) = rest.trim_start().split_once(' ')?;
    Some(Piece {
        section: section.to_owned(),
        address: hexadecimal(address)?,
        size: hexadecimal(size)?,
        input: Some(input(file.trim())),
    })
}

fn hexadecimal(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}
