//! The tables of a relocatable ELF object, to be changed where they stand.
//!
//! System V ABI, <https://gabi.xinuos.com>: 64 bits, little-endian. An object of many thousand sections counts them in a
//! table of its own (`SHT_SYMTAB_SHNDX`), as two bytes of a symbol do not hold such numbers.

/// The standard's numbers.
pub(super) mod elf {
    use object::elf;

    pub(in crate::link::elf) const CLASS_AND_ENDIANNESS: [u8; 2] = [elf::ELFCLASS64.0, elf::ELFDATA2LSB.0];
    pub(in crate::link::elf) const ET_REL: u16 = elf::ET_REL.0;
    pub(in crate::link::elf) const SHT_NULL: u32 = elf::SHT_NULL.0;
    pub(in crate::link::elf) const SHT_SYMTAB: u32 = elf::SHT_SYMTAB.0;
    pub(in crate::link::elf) const SHT_RELA: u32 = elf::SHT_RELA.0;
    pub(in crate::link::elf) const SHT_NOBITS: u32 = elf::SHT_NOBITS.0;
    pub(in crate::link::elf) const SHT_REL: u32 = elf::SHT_REL.0;
    pub(in crate::link::elf) const SHT_GROUP: u32 = elf::SHT_GROUP.0;
    pub(in crate::link::elf) const SHT_SYMTAB_SHNDX: u32 = elf::SHT_SYMTAB_SHNDX.0;
    /// LLVM's own: symbols whose address matters.
    pub(in crate::link::elf) const SHT_LLVM_ADDRSIG: u32 = 0x6fff_4c03;
    pub(in crate::link::elf) const SHF_ALLOC_WRITE: u64 = 0x3;
    pub(in crate::link::elf) const GRP_COMDAT: u32 = elf::GRP_COMDAT.0;
    pub(in crate::link::elf) const SHN_UNDEF: u16 = elf::SHN_UNDEF.0;
    pub(in crate::link::elf) const SHN_LORESERVE: u16 = elf::SHN_LORESERVE;
    pub(in crate::link::elf) const SHN_ABS: u16 = elf::SHN_ABS.0;
    pub(in crate::link::elf) const SHN_COMMON: u16 = elf::SHN_COMMON.0;
    pub(in crate::link::elf) const SHN_XINDEX: u16 = elf::SHN_XINDEX.0;
    pub(in crate::link::elf) const STB_LOCAL: u8 = elf::STB_LOCAL.0;
    pub(in crate::link::elf) const STB_WEAK: u8 = elf::STB_WEAK.0;
    pub(in crate::link::elf) const STT_OBJECT: u8 = elf::STT_OBJECT.0;
    pub(in crate::link::elf) const STV_DEFAULT: u8 = elf::STV_DEFAULT.0;
    pub(in crate::link::elf) const STV_PROTECTED: u8 = elf::STV_PROTECTED.0;
}

/// Why an object cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadObjectError {
    /// It is no relocatable object, or not for a processor that we know.
    #[error("what the linker wrote is no relocatable object of 64 bits")]
    Kind,
    /// Something points out of it.
    #[error("the object that the linker wrote is damaged: {what}")]
    Damaged {
        /// What does.
        what: &'static str,
    },
}

/// Bytes of a symbol in its table; a relocation with an addend has as many.
pub(super) const SYMBOL: usize = 24;
/// Bytes of a section's header.
const SECTION: usize = 64;

/// A section's header, as far as it concerns us.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    /// Where the header stands.
    header: usize,
    pub(super) kind: u32,
    flags: u64,
    /// Where the section stands.
    pub(super) at: usize,
    pub(super) size: usize,
    pub(super) link: u32,
    pub(super) info: u32,
    align: u64,
}

/// A symbol.
#[derive(Clone, Copy, Debug)]
pub(super) struct Symbol {
    name: u32,
    /// Binding and type.
    info: u8,
    /// Visibility.
    other: u8,
    /// The section, which may have a number beyond two bytes.
    pub(super) section: u32,
    /// An offset in the section; for a common symbol its alignment.
    pub(super) value: u64,
    pub(super) size: u64,
    /// Whether the number of the section is none of the reserved ones, though it may look like one.
    ordinary: bool,
}

impl Symbol {
    pub(super) fn binding(&self) -> u8 {
        self.info >> 4
    }

    pub(super) fn make_local(&mut self) {
        self.info = elf::STB_LOCAL << 4 | self.info & 0xf;
        self.other &= !3;
    }

    /// Whether other files may see it.
    pub(super) fn is_visible(&self) -> bool {
        matches!(self.other & 3, elf::STV_DEFAULT | elf::STV_PROTECTED)
    }

