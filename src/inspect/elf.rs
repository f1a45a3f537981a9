//! ELF: what a loader and a linker would read in an object, a library or an executable.

mod needed;
mod read;
mod symbols;

use std::collections::{BTreeMap, BTreeSet};

use object::elf;
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
    /// The name of its dynamic loader is not in it.
    #[error("a segment that reaches beyond the end of the file")]
    Segment,
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
            FileKind::Elf32 => read::read::<elf::FileHeader32<Endianness>>(bytes),
            _ => read::read::<elf::FileHeader64<Endianness>>(bytes),
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

    /// An executable that is nothing but a header, one segment and the name of a loader.
    fn with_loader(at: u64) -> Vec<u8> {
        let name = b"/lib/ld.so\0";
        let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
        bytes.resize(16, 0);
        for half in [elf::ET_EXEC.0, elf::EM_X86_64.0] {
            bytes.extend(half.to_le_bytes());
        }
        bytes.extend(1u32.to_le_bytes());
        for word in [0u64, 64, 0] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(0u32.to_le_bytes());
        for half in [64u16, 56, 1, 64, 0, 0] {
            bytes.extend(half.to_le_bytes());
        }
        bytes.extend(elf::PT_INTERP.0.to_le_bytes());
        bytes.extend(elf::PF_R.0.to_le_bytes());
        for word in [at, 0, 0, name.len() as u64, name.len() as u64, 1] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(name);
        bytes
    }

    #[test]
    fn a_loader_that_is_not_in_the_file_is_an_error() {
        let elf = Elf::parse(&with_loader(64 + 56)).unwrap();
        assert_eq!(elf.interpreter.as_deref(), Some("/lib/ld.so"));
        assert!(matches!(
            Elf::parse(&with_loader(1 << 40)),
            Err(ElfError::Segment)
        ));
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
