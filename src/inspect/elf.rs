//! ELF: what a loader and a linker would read in an object, a library or an executable.

use std::collections::{BTreeMap, BTreeSet};

use object::elf;
use object::read::elf::{
    DynamicTable, ElfFile, FileHeader, ProgramHeader, SectionHeader as _, Sym as _, SymbolTable,
};
use object::{Endianness, FileKind};

use crate::model::Arch;

/// The facts of an ELF file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Elf {
    /// `e_machine`.
    pub machine: u16,
    /// What kind of file it is.
    pub kind: ElfKind,
    /// The dynamic loader it names.
    pub interpreter: Option<String>,
    /// `DT_SONAME`.
    pub soname: Option<String>,
    /// `DT_NEEDED`, in order.
    pub needed: Vec<String>,
    /// `DT_RPATH`.
    pub rpath: Option<String>,
    /// `DT_RUNPATH`.
    pub runpath: Option<String>,
    /// Symbol versions it needs: library → versions.
    pub versions: BTreeMap<String, BTreeSet<String>>,
    /// What it says of the stack.
    pub stack: Stack,
    /// Whether it has `PT_GNU_RELRO`.
    pub relro: bool,
    /// Whether all symbols are bound when it is loaded.
    pub bind_now: bool,
    /// Whether loading it writes into code.
    pub text_relocations: bool,
    /// Whether some segment is both writable and executable.
    pub writable_code: bool,
    /// The build identifier in hexadecimal digits.
    pub build_id: Option<String>,
    /// The compilers that left their name in `.comment`.
    pub comments: Vec<String>,
    /// Whether LLVM bitcode is embedded in a section.
    pub embedded_bitcode: bool,
    /// Sizes by what they are for.
    pub sizes: Sizes,
    /// Dynamic symbols where it has such a table, else all that are not local; sorted by name.
    pub symbols: Vec<Symbol>,
}

/// The kinds of ELF files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ElfKind {
    /// An object file.
    Relocatable,
    /// An executable at fixed addresses.
    Executable,
    /// An executable that can stand at any address.
    PositionIndependentExecutable,
    /// A shared library.
    SharedLibrary,
}

/// What a file says of the stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stack {
    /// Nothing, which a kernel takes as executable.
    Unsaid,
    /// It needs none that is executable.
    NotExecutable,
    /// It wants one that is executable.
    Executable,
}

/// Sizes in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sizes {
    /// Code.
    pub code: u64,
    /// Data that is loaded, read-only or not.
    pub data: u64,
    /// Memory that is zero at the start.
    pub zero: u64,
    /// Debug information.
    pub debug: u64,
}

impl Sizes {
    /// What a file takes of an executable: code and data.
    #[must_use]
    pub const fn loaded(&self) -> u64 {
        self.code + self.data
    }
}

/// A symbol that is not local.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// Whether it is defined here.
    pub defined: bool,
    /// How hard it binds.
    pub binding: Binding,
    /// Who can see it.
    pub visibility: Visibility,
    /// The version that is needed, where one is.
    pub version: Option<String>,
}

impl Symbol {
    /// Whether other files can bind to it when they are loaded.
    #[must_use]
    pub fn exported(&self) -> bool {
        self.defined && matches!(self.visibility, Visibility::Default | Visibility::Protected)
    }
}

/// How hard a symbol binds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Binding {
    /// It must be found, and be there once.
    Global,
    /// It may be missing, and yields to a global one.
    Weak,
}

/// Who can see a symbol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Visibility {
    /// Everybody.
    Default,
    /// Everybody, but nobody can replace it.
    Protected,
    /// Only the file it is linked into.
    Hidden,
}

/// Why a file is not an ELF file that we can read.
#[derive(Debug, thiserror::Error)]
pub enum ElfError {
    /// Its structure is broken.
    #[error("not a readable ELF file")]
    Malformed {
        /// What the reader found.
        #[source]
        source: object::read::Error,
    },
    /// A type that no build makes.
    #[error("an ELF file of type {kind}, which is no object, library or executable")]
    Kind {
        /// `e_type`.
        kind: u16,
    },
    /// It is to be loaded dynamically, but the sections that say how were cut off.
    #[error("a dynamic ELF file without section headers")]
    NoSections,
}

