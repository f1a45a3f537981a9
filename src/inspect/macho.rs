//! Mach-O: what macOS' loader and linkers would read in an object, a library, a bundle or an executable.
//!
//! The format is described by the headers `mach-o/loader.h`, `mach-o/nlist.h` and `kern/cs_blobs.h` of Apple's XNU.

mod exports;
#[cfg(test)]
pub(crate) mod made;
mod read;
mod signature;
mod symbols;
mod universal;

use object::{Endianness, FileKind, macho};

use super::Binding;
use super::coff::text;
use crate::model::{Arch, PackedVersion};

pub use signature::{CodeDirectory, Pages, Signature, SignatureHash};
pub(super) use universal::cpu_name;
pub use universal::{Slice, Universal};

/// The facts of a Mach-O file for one processor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MachO {
    /// `cputype`.
    pub cpu: u32,
    /// `cpusubtype` without the bits that say what else it can.
    pub cpu_subtype: u32,
    /// What kind of file it is.
    pub kind: MachOKind,
    /// `flags`: bits `MH_…`.
    pub flags: u32,
    /// The systems that it is made for; one, but for libraries of two systems.
    pub systems: Vec<BuildVersion>,
    /// The build identifier in hexadecimal digits.
    pub uuid: Option<String>,
    /// The name by which others load it, of a library to load.
    pub install_name: Option<InstallName>,
    /// What it loads, in the order by which its symbols refer to them.
    pub dylibs: Vec<Dylib>,
    /// Where names that begin with `@rpath` are looked for.
    pub rpaths: Vec<String>,
    /// The dynamic loader that it names.
    pub loader: Option<String>,
    /// Bytes of the first thread's stack that an executable asks for; 0 where it leaves that to the system.
    pub stack: Option<u64>,
    /// Its segments in order.
    pub segments: Vec<Segment>,
    /// The symbols that others can refer to or that it refers to, sorted by name.
    pub symbols: Vec<MachOSymbol>,
    /// The names that others can bind to when it is loaded, sorted; an object has none.
    pub exports: Vec<String>,
    /// Words for the linker in an object, option by option.
    pub linker_options: Vec<Vec<String>>,
    /// The objects that debuggers are told to look into.
    pub debug_map: Vec<String>,
    /// The signature that is in it.
    pub signature: Option<Signature>,
}

/// The kinds of Mach-O files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MachOKind {
    /// An object file.
    Object,
    /// An executable.
    Executable,
    /// A library that programs are linked with, `.dylib`.
    Dylib,
    /// A library that is only loaded by name, as extension modules are.
    Bundle,
    /// What debuggers want to know of another file.
    DebugSymbols,
}

/// A system that a file is made for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BuildVersion {
    /// `PLATFORM_…`; macOS is 1.
    pub platform: u32,
    /// The oldest version of the system that it runs on.
    pub minimum: PackedVersion,
    /// The version of the system that it was compiled against.
    pub sdk: PackedVersion,
    /// The tools that it says to be made with: `TOOL_…` and version.
    pub tools: Vec<(u32, PackedVersion)>,
}

/// The name by which others load a library, and the versions that they remember.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InstallName {
    /// The name: a path, or one that begins with `@rpath` and the like.
    pub name: String,
    /// Its version.
    pub current: PackedVersion,
    /// The oldest version that it can stand in for.
    pub compatibility: PackedVersion,
}

/// A library that is loaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dylib {
    /// The library's install name.
    pub name: String,
    /// The version that was there when it was linked.
    pub current: PackedVersion,
    /// The oldest version that will do.
    pub compatibility: PackedVersion,
    /// How it is loaded.
    pub load: Load,
}

/// How a library is loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Load {
    /// At once; without it nothing starts.
    Required,
    /// At once, but it may be missing.
    Weak,
    /// At once, and its names are given to others as one's own.
    ReExport,
    /// When it is first called.
    Lazy,
    /// At once, though it needs this file itself.
    Upward,
}

