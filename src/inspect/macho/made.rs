//! Mach-O files for tests: objects, and images such as no linker on this machine would make.
//!
//! This file stands alone but for `sha256` beside it: the tests of the whole have it, too.

use object::write::{MachOBuildVersion, Object, Symbol, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, SectionKind, SymbolFlags, SymbolKind, SymbolScope, macho,
};

use super::sha256;

/// A page of a signature.
const PAGE: usize = 0x1000;
/// Where the last segment begins, behind code and load commands.
const TABLES: usize = 0x4000;

/// An image to be written; a field that is `None` leaves its command out.
#[derive(Clone)]
pub(crate) struct Image<'a> {
    pub(crate) arch: Architecture,
    pub(crate) kind: macho::FileType,
    pub(crate) flags: u32,
    /// Platform, oldest system and SDK.
    pub(crate) system: Option<(u32, u32, u32)>,
    pub(crate) uuid: Option<[u8; 16]>,
    pub(crate) install_name: Option<&'a str>,
    /// How they are loaded, and their names.
    pub(crate) dylibs: Vec<(macho::LoadCommandType, &'a str)>,
    pub(crate) rpaths: Vec<&'a str>,
    pub(crate) stack: Option<u64>,
    /// What may be done with code.
    pub(crate) code: u32,
    /// External symbols, which are exported as well.
    pub(crate) defined: Vec<&'a str>,
    /// Names with the number of the library that has them, and whether they may be missing.
    pub(crate) undefined: Vec<(&'a str, u8, bool)>,
    /// The objects for debuggers.
    pub(crate) debug_map: Vec<&'a str>,
    /// What is in the code.
    pub(crate) text: &'a [u8],
    /// Identifier and flags of the signature.
    pub(crate) signature: Option<(&'a str, u32)>,
}

/// LLVM's linker among the tools.
const LLD: u32 = 4;
/// 11.0.
pub(crate) const MINIMUM: u32 = 11 << 16;
/// 14.0.
pub(crate) const SDK: u32 = 14 << 16;
/// What a linker sets of a signature that it makes.
pub(crate) const LINKER_SIGNED: u32 = macho::CS_ADHOC.0 | macho::CS_LINKER_SIGNED.0;
/// The library that everything loads.
pub(crate) const SYSTEM: &str = "/usr/lib/libSystem.B.dylib";

impl Image<'_> {
    /// An executable such as ld64.lld makes it.
    pub(crate) fn executable() -> Self {
        Self {
            arch: Architecture::Aarch64,
            kind: macho::MH_EXECUTE,
            flags: macho::MH_NOUNDEFS.0 | macho::MH_DYLDLINK.0 | macho::MH_TWOLEVEL.0 | macho::MH_PIE.0,
            system: Some((macho::PLATFORM_MACOS.0, MINIMUM, SDK)),
            uuid: Some([7; 16]),
            install_name: None,
            dylibs: vec![(macho::LC_LOAD_DYLIB, SYSTEM)],
            rpaths: Vec::new(),
            stack: Some(0x0100_0000),
            code: macho::VM_PROT_READ.0 | macho::VM_PROT_EXECUTE.0,
            defined: vec!["__mh_execute_header", "_main"],
            undefined: vec![("_exit", 1, false)],
            debug_map: Vec::new(),
            text: &[0x1f, 0x20, 0x03, 0xd5],
            signature: Some(("python", LINKER_SIGNED)),
        }
    }

    /// A library that programs are linked with.
    pub(crate) fn dylib(install_name: &str) -> Image<'_> {
        Image {
            kind: macho::MH_DYLIB,
            flags: macho::MH_NOUNDEFS.0 | macho::MH_DYLDLINK.0 | macho::MH_TWOLEVEL.0,
            install_name: Some(install_name),
            stack: None,
            defined: vec!["_it"],
            ..Image::executable()
        }
    }

    /// The bytes.
    pub(crate) fn write(&self) -> Vec<u8> {
        let (symbols, strings) = self.symbols();
        let exports = trie(&self.defined);
        let (symbols_at, exports_at) = (TABLES, TABLES + symbols.len());
        let strings_at = exports_at + exports.len();
        let signature_at = (strings_at + strings.len()).next_multiple_of(16);
        let signature_size = self
            .signature
            .map_or(0, |(name, _)| signature_size(name, signature_at));
        let end = signature_at + signature_size;
        let mut commands = Commands::default();
        let text_at = TABLES - self.text.len();
        commands.segments(self, text_at, end);
        commands.tables(symbols_at, symbols.len() / 16, strings_at, strings.len());
        commands.add(
            macho::LC_DYLD_EXPORTS_TRIE,
            &[size32(exports_at), size32(exports.len())],
        );
        self.describe(&mut commands);
        if self.signature.is_some() {
            commands.add(
                macho::LC_CODE_SIGNATURE,
                &[size32(signature_at), size32(signature_size)],
            );
        }
        let (cpu, subtype) = match self.arch {
            Architecture::X86_64 => (macho::CPU_TYPE_X86_64.0, 3),
            _ => (macho::CPU_TYPE_ARM64.0, 0),
        };
        let mut bytes = Vec::new();
        for word in [
            0xfeed_facf,
            cpu,
            subtype,
            self.kind.0,
            commands.count,
            size32(commands.bytes.len()),
            self.flags,
            0,
        ] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(commands.bytes);
        assert!(bytes.len() <= text_at, "the load commands are too long");
        bytes.resize(text_at, 0);
        bytes.extend(self.text);
        bytes.extend(symbols);
        bytes.extend(exports);
        bytes.extend(strings);
        bytes.resize(signature_at, 0);
        if let Some((name, flags)) = self.signature {
            let program = self.kind == macho::MH_EXECUTE;
            let signature = sign(&bytes, name, flags, program);
            bytes.extend(signature);
        }
        bytes
    }

    fn describe(&self, commands: &mut Commands) {
        if let Some(name) = self.install_name {
            commands.named(macho::LC_ID_DYLIB, &[24, 1, 0x0001_0000, 0x0001_0000], name);
        }
        if self.kind == macho::MH_EXECUTE {
            commands.named(macho::LC_LOAD_DYLINKER, &[12], "/usr/lib/dyld");
        }
        if let Some(uuid) = self.uuid {
            let words = uuid
                .chunks_exact(4)
                .map(|four| u32::from_le_bytes(four.try_into().unwrap()));
            commands.add(macho::LC_UUID, &words.collect::<Vec<_>>());
        }
        if let Some((platform, minimum, sdk)) = self.system {
            commands.add(
                macho::LC_BUILD_VERSION,
                &[platform, minimum, sdk, 1, LLD, 22 << 16],
            );
        }
        if let Some(stack) = self.stack {
            let [low, high] = [stack & 0xffff_ffff, stack >> 32].map(|half| u32::try_from(half).unwrap());
            commands.add(macho::LC_MAIN, &[size32(TABLES - self.text.len()), 0, low, high]);
        }
        for (load, name) in &self.dylibs {
            commands.named(*load, &[24, 2, 0x054c_0000, 0x0001_0000], name);
        }
        for path in &self.rpaths {
            commands.named(macho::LC_RPATH, &[12], path);
        }
    }

    /// The symbol table and the names in it.
    fn symbols(&self) -> (Vec<u8>, Vec<u8>) {
        let (mut table, mut strings) = (Vec::new(), vec![b' ', 0]);
        let mut add = |name: &str, kind: u8, section: u8, words: u16, value: u64| {
            table.extend(size32(strings.len()).to_le_bytes());
            table.extend([kind, section]);
            table.extend(words.to_le_bytes());
            table.extend(value.to_le_bytes());
            strings.extend(name.bytes());
            strings.push(0);
        };
        for object in &self.debug_map {
            add(object, macho::N_OSO.0, 0, 1, 0);
        }
        for name in &self.defined {
            add(name, macho::N_SECT.0 | macho::N_EXT.0, 1, 0, 0x1_0000_0000);
        }
        for (name, library, weak) in &self.undefined {
            let words = u16::from(*library) << 8 | if *weak { macho::N_WEAK_REF.0 } else { 0 };
            add(name, macho::N_UNDF.0 | macho::N_EXT.0, 0, words, 0);
        }
        (table, strings)
    }
}

