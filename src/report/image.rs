//! The sections of an executable: what of the file is what, to the last byte.

mod pe;

use std::ops::Range;

use object::read::elf::{ElfFile64, SectionHeader as _};
use object::{Endianness, FileKind, elf};

/// An executable as a sequence of spans, and what it has in memory beside them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Image {
    /// The whole file, in order and without gaps.
    pub(super) spans: Vec<Span>,
    /// Sections that have no bytes in the file.
    pub(super) zero: Vec<Section>,
}

/// Some bytes of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Span {
    /// A section.
    Section(Section),
    /// The headers at the beginning.
    Headers(u64),
    /// What stands between sections.
    Padding(u64),
    /// The table of sections.
    Table(u64),
}

/// A section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Section {
    pub(super) name: String,
    /// Whether it is loaded.
    pub(super) loaded: bool,
    pub(super) address: u64,
    /// Its length; of those in the file, what of it no other section has.
    pub(super) size: u64,
}

/// The executable cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("what was linked is no readable executable")]
pub struct ReadImageError(#[from] object::read::Error);

/// Reads the sections of an ELF or PE file of 64 bits.
pub(super) fn read_image(bytes: &[u8]) -> Result<Image, ReadImageError> {
    match FileKind::parse(bytes)? {
        FileKind::Pe64 => pe::read(bytes),
        _ => read_elf(bytes),
    }
}

fn read_elf(bytes: &[u8]) -> Result<Image, ReadImageError> {
    let file = ElfFile64::<Endianness>::parse(bytes)?;
    let endian = file.endian();
    let table = file.elf_section_table();
    let mut zero = Vec::new();
    let mut placed = Vec::new();
    for header in table.iter().skip(1) {
        let name = table.section_name(endian, header)?;
        let section = Section {
            name: String::from_utf8_lossy(name).into_owned(),
            loaded: header.sh_flags(endian).contains(elf::SHF_ALLOC),
            address: header.sh_addr(endian),
            size: header.sh_size(endian),
        };
        if header.sh_type(endian) == elf::SHT_NOBITS {
            zero.push(section);
        } else {
            placed.push((header.sh_offset(endian), section));
        }
    }
    let size = bytes.len() as u64;
    let header = file.elf_header();
    let start = u64::from(header.e_ehsize.get(endian))
        .max(
            header.e_phoff.get(endian)
                + u64::from(header.e_phentsize.get(endian)) * u64::from(header.e_phnum.get(endian)),
        )
        .min(size);
    let mut spans = vec![Span::Headers(start)];
    let mut table_left = u64::from(header.e_shentsize.get(endian)) * u64::from(header.e_shnum.get(endian));
    let table_at = header.e_shoff.get(endian);
    let fill = |spans: &mut Vec<Span>, from: u64, to: u64| {
        if from >= to {
            return;
        }
        let has_table = table_at >= from && table_at < to;
        let table = if has_table {
            table_left.min(to - table_at)
        } else {
            0
        };
        table_left -= table;
        spans.extend((table > 0).then_some(Span::Table(table)));
        let padding = to - from - table;
        spans.extend((padding > 0).then_some(Span::Padding(padding)));
    };
    cover(&mut spans, placed, start..size, fill);
    Ok(Image { spans, zero })
}

/// Covers a range of the file: sections in their order, each where the one before it ends at the earliest, and between
/// them what `fill` makes of the places there.
fn cover(
    spans: &mut Vec<Span>,
    mut placed: Vec<(u64, Section)>,
    range: Range<u64>,
    mut fill: impl FnMut(&mut Vec<Span>, u64, u64),
) {
    placed.sort_by_key(|(offset, _)| *offset);
    let Range {
        start: mut at,
        end: size,
    } = range;
    for (offset, mut section) in placed {
        let end = offset.saturating_add(section.size).min(size);
        fill(spans, at, offset.min(size));
        at = at.max(offset.min(size));
        section.size = end.saturating_sub(at);
        at = at.max(end);
        spans.push(Span::Section(section));
    }
    fill(spans, at, size);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{InittabEntry, write_inittab};
    use crate::model::{Arch, ObjectFormat};

    fn size(span: &Span) -> u64 {
        match span {
            Span::Section(section) => section.size,
            Span::Headers(size) | Span::Padding(size) | Span::Table(size) => *size,
        }
    }

    #[test]
    fn every_byte_is_told_once() {
        let entries = ["a", "b"].map(|name| InittabEntry {
            name: name.to_owned(),
            init_fn: None,
        });
        let bytes = write_inittab(ObjectFormat::Elf, Arch::X86_64, &entries).unwrap();
        let image = read_image(&bytes).unwrap();
        assert_eq!(image.spans.iter().map(size).sum::<u64>(), bytes.len() as u64);
        assert_eq!(image.spans[0], Span::Headers(64));
        assert!(image.spans.iter().any(|span| matches!(span, Span::Table(_))));
        let data = image.spans.iter().find_map(|span| match span {
            Span::Section(section) if section.name == ".data" => Some(section),
            _ => None,
        });
        assert_eq!(data.map(|data| (data.loaded, data.size)), Some((true, 48)));
        assert!(read_image(b"no ELF").is_err());
    }
}