/// A segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segment {
    /// Its name; the only one of an object has none.
    pub name: String,
    /// Bytes in memory.
    pub size: u64,
    /// Bytes in the file.
    pub file_size: u64,
    /// What may be done with it at first: bits `VM_PROT_…`.
    pub initial: u32,
    /// What may ever be done with it.
    pub maximum: u32,
    /// Its sections in order.
    pub sections: Vec<MachOSection>,
}

/// A section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MachOSection {
    /// Segment and name as linkers write them: `__TEXT,__text`.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// What it is for.
    pub purpose: Purpose,
}

/// What a section is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Code.
    Code,
    /// Data that is in the file.
    Data,
    /// Memory that is zero at the start.
    Zero,
    /// Debug information.
    Debug,
    /// Something for linkers that no program gets: tables of unwinding to be compacted, bitcode.
    Tools,
}

/// A symbol that is not local.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct MachOSymbol {
    /// Its name; those of C begin with `_`.
    pub name: String,
    /// Whether it is defined here; what is only reserved (a common symbol) is.
    pub defined: bool,
    /// How hard it binds: a weak definition yields to another one, a weakly referred one may be missing.
    pub binding: Binding,
    /// Whether only the file that it is linked into sees it (private external).
    pub private: bool,
    /// Where an undefined one is looked for; nothing where the file does not say, as objects do not.
    pub library: Option<Library>,
}

/// Where an undefined symbol is looked for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Library {
    /// In the library of this install name.
    Dylib(String),
    /// In this file itself.
    Own,
    /// In whatever is loaded.
    Any,
    /// In the executable that loads this file.
    Executable,
}

/// Why a file is no Mach-O file that we can read.
#[derive(Debug, thiserror::Error)]
pub enum MachOError {
    /// Its structure is broken.
    #[error("not a readable Mach-O file")]
    Malformed {
        /// What the reader found.
        #[source]
        source: object::read::Error,
    },
    /// It is of another format.
    #[error("no Mach-O file")]
    NotMachO,
    /// A type that no build makes.
    #[error("a Mach-O file of type {kind}, which is no object, library, bundle or executable")]
    Kind {
        /// `filetype`.
        kind: u32,
    },
    /// Content that is not in it.
    #[error("a segment that reaches beyond the end of the file")]
    Segment,
    /// A symbol of a library that it does not load.
    #[error("the symbol `{symbol}` is looked for in library {ordinal}, but there are {libraries}")]
    Ordinal {
        /// The symbol.
        symbol: String,
        /// The library's number, from 1.
        ordinal: u8,
        /// How many libraries are loaded.
        libraries: usize,
    },
    /// Names for whoever loads it that cannot be read.
    #[error("the table of its exports is broken: {why}")]
    Exports {
        /// What was found.
        why: &'static str,
    },
    /// A signature that cannot be read.
    #[error("its code signature is broken: {why}")]
    Signature {
        /// What was found.
        why: &'static str,
    },
    /// A part of a universal file is broken.
    #[error("its part for {part}")]
    Slice {
        /// The processor's name.
        part: String,
        /// What is wrong with it.
        #[source]
        source: Box<super::ContentError>,
    },
}

impl From<object::read::Error> for MachOError {
    fn from(source: object::read::Error) -> Self {
        Self::Malformed { source }
    }
}

/// LLVM's linker, as its `BinaryFormat/MachO.h` numbers it.
const TOOL_LLD: macho::Tool = macho::Tool(4);

impl MachO {
    /// Reads a file for one processor.
    pub fn parse(bytes: &[u8]) -> Result<Self, MachOError> {
        match FileKind::parse(bytes)? {
            FileKind::MachO32 => read::read::<macho::MachHeader32<Endianness>>(bytes),
            FileKind::MachO64 => read::read::<macho::MachHeader64<Endianness>>(bytes),
            _ => Err(MachOError::NotMachO),
        }
    }

