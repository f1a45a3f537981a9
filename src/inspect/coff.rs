//! COFF: what a linker would read in an object of Windows, and in a library of such objects or of names in DLLs.
//!
//! The format is described in Microsoft's "PE Format".

use std::collections::BTreeSet;

use object::read::archive::ArchiveFile;
use object::read::coff::{ImportFile, ImportName};
use object::read::{Object as _, ObjectSection as _, ObjectSymbol as _};
use object::{BinaryFormat, FileKind, SectionFlags, pe};

use super::Binding;
use super::begun::is_bitcode;
use crate::model::Arch;

/// The facts of a COFF object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Coff {
    /// `Machine` of the file header.
    pub machine: u16,
    /// `TimeDateStamp` of the file header; 0 where the compiler leaves no time.
    pub time: u32,
    /// Its sections in order.
    pub sections: Vec<CoffSection>,
    /// The symbols that others can refer to or that it refers to, sorted by name.
    pub symbols: Vec<CoffSymbol>,
    /// The words for the linker in `.drectve`.
    pub directives: Vec<String>,
}

/// A section of an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CoffSection {
    /// Its name.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// Whether a program gets it from the file: code and data, but no words for tools and nothing that begins as zeros.
    pub loaded: bool,
}

/// A symbol that is not local.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CoffSymbol {
    /// Its name.
    pub name: String,
    /// Whether it is defined here; what is only reserved (a common symbol) is.
    pub defined: bool,
    /// How hard it binds; a weak one names another that stands in where it is missing.
    pub binding: Binding,
}

/// A function or variable of a DLL, as import libraries name it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CoffImport {
    /// `Machine`.
    pub machine: u16,
    /// The DLL.
    pub dll: String,
    /// The name for linkers; with `__imp_` in front it is the address of the pointer.
    pub symbol: String,
    /// What it is in the DLL.
    pub import: Imported,
}

/// How a DLL is asked for a function or variable.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Imported {
    /// By name.
    Name(String),
    /// By number.
    Ordinal(u16),
}

/// What a linker takes in for Windows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CoffContent {
    /// An object.
    Object(Coff),
    /// A name in a DLL.
    Import(CoffImport),
    /// LLVM bitcode, which only one version of one compiler can link.
    Bitcode,
    /// Something else.
    Other,
}

/// A `.lib`: a static library, an import library, or both in one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CoffLibrary {
    /// The members in order; the symbol tables and the table of long names are none.
    pub members: Vec<CoffMember>,
}

/// A member of a `.lib`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CoffMember {
    /// Its name; all of an import library have the same.
    pub name: String,
    /// What it is.
    pub content: CoffContent,
    /// Whether it says no time, and if it is an object, none inside either.
    pub deterministic: bool,
}

/// Why a file is no COFF file that we can read.
#[derive(Debug, thiserror::Error)]
pub enum CoffError {
    /// Its structure is broken.
    #[error("not a readable COFF file")]
    Malformed {
        /// What the reader found.
        #[source]
        source: object::read::Error,
    },
    /// It is of another format.
    #[error("no COFF object")]
    NotCoff,
    /// A member of a library is broken.
    #[error("member `{member}`")]
    Member {
        /// The member's name.
        member: String,
        /// What is wrong with it.
        #[source]
        source: Box<Self>,
    },
}

impl From<object::read::Error> for CoffError {
    fn from(source: object::read::Error) -> Self {
        Self::Malformed { source }
    }
}

/// Text that is meant for people to be read.
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Whether a `Machine` is of an architecture.
pub(super) fn is_machine(machine: u16, arch: Arch) -> bool {
    let expected = match arch {
        Arch::X86_64 => pe::IMAGE_FILE_MACHINE_AMD64,
        Arch::Aarch64 => pe::IMAGE_FILE_MACHINE_ARM64,
    };
    machine == expected.0
}