fn size32(size: usize) -> u32 {
    u32::try_from(size).unwrap()
}

#[derive(Default)]
struct Commands {
    bytes: Vec<u8>,
    count: u32,
}

impl Commands {
    /// A command of words.
    fn add(&mut self, command: macho::LoadCommandType, words: &[u32]) {
        let body: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.raw(command, &body);
    }

    /// A command of words with a name behind them; the first word says where it begins.
    fn named(&mut self, command: macho::LoadCommandType, words: &[u32], name: &str) {
        let mut body: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        body.extend(name.bytes());
        body.push(0);
        self.raw(command, &body);
    }

    fn raw(&mut self, command: macho::LoadCommandType, body: &[u8]) {
        let size = (body.len() + 8).next_multiple_of(8);
        for word in [command.0, size32(size)] {
            self.bytes.extend(word.to_le_bytes());
        }
        self.bytes.extend(body);
        self.bytes.resize(self.bytes.len() + size - 8 - body.len(), 0);
        self.count += 1;
    }

    fn segments(&mut self, image: &Image<'_>, text_at: usize, end: usize) {
        let read = macho::VM_PROT_READ.0;
        if image.kind == macho::MH_EXECUTE {
            self.segment("__PAGEZERO", [0, 0x1_0000_0000, 0, 0], 0, None);
        }
        let sizes = [0x1_0000_0000, TABLES as u64, 0, TABLES as u64];
        self.segment("__TEXT", sizes, image.code, Some((text_at, image.text.len())));
        let size = (end - TABLES) as u64;
        self.segment(
            "__LINKEDIT",
            [0x1_0000_4000, size.next_multiple_of(0x4000), TABLES as u64, size],
            read,
            None,
        );
    }