    /// Whether it runs on every processor of this architecture.
    #[must_use]
    pub fn is_for(&self, arch: Arch) -> bool {
        // `x86_64h` is for newer processors only, and `arm64e` for Apple's own programs.
        let (cpu, subtypes): (_, &[u32]) = match arch {
            Arch::X86_64 => (macho::CPU_TYPE_X86_64, &[3]),
            Arch::Aarch64 => (macho::CPU_TYPE_ARM64, &[0, 1]),
        };
        self.cpu == cpu.0 && subtypes.contains(&self.cpu_subtype)
    }

    /// Whether a flag of the header is set.
    #[must_use]
    pub const fn has(&self, flag: macho::FileFlags) -> bool {
        self.flags & flag.0 != 0
    }

    /// Whether it can stand at any address.
    #[must_use]
    pub fn position_independent(&self) -> bool {
        self.kind != MachOKind::Executable || self.has(macho::MH_PIE)
    }

    /// Whether some of it can be both written and executed, at first or ever. Linkers decide, so an object never can.
    #[must_use]
    pub fn writable_code(&self) -> bool {
        let both = macho::VM_PROT_WRITE.0 | macho::VM_PROT_EXECUTE.0;
        let has = |bits: u32| bits & both == both;
        self.kind != MachOKind::Object
            && self
                .segments
                .iter()
                .any(|segment| has(segment.initial) || has(segment.maximum))
    }

    /// The tools that it says to be made with, each with its version.
    #[must_use]
    pub fn tools(&self) -> Vec<String> {
        let tools = self.systems.iter().flat_map(|system| &system.tools);
        let named = tools.map(|(tool, version)| match macho::Tool(*tool) {
            macho::TOOL_CLANG => format!("clang {version}"),
            macho::TOOL_SWIFT => format!("swift {version}"),
            macho::TOOL_LD => format!("ld {version}"),
            TOOL_LLD => format!("lld {version}"),
            other => format!("tool {} {version}", other.0),
        });
        named.collect()
    }

    /// All sections.
    pub fn sections(&self) -> impl Iterator<Item = &MachOSection> {
        self.segments.iter().flat_map(|segment| &segment.sections)
    }

    /// Bytes of the sections that are for something.
    #[must_use]
    pub fn size(&self, purpose: Purpose) -> u64 {
        let sections = self.sections().filter(|section| section.purpose == purpose);
        sections.fold(0, |sum, section| sum.saturating_add(section.size))
    }

    /// Whether LLVM bitcode is embedded in a section.
    #[must_use]
    pub fn embedded_bitcode(&self) -> bool {
        // `__LLVM,__cg_profile` says how often what calls what, and is for any linker.
        let of_bitcode = |section: &&MachOSection| {
            ["__LLVM,__bitcode", "__LLVM,__bundle"].contains(&section.name.as_str())
        };
        // A byte alone is a mark that there could have been some.
        self.sections().filter(of_bitcode).any(|section| section.size > 1)
    }

    /// The symbol of this name.
    #[must_use]
    pub fn symbol(&self, name: &str) -> Option<&MachOSymbol> {
        let at = self.symbols.partition_point(|symbol| symbol.name.as_str() < name);
        self.symbols.get(at).filter(|symbol| symbol.name == name)
    }
}

#[cfg(test)]
fn sha256(bytes: &[u8]) -> [u8; 32] {
    crate::model::Digest::of(bytes).hash
}

/// The name of a symbol in C: without the underscore that the format has in front.
#[must_use]
pub fn c_name(symbol: &str) -> &str {
    symbol.strip_prefix('_').unwrap_or(symbol)
}

#[cfg(test)]
mod tests {
    use super::made::{Image, LINKER_SIGNED, SYSTEM};
    use super::*;
    use object::Architecture;
    use proptest::prelude::*;

    fn parse(image: &Image<'_>) -> MachO {
        MachO::parse(&image.write()).unwrap()
    }