/// What a program gets of an object.
const CONTENT: u32 = pe::IMAGE_SCN_CNT_CODE.0 | pe::IMAGE_SCN_CNT_INITIALIZED_DATA.0;
/// What linkers and debuggers read only.
const FOR_TOOLS: u32 =
    pe::IMAGE_SCN_LNK_INFO.0 | pe::IMAGE_SCN_LNK_REMOVE.0 | pe::IMAGE_SCN_MEM_DISCARDABLE.0;

impl Coff {
    /// Reads an object, in the ordinary form or in the one for many sections.
    pub fn parse(bytes: &[u8]) -> Result<Self, CoffError> {
        let file = object::File::parse(bytes)?;
        let (machine, time) = match &file {
            object::File::Coff(file) => header(file.coff_header()),
            object::File::CoffBig(file) => big_header(file.coff_header()),
            _ => return Err(CoffError::NotCoff),
        };
        debug_assert_eq!(file.format(), BinaryFormat::Coff);
        let mut sections = Vec::new();
        let mut directives = Vec::new();
        for section in file.sections() {
            let name = text(section.name_bytes()?);
            if name == ".drectve" {
                let all = text(section.data()?);
                // Some compilers begin with the mark of UTF-8.
                let words = all.trim_start_matches('\u{feff}').split([' ', '\0']);
                directives.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
            }
            let flags = match section.flags() {
                SectionFlags::Coff { characteristics } => characteristics.0,
                _ => 0,
            };
            sections.push(CoffSection {
                name,
                size: section.size(),
                loaded: flags & CONTENT != 0 && flags & FOR_TOOLS == 0,
            });
        }
        let mut symbols = Vec::new();
        for symbol in file.symbols().filter(|symbol| symbol.is_global()) {
            let weak = symbol.is_weak();
            symbols.push(CoffSymbol {
                name: text(symbol.name_bytes()?),
                defined: !symbol.is_undefined() && !weak,
                binding: if weak { Binding::Weak } else { Binding::Global },
            });
        }
        symbols.sort_unstable();
        symbols.dedup();
        Ok(Self {
            machine,
            time,
            sections,
            symbols,
            directives,
        })
    }

    /// Whether it is made for this architecture.
    #[must_use]
    pub fn is_for(&self, arch: Arch) -> bool {
        is_machine(self.machine, arch)
    }
}

fn header(header: &pe::ImageFileHeader) -> (u16, u32) {
    let endian = object::LittleEndian;
    (header.machine.get(endian).0, header.time_date_stamp.get(endian))
}

fn big_header(header: &pe::AnonObjectHeaderBigobj) -> (u16, u32) {
    let endian = object::LittleEndian;
    (header.machine.get(endian).0, header.time_date_stamp.get(endian))
}

impl CoffContent {
    /// Inspects `bytes`, whatever their name.
    pub fn inspect(bytes: &[u8]) -> Result<Self, CoffError> {
        if is_bitcode(bytes) {
            return Ok(Self::Bitcode);
        }
        match FileKind::parse(bytes) {
            Ok(FileKind::Coff | FileKind::CoffBig) => Ok(Self::Object(Coff::parse(bytes)?)),
            Ok(FileKind::CoffImport) => {
                let file = ImportFile::parse(bytes)?;
                // The machine stands behind the signature and the version; the reader gives only what it knows.
                let machine = bytes
                    .get(6..8)
                    .map_or(0, |two| u16::from_le_bytes([two[0], two[1]]));
                Ok(Self::Import(CoffImport {
                    machine,
                    dll: text(file.dll()),
                    symbol: text(file.symbol()),
                    import: match file.import() {
                        ImportName::Name(name) => Imported::Name(text(name)),
                        ImportName::Ordinal(ordinal) => Imported::Ordinal(ordinal),
                    },
                }))
            }
            _ => Ok(Self::Other),
        }
    }

