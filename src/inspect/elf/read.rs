//! Reads the facts of an ELF file, part by part: segments, dynamic section, sections.

use std::collections::BTreeMap;

use object::Endianness;
use object::elf;
use object::read::elf::{DynamicTable, ElfFile, FileHeader, ProgramHeader, SectionHeader as _};

use super::symbols::{read_symbols, read_versions};
use super::{Elf, ElfError, ElfKind, Sizes, Stack, text};

/// Reads an ELF file of either class.
pub(super) fn read<Header: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> Result<Elf, ElfError> {
    let file = ElfFile::<Header>::parse(bytes)?;
    let endian = file.endian();
    let header = file.elf_header();
    let dynamic = file.elf_dynamic_table()?;
    let segments = Segments::read::<Header>(endian, file.elf_program_headers(), bytes)?;
    if segments.dynamic && dynamic.is_empty() {
        return Err(ElfError::NoSections);
    }
    let table = Dynamic::read::<Header>(&dynamic)?;
    let kind = match header.e_type(endian) {
        elf::ET_REL => ElfKind::Relocatable,
        elf::ET_EXEC => ElfKind::Executable,
        elf::ET_DYN if segments.interpreter.is_some() || table.flags_1 & elf::DF_1_PIE.0 != 0 => {
            ElfKind::PositionIndependentExecutable
        }
        elf::ET_DYN => ElfKind::SharedLibrary,
        other => return Err(ElfError::Kind { kind: other.0 }),
    };
    let sections = Sections::read::<Header>(&file)?;
    let (symbols, versions) = if dynamic.is_empty() {
        let table = file.elf_symbol_table();
        (
            read_symbols::<Header>(endian, table, |_| Ok(None))?,
            BTreeMap::new(),
        )
    } else {
        let (names, versions) = read_versions::<Header>(&file)?;
        let table = file.elf_dynamic_symbol_table();
        let symbols = read_symbols::<Header>(endian, table, |index| Ok(names.get(&index).cloned()))?;
        (symbols, versions)
    };
    Ok(Elf {
        machine: header.e_machine(endian).0,
        kind,
        interpreter: segments.interpreter,
        soname: table.soname,
        needed: table.needed,
        rpath: table.rpath,
        runpath: table.runpath,
        versions,
        stack: if kind == ElfKind::Relocatable {
            sections.stack
        } else {
            segments.stack
        },
        relro: segments.relro,
        bind_now: table.bind_now,
        text_relocations: table.text_relocations,
        writable_code: segments.writable_code,
        build_id: sections.build_id,
        comments: sections.comments,
        embedded_bitcode: sections.embedded_bitcode,
        sizes: sections.sizes,
        symbols,
    })
}

/// What the program headers say.
struct Segments {
    interpreter: Option<String>,
    stack: Stack,
    relro: bool,
    writable_code: bool,
    dynamic: bool,
}

impl Segments {
    fn read<Header: FileHeader<Endian = Endianness>>(
        endian: Endianness,
        headers: &[Header::ProgramHeader],
        bytes: &[u8],
    ) -> Result<Self, ElfError> {
        let mut segments = Self {
            interpreter: None,
            stack: Stack::Unsaid,
            relro: false,
            writable_code: false,
            dynamic: false,
        };
        for header in headers {
            let flags = header.p_flags(endian);
            let executable = flags.contains(elf::PF_X);
            match header.p_type(endian) {
                elf::PT_INTERP => {
                    let name = header.data(endian, bytes).map_err(|()| ElfError::Segment)?;
                    segments.interpreter =
                        Some(text(name.split(|byte| *byte == 0).next().unwrap_or_default()));
                }
                elf::PT_GNU_STACK if executable => segments.stack = Stack::Executable,
                elf::PT_GNU_STACK => segments.stack = Stack::NotExecutable,
                elf::PT_GNU_RELRO => segments.relro = true,
                elf::PT_DYNAMIC => segments.dynamic = true,
                elf::PT_LOAD => segments.writable_code |= executable && flags.contains(elf::PF_W),
                _ => {}
            }
        }
        Ok(segments)
    }
}