    #[test]
    fn reads_an_object() {
        let object = MachO::parse(&made::object(&["it"], &["own"], &["puts"])).unwrap();
        assert_eq!(
            (object.kind, object.position_independent()),
            (MachOKind::Object, true)
        );
        assert!(object.is_for(Arch::Aarch64) && !object.is_for(Arch::X86_64));
        let symbols = object.symbols.iter();
        let symbols: Vec<_> = symbols
            .map(|symbol| {
                (
                    symbol.name.as_str(),
                    symbol.defined,
                    symbol.private,
                    &symbol.library,
                )
            })
            .collect();
        assert_eq!(
            symbols,
            [
                ("_it", true, false, &None),
                ("_own", true, true, &None),
                ("_puts", false, false, &None)
            ]
        );
        assert_eq!(object.exports, [""; 0]);
        assert_eq!(object.systems[0].platform, macho::PLATFORM_MACOS.0);
        assert_eq!(object.systems[0].minimum.to_string(), "11.0");
        assert_eq!((object.size(Purpose::Code), object.size(Purpose::Debug)), (4, 0));
        assert_eq!((object.signature, object.uuid), (None, None));
    }

    #[test]
    fn reads_an_executable() {
        let mut image = Image::executable();
        image
            .dylibs
            .push((macho::LC_LOAD_WEAK_DYLIB, "@rpath/libnew.dylib"));
        image
            .dylibs
            .push((macho::LC_REEXPORT_DYLIB, "/usr/lib/libz.1.dylib"));
        image.rpaths = vec!["@executable_path/../lib"];
        image.undefined = vec![
            ("_exit", 1, false),
            ("_new", 2, true),
            ("_own", 0, false),
            ("_any", 0xfe, false),
        ];
        image.debug_map = vec!["a.o"];
        let program = parse(&image);
        assert_eq!(
            (program.kind, program.stack),
            (MachOKind::Executable, Some(0x0100_0000))
        );
        assert!(program.position_independent() && !program.writable_code());
        assert_eq!(program.uuid.as_deref(), Some("07070707070707070707070707070707"));
        assert_eq!(program.loader.as_deref(), Some("/usr/lib/dyld"));
        assert_eq!(program.rpaths, ["@executable_path/../lib"]);
        assert_eq!(program.debug_map, ["a.o"]);
        assert_eq!(program.exports, ["__mh_execute_header", "_main"]);
        let loads: Vec<_> = program
            .dylibs
            .iter()
            .map(|dylib| (dylib.name.as_str(), dylib.load))
            .collect();
        assert_eq!(
            loads,
            [
                (SYSTEM, Load::Required),
                ("@rpath/libnew.dylib", Load::Weak),
                ("/usr/lib/libz.1.dylib", Load::ReExport)
            ]
        );
        assert_eq!(program.dylibs[0].current.to_string(), "1356.0");
        let of = |name| {
            let symbol = program.symbol(name).unwrap();
            (symbol.binding, symbol.library.clone().unwrap())
        };
        assert_eq!(of("_exit"), (Binding::Global, Library::Dylib(SYSTEM.to_owned())));
        assert_eq!(
            of("_new"),
            (Binding::Weak, Library::Dylib("@rpath/libnew.dylib".to_owned()))
        );
        assert_eq!((of("_own").1, of("_any").1), (Library::Own, Library::Any));
        let system = &program.systems[0];
        assert_eq!(
            (system.sdk.to_string(), system.tools.len()),
            ("14.0".to_owned(), 1)
        );
        let names: Vec<_> = program
            .segments
            .iter()
            .map(|segment| segment.name.as_str())
            .collect();
        assert_eq!(names, ["__PAGEZERO", "__TEXT", "__LINKEDIT"]);
    }