    /// `sizes`: address and bytes in memory, place and bytes in the file. `text`: place and bytes of the only section.
    fn segment(&mut self, name: &str, sizes: [u64; 4], protection: u32, text: Option<(usize, usize)>) {
        let mut body = fixed(name);
        body.extend(sizes.iter().flat_map(|size| size.to_le_bytes()));
        for word in [protection, protection, u32::from(text.is_some()), 0] {
            body.extend(word.to_le_bytes());
        }
        if let Some((at, size)) = text {
            body.extend(fixed("__text"));
            body.extend(fixed(name));
            body.extend((sizes[0] + at as u64).to_le_bytes());
            body.extend((size as u64).to_le_bytes());
            for word in [size32(at), 2, 0, 0, macho::S_ATTR_PURE_INSTRUCTIONS.0, 0, 0, 0] {
                body.extend(word.to_le_bytes());
            }
        }
        self.raw(macho::LC_SEGMENT_64, &body);
    }

    fn tables(&mut self, symbols_at: usize, symbols: usize, strings_at: usize, strings: usize) {
        self.add(
            macho::LC_SYMTAB,
            &[symbols_at, symbols, strings_at, strings].map(size32),
        );
    }
}

fn fixed(name: &str) -> Vec<u8> {
    let mut bytes = name.as_bytes().to_vec();
    bytes.resize(16, 0);
    bytes
}

/// The table of exports: from the first node to one for each name.
fn trie(names: &[&str]) -> Vec<u8> {
    const NODE: &[u8] = &[2, 0, 0, 0];
    if names.is_empty() {
        return Vec::new();
    }
    let head = 2 + names.iter().map(|name| name.len() + 4).sum::<usize>();
    let mut bytes = vec![0, u8::try_from(names.len()).unwrap()];
    for (index, name) in names.iter().enumerate() {
        let node = u32::try_from(head + index * NODE.len()).unwrap();
        let group = |shift: u32| u8::try_from(node >> shift & 0x7f).unwrap();
        bytes.extend(name.bytes());
        bytes.extend([0, group(0) | 0x80, group(7) | 0x80, group(14)]);
    }
    for _ in names {
        bytes.extend(NODE);
    }
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes
}

/// Before the identifier: the outer header with one entry, and the list's own header.
const HEADERS: usize = 20 + 88;