    /// Whether it is zeroed memory that no object has a place for.
    ///
    /// mold 1 calls it absolute when it writes an object, and keeps size and alignment: no number has those.
    pub(super) fn is_common(&self) -> bool {
        let absolute = self.section == u32::from(elf::SHN_ABS);
        let number = self.size == 0 || self.info & 0xf != elf::STT_OBJECT || !self.value.is_power_of_two();
        !self.ordinary && (self.section == u32::from(elf::SHN_COMMON) || absolute && !number)
    }

    pub(super) fn make_object(&mut self) {
        self.info = self.info & 0xf0 | elf::STT_OBJECT;
        self.ordinary = true;
    }
}

/// An object and where its tables are.
#[derive(Clone, Debug)]
pub(super) struct ElfObject {
    bytes: Vec<u8>,
    pub(super) sections: Vec<Section>,
    /// The section with symbols.
    pub(super) table: u32,
    /// Their names.
    names: Section,
    /// The numbers of sections that are too large for the table.
    numbers: Option<Section>,
}

impl ElfObject {
    pub(super) fn read(bytes: Vec<u8>) -> Result<Self, ReadObjectError> {
        let head = bytes.get(..SECTION).ok_or(ReadObjectError::Kind)?;
        let expected = elf::CLASS_AND_ENDIANNESS;
        if head[..4] != *b"\x7fELF" || head[4..6] != expected || head[16..18] != elf::ET_REL.to_le_bytes() {
            return Err(ReadObjectError::Kind);
        }
        let mut object = Self {
            bytes,
            sections: Vec::new(),
            table: 0,
            names: Section {
                header: 0,
                kind: elf::SHT_NULL,
                flags: 0,
                at: 0,
                size: 0,
                link: 0,
                info: 0,
                align: 0,
            },
            numbers: None,
        };
        let start = object.usize_at(40)?;
        let first = object.section_at(start)?;
        let mut count = usize::from(u16::from_le_bytes(object.array_at(60)?));
        if count == 0 {
            count = first.size;
        }
        if count > object.bytes.len() / SECTION {
            let what = "the number of sections";
            return Err(ReadObjectError::Damaged { what });
        }
        for index in 0..count {
            let section = object.section_at(start + index * SECTION)?;
            if !matches!(section.kind, elf::SHT_NULL | elf::SHT_NOBITS) {
                let end = section.at.checked_add(section.size);
                if end.is_none_or(|end| end > object.bytes.len()) {
                    let what = "the size of a section";
                    return Err(ReadObjectError::Damaged { what });
                }
            }
            object.sections.push(section);
        }
        let what = "there is no one table of symbols";
        let damaged = ReadObjectError::Damaged { what };
        let mut tables = (0_u32..)
            .zip(&object.sections)
            .filter(|(_, s)| s.kind == elf::SHT_SYMTAB);
        let (Some((table, symbols)), None) = (tables.next(), tables.next()) else {
            return Err(damaged);
        };
        let names = usize::try_from(symbols.link).ok();
        object.names = *names
            .and_then(|names| object.sections.get(names))
            .ok_or(damaged)?;
        object.numbers = object
            .sections
            .iter()
            .find(|section| section.kind == elf::SHT_SYMTAB_SHNDX && section.link == table)
            .copied();
        object.table = table;
        Ok(object)
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn array_at<const SIZE: usize>(&self, at: usize) -> Result<[u8; SIZE], ReadObjectError> {
        let bytes = self.bytes.get(at..).and_then(<[u8]>::first_chunk);
        bytes.copied().ok_or(ReadObjectError::Damaged {
            what: "a table ends early",
        })
    }

    pub(super) fn u32_at(&self, at: usize) -> Result<u32, ReadObjectError> {
        Ok(u32::from_le_bytes(self.array_at(at)?))
    }

    fn u64_at(&self, at: usize) -> Result<u64, ReadObjectError> {
        Ok(u64::from_le_bytes(self.array_at(at)?))
    }

    fn usize_at(&self, at: usize) -> Result<usize, ReadObjectError> {
        usize::try_from(self.u64_at(at)?).map_err(|_| ReadObjectError::Damaged {
            what: "a place beyond memory",
        })
    }

    /// Writes over what stands at a place.
    pub(super) fn put(&mut self, at: usize, bytes: &[u8]) -> Result<(), ReadObjectError> {
        let end = at.saturating_add(bytes.len());
        let place = self.bytes.get_mut(at..end).ok_or(ReadObjectError::Damaged {
            what: "a table ends early",
        })?;
        place.copy_from_slice(bytes);
        Ok(())
    }

    fn section_at(&self, header: usize) -> Result<Section, ReadObjectError> {
        let end = header.checked_add(SECTION);
        if end.is_none_or(|end| end > self.bytes.len()) {
            let what = "the table of sections ends early";
            return Err(ReadObjectError::Damaged { what });
        }
        Ok(Section {
            header,
            kind: self.u32_at(header + 4)?,
            flags: self.u64_at(header + 8)?,
            at: self.usize_at(header + 24)?,
            size: self.usize_at(header + 32)?,
            link: self.u32_at(header + 40)?,
            info: self.u32_at(header + 44)?,
            align: self.u64_at(header + 48)?,
        })
    }

    pub(super) fn set_link(&mut self, index: usize, link: u32) -> Result<(), ReadObjectError> {
        self.put(self.sections[index].header + 40, &link.to_le_bytes())
    }

    pub(super) fn set_info(&mut self, index: usize, info: u32) -> Result<(), ReadObjectError> {
        self.put(self.sections[index].header + 44, &info.to_le_bytes())
    }

    fn table(&self) -> Section {
        self.sections[usize::try_from(self.table).unwrap_or(0)]
    }

    /// All symbols, the empty one at the start included.
    pub(super) fn symbols(&self) -> Result<Vec<Symbol>, ReadObjectError> {
        let table = self.table();
        let starts = (table.at..table.at + table.size).step_by(SYMBOL);
        starts
            .enumerate()
            .map(|(index, at)| {
                let near = u16::from_le_bytes(self.array_at(at + 6)?);
                let far = match self.numbers {
                    Some(numbers) if near == elf::SHN_XINDEX => Some(self.u32_at(numbers.at + index * 4)?),
                    _ => None,
                };
                let [info, other] = self.array_at(at + 4)?;
                Ok(Symbol {
                    name: self.u32_at(at)?,
                    info,
                    other,
                    section: far.unwrap_or_else(|| near.into()),
                    value: self.u64_at(at + 8)?,
                    size: self.u64_at(at + 16)?,
                    ordinary: far.is_some() || near < elf::SHN_LORESERVE,
                })
            })
            .collect()
    }

    /// The name of a symbol; none of those that C makes is anything but text.
    pub(super) fn symbol_name(&self, symbol: &Symbol) -> Result<&str, ReadObjectError> {
        let names = &self.bytes[self.names.at..self.names.at + self.names.size];
        let from = usize::try_from(symbol.name).ok().and_then(|at| names.get(at..));
        let name = from.and_then(|from| Some(&from[..memchr::memchr(0, from)?]));
        let name = name.and_then(|name| std::str::from_utf8(name).ok());
        name.ok_or(ReadObjectError::Damaged {
            what: "the name of a symbol",
        })
    }

    /// Writes the table of symbols, of which the first `locals` are local.
    pub(super) fn write_symbols(&mut self, symbols: &[Symbol], locals: u32) -> Result<(), ReadObjectError> {
        let table = self.table();
        let mut written = Vec::with_capacity(table.size);
        let mut numbers = Vec::with_capacity(symbols.len() * 4);
        for symbol in symbols {
            let near = u16::try_from(symbol.section).ok();
            let near = near.filter(|near| !symbol.ordinary || *near < elf::SHN_LORESERVE);
            let far = if near.is_none() { symbol.section } else { 0 };
            written.extend(symbol.name.to_le_bytes());
            written.extend([symbol.info, symbol.other]);
            written.extend(near.unwrap_or(elf::SHN_XINDEX).to_le_bytes());
            written.extend(symbol.value.to_le_bytes());
            written.extend(symbol.size.to_le_bytes());
            numbers.extend(far.to_le_bytes());
        }
        self.put(table.at, &written)?;
        if let Some(place) = self.numbers {
            self.put(place.at, &numbers)?;
        }
        self.set_info(usize::try_from(self.table).unwrap_or(0), locals)
    }

    /// Makes room in the section that is all zero: its number, and where in it the room is. `None` where there is no
    /// such section.
    pub(super) fn grow_zeroed(
        &mut self,
        size: u64,
        align: u64,
    ) -> Result<Option<(u32, u64)>, ReadObjectError> {
        let flags = elf::SHF_ALLOC_WRITE;
        let found = self
            .sections
            .iter()
            .position(|section| section.kind == elf::SHT_NOBITS && section.flags == flags);
        let Some(index) = found else {
            return Ok(None);
        };
        let section = &mut self.sections[index];
        let align = align.max(1);
        let at = u64::try_from(section.size)
            .unwrap_or(u64::MAX)
            .next_multiple_of(align);
        let end = at.saturating_add(size);
        section.size = usize::try_from(end).unwrap_or(usize::MAX);
        section.align = section.align.max(align);
        let (header, align) = (section.header, section.align);
        self.put(header + 32, &end.to_le_bytes())?;
        self.put(header + 48, &align.to_le_bytes())?;
        let far = !u16::try_from(index).is_ok_and(|index| index < elf::SHN_LORESERVE);
        if far && self.numbers.is_none() {
            return Ok(None);
        }
        Ok(Some((u32::try_from(index).unwrap_or(u32::MAX), at)))
    }
}