    #[test]
    fn reads_a_library_to_load() {
        let mut image = Image::dylib("@rpath/libit.dylib");
        image.arch = Architecture::X86_64;
        image.signature = None;
        let library = parse(&image);
        assert!(library.is_for(Arch::X86_64) && library.kind == MachOKind::Dylib);
        let known = library.install_name.unwrap();
        assert_eq!(
            (known.name.as_str(), known.current.to_string()),
            ("@rpath/libit.dylib", "1.0".to_owned())
        );
        assert_eq!((library.signature, library.stack), (None, None));
        image.code |= macho::VM_PROT_WRITE.0;
        assert!(parse(&image).writable_code());
    }

    #[test]
    fn what_debuggers_read_keeps_only_the_places_of_the_other_file() {
        let mut image = Image::executable();
        (image.kind, image.signature) = (macho::MH_DSYM, None);
        image.dylibs.clear();
        let mut bytes = image.write();
        // The last segment, which such a file does not have: its name, then address, size and place.
        let at = memchr::memmem::find(&bytes, b"__LINKEDIT").unwrap() + 32;
        bytes[at..at + 8].copy_from_slice(&(1_u64 << 40).to_le_bytes());
        let symbols = MachO::parse(&bytes).unwrap();
        assert_eq!(
            (symbols.kind, symbols.exports.len()),
            (MachOKind::DebugSymbols, 0)
        );
        assert!(crate::inspect::Content::inspect(&bytes).unwrap().code().is_none());
    }

    #[test]
    fn a_signature_is_computed() {
        let image = Image::executable();
        let good = parse(&image).signature.unwrap();
        let [directory] = good.directories.as_slice() else {
            panic!("{good:?}")
        };
        assert_eq!(
            (directory.identifier.as_str(), directory.flags),
            ("python", LINKER_SIGNED)
        );
        assert_eq!(
            (directory.hash, directory.page_size),
            (SignatureHash::Sha256, 0x1000)
        );
        assert_eq!((directory.code_limit, directory.pages), (good.at, Pages::Hold));
        assert!(directory.main_binary && directory.adhoc() && directory.linker_signed() && !good.cms);
        let mut bytes = image.write();
        // In the code, which is in the fourth page.
        bytes[0x3fff] ^= 1;
        let pages = |bytes: &[u8]| MachO::parse(bytes).unwrap().signature.unwrap().directories[0].pages;
        assert_eq!(pages(&bytes), Pages::Differ(3));
        bytes[0x3fff] ^= 1;
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        assert_eq!(pages(&bytes), Pages::Differ(4));
    }

    #[test]
    fn what_does_not_fit_together_is_an_error() {
        let mut image = Image::executable();
        image.undefined = vec![("_exit", 2, false)];
        let error = MachO::parse(&image.write()).unwrap_err().to_string();
        assert_eq!(
            error,
            "the symbol `_exit` is looked for in library 2, but there are 1"
        );
        image.undefined.clear();
        let bytes = image.write();
        assert!(matches!(MachO::parse(&bytes[..0x4010]), Err(MachOError::Segment)));
        image.kind = macho::MH_CORE;
        assert!(matches!(
            MachO::parse(&image.write()),
            Err(MachOError::Kind { kind: 4 })
        ));
        assert!(MachO::parse(b"\x7fELF").is_err());
    }

    proptest! {
        #[test]
        fn damage_is_an_error_or_harmless(
            linked in any::<bool>(),
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
            keep in any::<prop::sample::Index>(),
        ) {
            let (mut bytes, tables) = match linked {
                true => (Image::executable().write(), 0x4000),
                false => (made::object(&["it"], &["own"], &["puts"]), 0),
            };
            // Most of an image is nothing; what is read stands at its beginning and at its end.
            for (at, value) in changes {
                let at = at.index(bytes.len());
                let at = if at % 2 == 0 { at % 0x400 % bytes.len() } else { tables + at % (bytes.len() - tables) };
                bytes[at] = value;
            }
            let _ = MachO::parse(&bytes);
            bytes.truncate(keep.index(bytes.len()) + 1);
            let _ = MachO::parse(&bytes);
        }
    }
}