impl From<object::read::Error> for ElfError {
    fn from(source: object::read::Error) -> Self {
        Self::Malformed { source }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Elf {
    /// Reads an ELF file.
    pub fn parse(bytes: &[u8]) -> Result<Self, ElfError> {
        match FileKind::parse(bytes)? {
            FileKind::Elf32 => Self::read::<elf::FileHeader32<Endianness>>(bytes),
            _ => Self::read::<elf::FileHeader64<Endianness>>(bytes),
        }
    }

    /// Whether it is made for this architecture.
    #[must_use]
    pub fn is_for(&self, arch: Arch) -> bool {
        let machine = match arch {
            Arch::X86_64 => elf::EM_X86_64,
            Arch::Aarch64 => elf::EM_AARCH64,
        };
        self.machine == machine.0
    }

    /// Whether it is loaded as it is: no object file.
    #[must_use]
    pub fn is_image(&self) -> bool {
        self.kind != ElfKind::Relocatable
    }

    /// The symbol of this name.
    #[must_use]
    pub fn symbol(&self, name: &str) -> Option<&Symbol> {
        let at = self.symbols.partition_point(|symbol| symbol.name.as_str() < name);
        self.symbols.get(at).filter(|symbol| symbol.name == name)
    }

    fn read<Header: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> Result<Self, ElfError> {
        let file = ElfFile::<Header>::parse(bytes)?;
        let endian = file.endian();
        let header = file.elf_header();
        let dynamic = file.elf_dynamic_table()?;
        let segments = Segments::read::<Header>(endian, file.elf_program_headers(), bytes);
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
        Ok(Self {
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
    ) -> Self {
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
                    let name = header.data(endian, bytes).unwrap_or_default();
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
        segments
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

/// Symbol index → the version it needs; and library → all versions needed of it.
type Versions = (BTreeMap<usize, String>, BTreeMap<String, BTreeSet<String>>);

fn read_versions<Header: FileHeader<Endian = Endianness>>(
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

fn read_symbols<Header: FileHeader<Endian = Endianness>>(
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

#[cfg(test)]
mod tests {
    use super::*;
    use object::write::{Object, Symbol as NewSymbol, SymbolSection};
    use object::{Architecture, BinaryFormat, SectionKind, SymbolFlags, SymbolKind, SymbolScope};
    use proptest::prelude::*;

    fn new_symbol(name: &str, section: SymbolSection, scope: SymbolScope, weak: bool) -> NewSymbol {
        NewSymbol {
            name: name.into(),
            value: 0,
            size: 0,
            kind: SymbolKind::Text,
            scope,
            weak,
            section,
            flags: SymbolFlags::None,
        }
    }

    fn sample() -> Vec<u8> {
        let mut object = Object::new(
            BinaryFormat::Elf,
            Architecture::X86_64,
            object::Endianness::Little,
        );
        let text = object.add_section(Vec::new(), b".text".to_vec(), SectionKind::Text);
        object.append_section_data(text, &[0xc3; 7], 1);
        let debug = object.add_section(Vec::new(), b".debug_line".to_vec(), SectionKind::Debug);
        object.append_section_data(debug, &[0; 3], 1);
        let comment = object.add_section(Vec::new(), b".comment".to_vec(), SectionKind::OtherString);
        object.append_section_data(comment, b"\0cc 1.0\0", 1);
        let defined = SymbolSection::Section(text);
        object.add_symbol(new_symbol("shown", defined, SymbolScope::Dynamic, false));
        object.add_symbol(new_symbol("hidden", defined, SymbolScope::Linkage, false));
        object.add_symbol(new_symbol("local", defined, SymbolScope::Compilation, false));
        object.add_symbol(new_symbol(
            "maybe",
            SymbolSection::Undefined,
            SymbolScope::Unknown,
            true,
        ));
        object.write().unwrap()
    }

    #[test]
    fn reads_an_object() {
        let elf = Elf::parse(&sample()).unwrap();
        assert_eq!(elf.kind, ElfKind::Relocatable);
        assert!(elf.is_for(Arch::X86_64) && !elf.is_for(Arch::Aarch64));
        assert_eq!(elf.comments, ["cc 1.0"]);
        assert_eq!((elf.sizes.code, elf.sizes.debug), (7, 3));
        assert!(elf.symbol("shown").unwrap().exported());
        assert!(!elf.symbol("hidden").unwrap().exported());
        assert_eq!(elf.symbol("local"), None);
        let maybe = elf.symbol("maybe").unwrap();
        assert_eq!((maybe.defined, maybe.binding), (false, Binding::Weak));
    }

    #[test]
    fn a_core_dump_is_refused() {
        let mut bytes = sample();
        bytes[16] = 4;
        assert!(matches!(Elf::parse(&bytes), Err(ElfError::Kind { kind: 4 })));
    }

    proptest! {
        #[test]
        fn damage_is_an_error_or_harmless(
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
            keep in any::<prop::sample::Index>(),
        ) {
            let mut bytes = sample();
            for (at, value) in changes {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            bytes.truncate(keep.index(bytes.len()) + 1);
            let _ = Elf::parse(&bytes);
        }
    }
}