/// What the dynamic section says.
#[derive(Default)]
struct Dynamic {
    soname: Option<String>,
    needed: Vec<String>,
    rpath: Option<String>,
    runpath: Option<String>,
    bind_now: bool,
    text_relocations: bool,
    flags_1: u64,
}

impl Dynamic {
    fn read<Header: FileHeader<Endian = Endianness>>(
        table: &DynamicTable<'_, Header>,
    ) -> Result<Self, ElfError> {
        let mut dynamic = Self::default();
        for entry in table {
            let flags = entry.val;
            match entry.tag {
                elf::DT_NEEDED => dynamic.needed.push(text(table.string(entry)?)),
                elf::DT_SONAME => dynamic.soname = Some(text(table.string(entry)?)),
                elf::DT_RPATH => dynamic.rpath = Some(text(table.string(entry)?)),
                elf::DT_RUNPATH => dynamic.runpath = Some(text(table.string(entry)?)),
                elf::DT_BIND_NOW => dynamic.bind_now = true,
                elf::DT_TEXTREL => dynamic.text_relocations = true,
                elf::DT_FLAGS => {
                    dynamic.bind_now |= flags & elf::DF_BIND_NOW.0 != 0;
                    dynamic.text_relocations |= flags & elf::DF_TEXTREL.0 != 0;
                }
                elf::DT_FLAGS_1 => {
                    dynamic.flags_1 = flags;
                    dynamic.bind_now |= flags & elf::DF_1_NOW.0 != 0;
                }
                _ => {}
            }
        }
        Ok(dynamic)
    }
}

/// What the sections say.
struct Sections {
    stack: Stack,
    build_id: Option<String>,
    comments: Vec<String>,
    embedded_bitcode: bool,
    sizes: Sizes,
}

impl Sections {
    fn read<Header: FileHeader<Endian = Endianness>>(file: &ElfFile<'_, Header>) -> Result<Self, ElfError> {
        let endian = file.endian();
        let table = file.elf_section_table();
        let mut sections = Self {
            stack: Stack::Unsaid,
            build_id: None,
            comments: Vec::new(),
            embedded_bitcode: false,
            sizes: Sizes::default(),
        };
        for header in table.iter() {
            let name = table.section_name(endian, header)?;
            let flags: u64 = header.sh_flags(endian).0;
            let size: u64 = header.sh_size(endian).into();
            let allocated = flags & elf::SHF_ALLOC.0 != 0;
            let executable = flags & elf::SHF_EXECINSTR.0 != 0;
            let sum = if !allocated {
                (name.starts_with(b".debug") || name.starts_with(b".zdebug"))
                    .then_some(&mut sections.sizes.debug)
            } else if header.sh_type(endian) == elf::SHT_NOBITS {
                Some(&mut sections.sizes.zero)
            } else if executable {
                Some(&mut sections.sizes.code)
            } else {
                Some(&mut sections.sizes.data)
            };
            if let Some(sum) = sum {
                *sum = sum.saturating_add(size);
            }
            match name {
                b".note.GNU-stack" if executable => sections.stack = Stack::Executable,
                b".note.GNU-stack" => sections.stack = Stack::NotExecutable,
                b".llvmbc" | b".llvm.lto" => sections.embedded_bitcode = true,
                b".comment" => {
                    let lines = header.data(endian, file.data())?.split(|byte| *byte == 0);
                    sections.comments = lines.filter(|line| !line.is_empty()).map(text).collect();
                }
                b".note.gnu.build-id" => {
                    if let Some(mut notes) = header.notes(endian, file.data())? {
                        while let Some(note) = notes.next()? {
                            if note.name() == elf::ELF_NOTE_GNU && note.n_type(endian) == elf::NT_GNU_BUILD_ID
                            {
                                sections.build_id =
                                    Some(note.desc().iter().map(|byte| format!("{byte:02x}")).collect());
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(sections)
    }
}