    /// The names that it defines for others.
    fn defined(&self) -> Vec<String> {
        match self {
            Self::Object(object) => {
                let defined = object.symbols.iter().filter(|symbol| symbol.defined);
                defined.map(|symbol| symbol.name.clone()).collect()
            }
            Self::Import(import) => vec![import.symbol.clone(), format!("__imp_{}", import.symbol)],
            Self::Bitcode | Self::Other => Vec::new(),
        }
    }

    /// The names that it wants from others.
    fn undefined(&self) -> Vec<String> {
        match self {
            Self::Object(object) => {
                let missing = object.symbols.iter().filter(|symbol| !symbol.defined);
                missing.map(|symbol| symbol.name.clone()).collect()
            }
            Self::Import(_) | Self::Bitcode | Self::Other => Vec::new(),
        }
    }
}

impl CoffLibrary {
    /// Reads a library and all its members.
    pub fn parse(bytes: &[u8]) -> Result<Self, CoffError> {
        let file = ArchiveFile::parse(bytes)?;
        let mut members = Vec::new();
        for member in file.members() {
            let member = member?;
            let name = text(member.name());
            let content = CoffContent::inspect(member.data(bytes)?).map_err(|source| CoffError::Member {
                member: name.clone(),
                source: Box::new(source),
            })?;
            let timeless = match &content {
                CoffContent::Object(object) => object.time == 0,
                _ => true,
            };
            members.push(CoffMember {
                name,
                deterministic: timeless && member.date().unwrap_or(0) == 0,
                content,
            });
        }
        Ok(Self { members })
    }

    /// The names that its members define.
    #[must_use]
    pub fn defined(&self) -> BTreeSet<String> {
        self.members
            .iter()
            .flat_map(|member| member.content.defined())
            .collect()
    }

    /// The names that its members want and none of them defines.
    #[must_use]
    pub fn undefined(&self) -> BTreeSet<String> {
        let defined = self.defined();
        let wanted = self.members.iter().flat_map(|member| member.content.undefined());
        wanted.filter(|name| !defined.contains(name)).collect()
    }