fn signature_size(identifier: &str, signed: usize) -> usize {
    HEADERS + identifier.len() + 1 + signed.div_ceil(PAGE) * 32
}

/// Signs as linkers do: digests only.
pub(crate) fn sign(signed: &[u8], identifier: &str, flags: u32, program: bool) -> Vec<u8> {
    let pages = signed.chunks(PAGE);
    let size = size32(signature_size(identifier, signed.len()));
    let digests_at = size32(HEADERS - 20 + identifier.len() + 1);
    let mut bytes = Vec::new();
    let words = [
        macho::CSMAGIC_EMBEDDED_SIGNATURE,
        size,
        1,
        macho::CSSLOT_CODEDIRECTORY.0,
        20,
        macho::CSMAGIC_CODEDIRECTORY,
        size - 20,
        macho::CS_SUPPORTSEXECSEG.0,
        flags,
        digests_at,
        size32(HEADERS - 20),
        0,
        size32(pages.len()),
        size32(signed.len()),
        // SHA-256 of 32 bytes, pages of 2^12 bytes.
        u32::from_be_bytes([32, macho::CS_HASHTYPE_SHA256.0, 0, 12]),
        0,
        0,
        0,
        0,
        0,
        0,
    ];
    bytes.extend(words.iter().flat_map(|word| word.to_be_bytes()));
    let program = if program {
        macho::CS_EXECSEG_MAIN_BINARY.0
    } else {
        0
    };
    for word in [0, TABLES as u64, program] {
        bytes.extend(word.to_be_bytes());
    }
    bytes.extend(identifier.bytes());
    bytes.push(0);
    pages.for_each(|page| bytes.extend(sha256(page)));
    bytes
}

/// An object with these functions, which each call `wanted`. Names are those of C; `private` is for the file alone that
/// it is linked into.
pub(crate) fn object(defined: &[&str], private: &[&str], wanted: &[&str]) -> Vec<u8> {
    object_for(Architecture::Aarch64, defined, private, wanted)
}

/// The same for another processor.
pub(crate) fn object_for(arch: Architecture, defined: &[&str], private: &[&str], wanted: &[&str]) -> Vec<u8> {
    let mut object = Object::new(BinaryFormat::MachO, arch, Endianness::Little);
    object.set_macho_build_version({
        let mut version = MachOBuildVersion::default();
        version.platform = macho::PLATFORM_MACOS;
        version.minos = macho::Version(MINIMUM);
        version.sdk = macho::Version(SDK);
        version
    });
    let text = object.add_section(b"__TEXT".to_vec(), b"__text".to_vec(), SectionKind::Text);
    object.append_section_data(text, &[0xc0, 0x03, 0x5f, 0xd6], 4);
    let scopes = [
        (defined, SymbolScope::Dynamic, SymbolSection::Section(text)),
        (private, SymbolScope::Linkage, SymbolSection::Section(text)),
        (wanted, SymbolScope::Unknown, SymbolSection::Undefined),
    ];
    for (names, scope, section) in scopes {
        for name in names {
            object.add_symbol(Symbol {
                name: name.as_bytes().to_vec(),
                value: 0,
                size: 0,
                kind: SymbolKind::Text,
                scope,
                weak: false,
                section,
                flags: SymbolFlags::None,
            });
        }
    }
    object.write().unwrap()
}

/// A universal file of these parts.
pub(crate) fn universal(parts: &[(macho::CpuType, u32, &[u8])]) -> Vec<u8> {
    const ALIGNED: usize = 1 << 12;
    let mut bytes = Vec::new();
    let mut words = vec![macho::FAT_MAGIC, size32(parts.len())];
    let mut at = ALIGNED;
    for (cpu, subtype, part) in parts {
        words.extend([cpu.0, *subtype, size32(at), size32(part.len()), 12]);
        at = (at + part.len()).next_multiple_of(ALIGNED);
    }
    bytes.extend(words.iter().flat_map(|word| word.to_be_bytes()));
    for (_, _, part) in parts {
        bytes.resize(bytes.len().next_multiple_of(ALIGNED), 0);
        bytes.extend(*part);
    }
    bytes
}
