//! A bundle as an object file, written without a compiler.
//!
//! Defines what `recipes/cpython/launcher/bundle.c` looks for: the bytes `pbs_bundle`, and `pbs_bundle_inflate`, a pointer
//! to what unfolds compressed content, null where nothing is compressed.

use object::write::{Relocation, StandardSection, Symbol, SymbolSection};
use object::{
    RelocationEncoding, RelocationFlags, RelocationKind, SectionKind, SymbolFlags, SymbolKind, SymbolScope,
};

use super::blank::blank;
use crate::model::{Arch, ObjectFormat};

/// The object writer refused.
#[derive(Debug, thiserror::Error)]
#[error("writing what the executable embeds as an object file")]
pub struct WriteEmbedError(#[from] object::write::Error);

const POINTER: u64 = 8;

/// The section of an executable for Windows that holds the bundle and nothing else: it is part of the image, so that
/// what is signed is all of it.
const SECTION: &[u8] = b".pbs";
/// The same of an executable for macOS, which looks for sections by segment and name; that segment cannot be written.
const MACH_O_SECTION: (&[u8], &[u8]) = (b"__TEXT", b"__pbs");

/// Pages of the bundle hold nothing else: what is not read is not loaded. Those of ARM64 have 16 KiB on macOS.
fn page(format: ObjectFormat) -> u64 {
    match format {
        ObjectFormat::Elf | ObjectFormat::Coff => 1 << 12,
        ObjectFormat::MachO => 1 << 14,
    }
}

/// Writes the object file.
pub fn write_embed(
    format: ObjectFormat,
    arch: Arch,
    bundle: &[u8],
    compressed: bool,
) -> Result<Vec<u8>, WriteEmbedError> {
    let mut object = blank(format, arch);
    let bytes = match format {
        ObjectFormat::Coff => object.add_section(Vec::new(), SECTION.to_vec(), SectionKind::ReadOnlyData),
        ObjectFormat::MachO => {
            let (segment, name) = MACH_O_SECTION;
            object.add_section(segment.to_vec(), name.to_vec(), SectionKind::ReadOnlyData)
        }
        ObjectFormat::Elf => object.section_id(StandardSection::ReadOnlyData),
    };
    let at = object.append_section_data(bytes, bundle, page(format));
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
            // Mach-O knows no hidden names of others.
            scope: match format {
                ObjectFormat::MachO => SymbolScope::Unknown,
                ObjectFormat::Elf | ObjectFormat::Coff => SymbolScope::Linkage,
            },
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
            let written = write_embed(ObjectFormat::Elf, Arch::X86_64, b"content", compressed).unwrap();
            let file = object::File::parse(&*written).unwrap();
            let bundle = file.symbol_by_name("pbs_bundle").unwrap();
            let section = file.section_by_index(bundle.section_index().unwrap()).unwrap();
            assert_eq!(section.align() % page(ObjectFormat::Elf), 0);
            assert_eq!(section.data().unwrap(), b"content");
            let pointer = file.symbol_by_name("pbs_bundle_inflate").unwrap();
            let section = file.section_by_index(pointer.section_index().unwrap()).unwrap();
            assert_eq!(section.relocations().count(), usize::from(compressed));
            let elf = crate::inspect::Elf::parse(&written).unwrap();
            assert_eq!(elf.stack, crate::inspect::Stack::NotExecutable);
            assert!(!elf.symbol("pbs_bundle").unwrap().exported());
        }
    }

    #[test]
    fn macos_has_a_section_for_it() {
        for arch in [Arch::X86_64, Arch::Aarch64] {
            let written = write_embed(ObjectFormat::MachO, arch, b"content", true).unwrap();
            let file = object::File::parse(&*written).unwrap();
            let section = file.section_by_name("__pbs").unwrap();
            assert_eq!(section.segment_name(), Ok(Some("__TEXT")));
            assert_eq!(
                (section.data().unwrap(), section.align()),
                (&b"content"[..], 1 << 14)
            );
            let symbols: Vec<_> = file
                .symbols()
                .map(|symbol| (symbol.name().unwrap(), symbol.is_undefined(), symbol.scope()))
                .collect();
            assert_eq!(
                symbols,
                [
                    ("_pbs_bundle", false, SymbolScope::Linkage),
                    ("_pbs_bundle_inflate", false, SymbolScope::Linkage),
                    ("_pbs_inflate", true, SymbolScope::Unknown)
                ]
            );
        }
    }

    #[test]
    fn windows_has_a_section_for_it() {
        let written = write_embed(ObjectFormat::Coff, Arch::X86_64, b"content", true).unwrap();
        let file = object::File::parse(&*written).unwrap();
        let section = file.section_by_name(".pbs").unwrap();
        assert_eq!(
            (section.data().unwrap(), section.align()),
            (&b"content"[..], page(ObjectFormat::Coff))
        );
        let coff = crate::inspect::Coff::parse(&written).unwrap();
        let symbols: Vec<_> = coff
            .symbols
            .iter()
            .map(|symbol| (symbol.name.as_str(), symbol.defined))
            .collect();
        assert_eq!(
            symbols,
            [
                ("pbs_bundle", true),
                ("pbs_bundle_inflate", true),
                ("pbs_inflate", false)
            ]
        );
    }
}
