//! A bundle as an object file, written without a compiler.
//!
//! Defines what `recipes/cpython/launcher/bundle.c` looks for: the bytes `pbs_bundle`, and `pbs_bundle_inflate`, a pointer
//! to what unfolds compressed content, null where nothing is compressed.

use object::write::{Object, Relocation, StandardSection, Symbol, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, RelocationEncoding, RelocationFlags, RelocationKind, SectionKind,
    SymbolFlags, SymbolKind, SymbolScope,
};

use crate::model::Arch;

/// The object writer refused.
#[derive(Debug, thiserror::Error)]
#[error("writing what the executable embeds as an object file")]
pub struct WriteEmbedError(#[from] object::write::Error);

const POINTER: u64 = 8;
/// Pages of the bundle hold nothing else: what is not read is not loaded.
const PAGE: u64 = 4096;

/// Writes the object file, for ELF.
pub fn write_embed(arch: Arch, bundle: &[u8], compressed: bool) -> Result<Vec<u8>, WriteEmbedError> {
    let architecture = match arch {
        Arch::X86_64 => Architecture::X86_64,
        Arch::Aarch64 => Architecture::Aarch64,
    };
    let mut object = Object::new(BinaryFormat::Elf, architecture, Endianness::Little);
    let bytes = object.section_id(StandardSection::ReadOnlyData);
    let at = object.append_section_data(bytes, bundle, PAGE);
    let size = u64::try_from(bundle.len()).unwrap_or(u64::MAX);
    object.add_symbol(data("pbs_bundle", SymbolSection::Section(bytes), at, size));
    let pointers = object.section_id(StandardSection::ReadOnlyDataWithRel);
    let pointer = object.append_section_data(pointers, &[0; POINTER as usize], POINTER);
    object.add_symbol(data(
        "pbs_bundle_inflate",
        SymbolSection::Section(pointers),
        pointer,
        POINTER,
    ));
    if compressed {
        let inflate = object.add_symbol(Symbol {
            kind: SymbolKind::Text,
            ..data("pbs_inflate", SymbolSection::Undefined, 0, 0)
        });
        let flags = RelocationFlags::Generic {
            kind: RelocationKind::Absolute,
            encoding: RelocationEncoding::Generic,
            size: 64,
        };
        let relocation = Relocation {
            offset: pointer,
            symbol: inflate,
            addend: 0,
            flags,
        };
        object.add_relocation(pointers, relocation)?;
    }
    // Without this note a linker would ask for an executable stack.
    object.add_section(Vec::new(), b".note.GNU-stack".to_vec(), SectionKind::Other);
    Ok(object.write()?)
}

fn data(name: &str, section: SymbolSection, value: u64, size: u64) -> Symbol {
    Symbol {
        name: name.as_bytes().to_vec(),
        value,
        size,
        kind: SymbolKind::Data,
        // Seen by the launcher's objects and by nothing outside of the executable.
        scope: SymbolScope::Linkage,
        weak: false,
        section,
        flags: SymbolFlags::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::{Object as _, ObjectSection as _, ObjectSymbol as _};

    #[test]
    fn a_linker_finds_the_bytes_and_the_pointer() {
        for compressed in [false, true] {
            let written = write_embed(Arch::X86_64, b"content", compressed).unwrap();
            let file = object::File::parse(&*written).unwrap();
            let bundle = file.symbol_by_name("pbs_bundle").unwrap();
            let section = file.section_by_index(bundle.section_index().unwrap()).unwrap();
            assert_eq!(section.align() % PAGE, 0);
            assert_eq!(section.data().unwrap(), b"content");
            let pointer = file.symbol_by_name("pbs_bundle_inflate").unwrap();
            let section = file.section_by_index(pointer.section_index().unwrap()).unwrap();
            assert_eq!(section.relocations().count(), usize::from(compressed));
            let elf = crate::inspect::Elf::parse(&written).unwrap();
            assert_eq!(elf.stack, crate::inspect::Stack::NotExecutable);
            assert!(!elf.symbol("pbs_bundle").unwrap().exported());
        }
    }
}
