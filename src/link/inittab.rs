//! The table of built-in modules as an object file, written without a compiler.
//!
//! Stands in for what CPython compiles from `Modules/config.c`:
//! `struct _inittab { const char *name; PyObject *(*initfunc)(void); } _PyImport_Inittab[]`,
//! ended by an entry of two null pointers. Nothing else is defined there.

use object::write::{Relocation, StandardSection, Symbol, SymbolSection};
use object::{RelocationEncoding, RelocationFlags, RelocationKind, SymbolFlags, SymbolKind, SymbolScope};

use super::blank::blank;
use crate::model::{Arch, ObjectFormat};

/// A line of the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InittabEntry {
    /// Name of the module.
    pub name: String,
    /// The function that makes it; `None` for those that the interpreter makes by itself.
    pub init_fn: Option<String>,
}

/// Why the table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteInittabError {
    /// A name that C cannot hold.
    #[error("`{name}` cannot be the name of a module: it has a null character")]
    Name {
        /// The name.
        name: String,
    },
    /// The object writer refused.
    #[error("writing the table of built-in modules")]
    Write {
        /// Why.
        #[source]
        source: object::write::Error,
    },
}

const POINTER: u64 = 8;

/// Writes the object file.
pub fn write_inittab(
    format: ObjectFormat,
    arch: Arch,
    entries: &[InittabEntry],
) -> Result<Vec<u8>, WriteInittabError> {
    let mut object = blank(format, arch);
    let strings = object.section_id(StandardSection::ReadOnlyString);
    let data = object.section_id(StandardSection::Data);
    let strings_symbol = object.section_symbol(strings);
    let lines = u64::try_from(entries.len()).unwrap_or(u64::MAX) + 1;
    let table = vec![0; usize::try_from(lines * 2 * POINTER).unwrap_or(usize::MAX)];
    let table_at = object.append_section_data(data, &table, POINTER);
    for (entry, line) in entries.iter().zip(0_u64..) {
        if entry.name.contains('\0') {
            return Err(WriteInittabError::Name {
                name: entry.name.clone(),
            });
        }
        let name_at = object.append_section_data(strings, format!("{}\0", entry.name).as_bytes(), 1);
        let mut pointers = vec![(0, strings_symbol, name_at)];
        if let Some(init_fn) = &entry.init_fn {
            let function = symbol(init_fn, SymbolKind::Text, SymbolSection::Undefined);
            pointers.push((1, object.add_symbol(function), 0));
        }
        for (field, symbol, addend) in pointers {
            let relocation = Relocation {
                offset: table_at + (line * 2 + field) * POINTER,
                symbol,
                addend: i64::try_from(addend).unwrap_or(i64::MAX),
                flags: RelocationFlags::Generic {
                    kind: RelocationKind::Absolute,
                    encoding: RelocationEncoding::Generic,
                    size: 64,
                },
            };
            object
                .add_relocation(data, relocation)
                .map_err(|source| WriteInittabError::Write { source })?;
        }
    }
    let mut head = symbol(
        "_PyImport_Inittab",
        SymbolKind::Data,
        SymbolSection::Section(data),
    );
    head.value = table_at;
    head.size = lines * 2 * POINTER;
    head.scope = SymbolScope::Linkage;
    object.add_symbol(head);
    object
        .write()
        .map_err(|source| WriteInittabError::Write { source })
}

fn symbol(name: &str, kind: SymbolKind, section: SymbolSection) -> Symbol {
    Symbol {
        name: name.as_bytes().to_vec(),
        value: 0,
        size: 0,
        kind,
        scope: SymbolScope::Unknown,
        weak: false,
        section,
        flags: SymbolFlags::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::{BinaryFormat, Object as _, ObjectSection as _, ObjectSymbol as _, RelocationTarget};

    fn entry(name: &str, init_fn: Option<&str>) -> InittabEntry {
        InittabEntry {
            name: name.to_owned(),
            init_fn: init_fn.map(str::to_owned),
        }
    }

    /// The table as a linker would read it: (name, function).
    fn read(bytes: &[u8]) -> Vec<(String, Option<String>)> {
        let file = object::File::parse(bytes).unwrap();
        let head = file.symbol_by_name("_PyImport_Inittab").unwrap();
        let data = file.section_by_index(head.section_index().unwrap()).unwrap();
        let strings = file
            .section_by_name(".rodata.str")
            .or_else(|| file.section_by_name(".rodata"))
            .or_else(|| file.section_by_name(".rdata"))
            .or_else(|| file.section_by_name("__cstring"))
            .unwrap();
        let strings = strings.data().unwrap();
        // No symbol of COFF says how large it is.
        let size = if head.size() > 0 { head.size() } else { data.size() };
        let mut lines = vec![(String::new(), None); usize::try_from(size / 16).unwrap()];
        for (offset, relocation) in data.relocations() {
            let line = &mut lines[usize::try_from(offset / 16).unwrap()];
            let RelocationTarget::Symbol(target) = relocation.target() else {
                panic!("{relocation:?}")
            };
            if offset % 16 == 0 {
                let addend = if file.format() == BinaryFormat::Coff {
                    // It stands where the pointer will be.
                    let at = usize::try_from(offset).unwrap();
                    let bytes = data.data().unwrap()[at..at + 8].try_into().unwrap();
                    i64::from_le_bytes(bytes)
                } else {
                    relocation.addend()
                };
                let text = &strings[usize::try_from(addend).unwrap()..];
                let text = text.split(|byte| *byte == 0).next().unwrap();
                line.0 = String::from_utf8(text.to_vec()).unwrap();
            } else {
                line.1 = Some(file.symbol_by_index(target).unwrap().name().unwrap().to_owned());
            }
        }
        lines
    }

    #[test]
    fn a_linker_reads_what_was_meant() {
        let entries = [
            entry("posix", Some("PyInit_posix")),
            entry("sys", None),
            entry("zlib", Some("PyInit_zlib")),
        ];
        for arch in [Arch::X86_64, Arch::Aarch64] {
            let bytes = write_inittab(ObjectFormat::Elf, arch, &entries).unwrap();
            let read: Vec<_> = read(&bytes);
            let mut expected: Vec<_> = entries
                .iter()
                .map(|entry| (entry.name.clone(), entry.init_fn.clone()))
                .collect();
            expected.push((String::new(), None));
            assert_eq!(read, expected);
            let elf = crate::inspect::Elf::parse(&bytes).unwrap();
            assert!(elf.is_for(arch));
            assert_eq!(elf.stack, crate::inspect::Stack::NotExecutable);
            assert!(!elf.symbol("_PyImport_Inittab").unwrap().exported());
            assert!(!elf.symbol("PyInit_zlib").unwrap().defined);
            let bytes = write_inittab(ObjectFormat::Coff, arch, &entries).unwrap();
            assert_eq!(self::read(&bytes), expected);
            let coff = crate::inspect::Coff::parse(&bytes).unwrap();
            assert!(coff.is_for(arch) && coff.time == 0);
        }
    }

    #[test]
    fn the_same_table_is_the_same_bytes() {
        let entries = [entry("a", Some("PyInit_a"))];
        let write = || write_inittab(ObjectFormat::Elf, Arch::X86_64, &entries).unwrap();
        assert_eq!(write(), write());
    }

    #[test]
    fn a_name_with_a_null_is_refused() {
        let error = write_inittab(ObjectFormat::Elf, Arch::X86_64, &[entry("a\0b", None)]);
        assert!(matches!(error, Err(WriteInittabError::Name { .. })));
    }
}
