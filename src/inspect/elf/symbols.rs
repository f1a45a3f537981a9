//! Reads the symbols of an ELF file and the versions they need.

use std::collections::{BTreeMap, BTreeSet};

use object::Endianness;
use object::elf;
use object::read::elf::{ElfFile, FileHeader, Sym as _, SymbolTable};

use super::{Binding, ElfError, Symbol, Visibility, text};

/// Symbol index → the version it needs; and library → all versions needed of it.
type Versions = (BTreeMap<usize, String>, BTreeMap<String, BTreeSet<String>>);

pub(super) fn read_versions<Header: FileHeader<Endian = Endianness>>(
    file: &ElfFile<'_, Header>,
) -> Result<Versions, ElfError> {
    let endian = file.endian();
    let table = file.elf_section_table();
    let mut by_library = BTreeMap::<String, BTreeSet<String>>::new();
    if let Some((mut libraries, link)) = table.gnu_verneed(endian, file.data())? {
        let strings = table.strings(endian, file.data(), link)?;
        while let Some((library, mut versions)) = libraries.next()? {
            let names = by_library
                .entry(text(library.file(endian, strings)?))
                .or_default();
            while let Some(version) = versions.next()? {
                names.insert(text(version.name(endian, strings)?));
            }
        }
    }
    let mut by_symbol = BTreeMap::new();
    if let Some(versions) = table.versions(endian, file.data())? {
        for (index, symbol) in file.elf_dynamic_symbol_table().enumerate() {
            if symbol.is_undefined(endian)
                && let Some(version) = versions.version(versions.version_index(endian, index).index())?
            {
                by_symbol.insert(index.0, text(version.name()));
            }
        }
    }
    Ok((by_symbol, by_library))
}

pub(super) fn read_symbols<Header: FileHeader<Endian = Endianness>>(
    endian: Endianness,
    table: &SymbolTable<'_, Header>,
    version: impl Fn(usize) -> Result<Option<String>, ElfError>,
) -> Result<Vec<Symbol>, ElfError> {
    let mut symbols = Vec::new();
    for (index, symbol) in table.enumerate() {
        let binding = match symbol.st_bind() {
            elf::STB_LOCAL => continue,
            elf::STB_WEAK => Binding::Weak,
            _ => Binding::Global,
        };
        let name = table.symbol_name(endian, symbol)?;
        if name.is_empty() {
            continue;
        }
        symbols.push(Symbol {
            name: text(name),
            defined: !symbol.is_undefined(endian),
            binding,
            visibility: match symbol.st_visibility() {
                elf::STV_DEFAULT => Visibility::Default,
                elf::STV_PROTECTED => Visibility::Protected,
                _ => Visibility::Hidden,
            },
            version: version(index.0)?,
        });
    }
    symbols.sort();
    Ok(symbols)
}
