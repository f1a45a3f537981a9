//! Objects with nothing in them yet.

use object::write::Object;
use object::{Architecture, BinaryFormat, Endianness, SectionKind};

use crate::model::{Arch, ObjectFormat};

/// An empty object for a linker of that format.
pub(super) fn blank(format: ObjectFormat, arch: Arch) -> Object<'static> {
    let binary = match format {
        ObjectFormat::Elf => BinaryFormat::Elf,
        ObjectFormat::MachO => BinaryFormat::MachO,
        ObjectFormat::Coff => BinaryFormat::Coff,
    };
    let architecture = match arch {
        Arch::X86_64 => Architecture::X86_64,
        Arch::Aarch64 => Architecture::Aarch64,
    };
    let mut object = Object::new(binary, architecture, Endianness::Little);
    if format == ObjectFormat::Elf {
        // Without this note a linker would ask for an executable stack.
        object.add_section(Vec::new(), b".note.GNU-stack".to_vec(), SectionKind::Other);
    }
    object
}