    /// The DLLs that it leads to.
    #[must_use]
    pub fn dlls(&self) -> BTreeSet<String> {
        let imports = self.members.iter().filter_map(|member| match &member.content {
            CoffContent::Import(import) => Some(import.dll.clone()),
            _ => None,
        });
        imports.collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::inspect::made_archive;
    use object::write::{Object, Symbol, SymbolSection};
    use object::{Architecture, Endianness, SectionKind, SymbolFlags, SymbolKind, SymbolScope};
    use proptest::prelude::*;

    pub(crate) fn sample(defined: &str, wanted: &str) -> Vec<u8> {
        let mut object = Object::new(BinaryFormat::Coff, Architecture::X86_64, Endianness::Little);
        let code = object.add_section(Vec::new(), b".text".to_vec(), SectionKind::Text);
        object.append_section_data(code, &[0xc3; 7], 1);
        let words = object.add_section(Vec::new(), b".drectve".to_vec(), SectionKind::Linker);
        object.append_section_data(words, b"\xef\xbb\xbf /DEFAULTLIB:msvcrt.lib  /EXPORT:it", 1);
        for (name, section, scope) in [
            (defined, SymbolSection::Section(code), SymbolScope::Linkage),
            ("local", SymbolSection::Section(code), SymbolScope::Compilation),
            (wanted, SymbolSection::Undefined, SymbolScope::Linkage),
        ] {
            object.add_symbol(Symbol {
                name: name.into(),
                value: 0,
                size: 0,
                kind: SymbolKind::Text,
                scope,
                weak: false,
                section,
                flags: SymbolFlags::None,
            });
        }
        object.write().unwrap()
    }

    /// An entry of an import library as linkers write it; `kind` is function by name, or by number.
    pub(crate) fn import(dll: &str, symbol: &str, by_number: Option<u16>) -> Vec<u8> {
        let names = format!("{symbol}\0{dll}\0");
        let mut bytes = Vec::new();
        for half in [0, 0xffff, 0, pe::IMAGE_FILE_MACHINE_AMD64.0] {
            bytes.extend(u16::to_le_bytes(half));
        }
        for word in [0, u32::try_from(names.len()).unwrap()] {
            bytes.extend(u32::to_le_bytes(word));
        }
        let name_type = if by_number.is_some() { 0 } else { 1_u16 << 2 };
        bytes.extend(by_number.unwrap_or(0).to_le_bytes());
        bytes.extend(name_type.to_le_bytes());
        bytes.extend(names.bytes());
        bytes
    }

    #[test]
    fn reads_an_object() {
        let coff = Coff::parse(&sample("it", "puts")).unwrap();
        assert!(coff.is_for(Arch::X86_64) && !coff.is_for(Arch::Aarch64));
        assert_eq!(coff.time, 0);
        assert_eq!(coff.directives, ["/DEFAULTLIB:msvcrt.lib", "/EXPORT:it"]);
        let symbols: Vec<_> = coff
            .symbols
            .iter()
            .map(|symbol| (symbol.name.as_str(), symbol.defined))
            .collect();
        assert_eq!(symbols, [("it", true), ("puts", false)]);
        assert_eq!(
            (coff.sections[0].name.as_str(), coff.sections[0].size),
            (".text", 7)
        );
    }

    #[test]
    fn reads_libraries_of_objects_and_of_names() {
        let object = sample("it", "puts");
        let (named, numbered) = (import("c.dll", "puts", None), import("n.dll", "seven", Some(7)));
        let library = made_archive(0, &[("a.obj", &object), ("c.dll", &named), ("n.dll", &numbered)]);
        let library = CoffLibrary::parse(&library).unwrap();
        assert!(library.members.iter().all(|member| member.deterministic));
        let all: Vec<String> = library.defined().into_iter().collect();
        assert_eq!(all, ["__imp_puts", "__imp_seven", "it", "puts", "seven"]);
        assert!(library.undefined().is_empty());
        let dlls: Vec<String> = library.dlls().into_iter().collect();
        assert_eq!(dlls, ["c.dll", "n.dll"]);
        let CoffContent::Import(seven) = &library.members[2].content else {
            panic!("{:?}", library.members[2])
        };
        assert_eq!(seven.import, Imported::Ordinal(7));
        assert!(is_machine(seven.machine, Arch::X86_64));
        let alone = CoffLibrary::parse(&made_archive(0, &[("a.obj", &object)])).unwrap();
        let wanted: Vec<String> = alone.undefined().into_iter().collect();
        assert_eq!(wanted, ["puts"]);
    }

    #[test]
    fn sees_times() {
        let mut object = sample("it", "puts");
        assert!(
            !CoffLibrary::parse(&made_archive(7, &[("a.obj", &object)]))
                .unwrap()
                .members[0]
                .deterministic
        );
        object[4] = 1;
        assert!(
            !CoffLibrary::parse(&made_archive(0, &[("a.obj", &object)]))
                .unwrap()
                .members[0]
                .deterministic
        );
    }

    #[test]
    fn others_are_refused() {
        assert!(Coff::parse(b"\x7fELF").is_err());
        assert_eq!(CoffContent::inspect(b"text").unwrap(), CoffContent::Other);
        assert_eq!(CoffContent::inspect(b"BC\xc0\xde").unwrap(), CoffContent::Bitcode);
    }

    proptest! {
        #[test]
        fn damage_is_an_error_or_harmless(
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
            keep in any::<prop::sample::Index>(),
        ) {
            let mut bytes = sample("it", "puts");
            for (at, value) in changes {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            bytes.truncate(keep.index(bytes.len()) + 1);
            let _ = Coff::parse(&bytes);
            let _ = CoffContent::inspect(&bytes);
        }
    }
}
