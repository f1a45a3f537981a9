//! Where the names of needed libraries are in a file.

use std::collections::BTreeSet;

use object::elf;
use object::read::elf::{Dyn as _, ElfFile, FileHeader, SectionHeader as _};
use object::{Endianness, FileKind};

use super::{Elf, ElfError, text};

impl Elf {
    /// The names of the libraries that a file needs, each with the offset of its first byte in the file; twice where
    /// the versions of symbols that it needs have names of their own.
    pub fn needed_at(bytes: &[u8]) -> Result<Vec<(String, u64)>, ElfError> {
        match FileKind::parse(bytes)? {
            FileKind::Elf32 => read::<elf::FileHeader32<Endianness>>(bytes),
            _ => read::<elf::FileHeader64<Endianness>>(bytes),
        }
    }
}

fn read<Header: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> Result<Vec<(String, u64)>, ElfError> {
    let file = ElfFile::<Header>::parse(bytes)?;
    let (endian, table) = (file.endian(), file.elf_section_table());
    let mut offsets = BTreeSet::new();
    let mut strings = 0;
    if let Some((entries, link)) = table.dynamic(endian, bytes)? {
        strings = table.section(link)?.sh_offset(endian).into();
        let needed = entries
            .iter()
            .filter(|entry| entry.d_tag(endian) == elf::DT_NEEDED);
        offsets.extend(needed.map(|entry| entry.d_val(endian).into()));
    }
    if let Some((mut libraries, _)) = table.gnu_verneed(endian, bytes)? {
        while let Some((library, _)) = libraries.next()? {
            offsets.insert(u64::from(library.vn_file.get(endian)));
        }
    }
    let names = offsets.into_iter().map(|offset| {
        let at = offset.saturating_add(strings);
        let name = usize::try_from(at).ok().and_then(|at| bytes.get(at..));
        let name = name.ok_or(ElfError::Segment)?.split(|byte| *byte == 0).next();
        Ok((text(name.unwrap_or_default()), at))
    });
    names.collect()
}
