//! Reads the facts of a Mach-O file, load command by load command.

use object::Endianness;
use object::macho;
use object::read::macho::{LoadCommandData, LoadCommandVariant, MachHeader, Section as _, Segment as _};

use super::exports::read_exports;
use super::signature::read_signature;
use super::symbols::{Symbols, read_symbols};
use super::{
    BuildVersion, Dylib, InstallName, Load, MachO, MachOError, MachOKind, MachOSection, Purpose, Segment,
    text,
};
use crate::model::PackedVersion;

/// Reads a file of either width.
pub(super) fn read<Header: MachHeader<Endian = Endianness>>(bytes: &[u8]) -> Result<MachO, MachOError> {
    let header = Header::parse(bytes, 0)?;
    let endian = header.endian()?;
    let kind = match header.filetype(endian) {
        macho::MH_OBJECT => MachOKind::Object,
        macho::MH_EXECUTE => MachOKind::Executable,
        macho::MH_DYLIB => MachOKind::Dylib,
        macho::MH_BUNDLE => MachOKind::Bundle,
        macho::MH_DSYM => MachOKind::DebugSymbols,
        other => return Err(MachOError::Kind { kind: other.0 }),
    };
    let mut commands = Commands::default();
    let mut all = header.load_commands(endian, bytes, 0)?;
    while let Some(command) = all.next()? {
        if let Some((segment, sections)) = Header::Segment::from_command(command)? {
            let segment = read_segment::<Header>(endian, segment, sections)?;
            // What debuggers read apart keeps the places that the segments have in the other file.
            let inside = segment.1 <= bytes.len() as u64 || kind == MachOKind::DebugSymbols;
            if !inside {
                return Err(MachOError::Segment);
            }
            commands.segments.push(segment.0);
        } else {
            commands.take(endian, &command)?;
        }
    }
    let flags = header.flags(endian).0;
    let is_image = !matches!(kind, MachOKind::Object | MachOKind::DebugSymbols);
    let two_level = is_image && flags & macho::MH_TWOLEVEL.0 != 0;
    let Symbols { symbols, debug_map } = match commands.symbols {
        Some(table) => {
            let table = table.symbols::<Header, _>(endian, bytes)?;
            read_symbols::<Header>(endian, table, two_level.then_some(&commands.dylibs))?
        }
        None => Symbols::default(),
    };
    let exports = match commands.exports {
        _ if !is_image => Vec::new(),
        Some((at, size)) => read_exports(within(bytes, at, size).ok_or(MachOError::Segment)?)?,
        None => {
            let exported = symbols.iter().filter(|symbol| symbol.defined && !symbol.private);
            exported.map(|symbol| symbol.name.clone()).collect()
        }
    };
    let signature = match commands.signature {
        Some((at, size)) => Some(read_signature(bytes, at, size)?),
        None => None,
    };
    Ok(MachO {
        cpu: header.cputype(endian).0,
        cpu_subtype: header.cpusubtype(endian).0 & !macho::CPU_SUBTYPE_MASK,
        kind,
        flags,
        systems: commands.systems,
        uuid: commands.uuid,
        install_name: commands.install_name,
        dylibs: commands.dylibs,
        rpaths: commands.rpaths,
        loader: commands.loader,
        stack: commands.stack,
        segments: commands.segments,
        symbols,
        exports,
        linker_options: commands.linker_options,
        debug_map,
        signature,
    })
}

/// A part of a file.
pub(super) fn within(bytes: &[u8], at: u32, size: u32) -> Option<&[u8]> {
    let (at, size) = (usize::try_from(at).ok()?, usize::try_from(size).ok()?);
    bytes.get(at..at.checked_add(size)?)
}

/// The facts of a segment, and where it ends in the file.
fn read_segment<Header: MachHeader<Endian = Endianness>>(
    endian: Endianness,
    segment: &Header::Segment,
    sections: &[u8],
) -> Result<(Segment, u64), MachOError> {
    let (at, file_size) = segment.file_range(endian);
    let mut facts = Segment {
        name: text(segment.name()),
        size: segment.vmsize(endian).into(),
        file_size,
        initial: segment.initprot(endian).0,
        maximum: segment.maxprot(endian).0,
        sections: Vec::new(),
    };
    for section in segment.sections(endian, sections)? {
        let (home, name) = (text(section.segment_name()), text(section.name()));
        facts.sections.push(MachOSection {
            purpose: purpose(&home, section.flags(endian)),
            name: format!("{home},{name}"),
            size: section.size(endian).into(),
        });
    }
    Ok((facts, at.saturating_add(file_size)))
}

fn purpose(segment: &str, flags: macho::SectionFlags) -> Purpose {
    let code = macho::S_ATTR_PURE_INSTRUCTIONS.0 | macho::S_ATTR_SOME_INSTRUCTIONS.0;
    match flags.typ() {
        _ if segment == "__DWARF" => Purpose::Debug,
        _ if segment == "__LLVM" || segment == "__LD" => Purpose::Tools,
        macho::S_ZEROFILL | macho::S_GB_ZEROFILL | macho::S_THREAD_LOCAL_ZEROFILL => Purpose::Zero,
        macho::S_SYMBOL_STUBS => Purpose::Code,
        _ if flags.0 & code != 0 => Purpose::Code,
        _ => Purpose::Data,
    }
}

/// What the load commands say.
#[derive(Default)]
struct Commands<'data> {
    systems: Vec<BuildVersion>,
    uuid: Option<String>,
    install_name: Option<InstallName>,
    dylibs: Vec<Dylib>,
    rpaths: Vec<String>,
    loader: Option<String>,
    stack: Option<u64>,
    segments: Vec<Segment>,
    linker_options: Vec<Vec<String>>,
    symbols: Option<&'data macho::SymtabCommand<Endianness>>,
    /// Place and size of the table of exports.
    exports: Option<(u32, u32)>,
    /// Place and size of the signature.
    signature: Option<(u32, u32)>,
}

impl<'data> Commands<'data> {
    fn take(
        &mut self,
        endian: Endianness,
        command: &LoadCommandData<'data, Endianness>,
    ) -> Result<(), MachOError> {
        let place = |data: &macho::LinkeditDataCommand<Endianness>| {
            Some((data.dataoff.get(endian), data.datasize.get(endian)))
        };
        match command.variant()? {
            LoadCommandVariant::Symtab(table) => self.symbols = Some(table),
            LoadCommandVariant::Dylib(dylib) => {
                let name = read_name(endian, command, &dylib.dylib)?;
                let flags = command.dylib_use_flags(endian, dylib)?;
                self.dylibs.push(Dylib {
                    name: name.name,
                    current: name.current,
                    compatibility: name.compatibility,
                    load: load(command.cmd(), flags),
                });
            }
            LoadCommandVariant::IdDylib(dylib) => {
                self.install_name = Some(read_name(endian, command, &dylib.dylib)?);
            }
            LoadCommandVariant::LoadDylinker(loader) => {
                self.loader = Some(text(command.string(endian, loader.name)?));
            }
            LoadCommandVariant::Rpath(rpath) => {
                self.rpaths.push(text(command.string(endian, rpath.path)?));
            }
            LoadCommandVariant::Uuid(uuid) => {
                self.uuid = Some(uuid.uuid.iter().map(|byte| format!("{byte:02x}")).collect());
            }
            LoadCommandVariant::EntryPoint(entry) => self.stack = Some(entry.stacksize.get(endian)),
            LoadCommandVariant::BuildVersion(build, _) => {
                let tools = command.build_version(endian)?.map(|(_, tools)| tools);
                let tools = tools.unwrap_or_default().iter();
                self.systems.push(BuildVersion {
                    platform: build.platform.get(endian).0,
                    minimum: PackedVersion(build.minos.get(endian).0),
                    sdk: PackedVersion(build.sdk.get(endian).0),
                    tools: tools
                        .map(|tool| (tool.tool.get(endian).0, PackedVersion(tool.version.get(endian).0)))
                        .collect(),
                });
            }
            LoadCommandVariant::VersionMin(build) => self.systems.push(BuildVersion {
                platform: platform(command.cmd()).0,
                minimum: PackedVersion(build.version.get(endian).0),
                sdk: PackedVersion(build.sdk.get(endian).0),
                tools: Vec::new(),
            }),
            LoadCommandVariant::LinkerOption(option) => {
                let count = option.count.get(endian);
                let words = command
                    .raw_data()
                    .get(size_of::<macho::LinkerOptionCommand<Endianness>>()..);
                let words = words.unwrap_or_default().split(|byte| *byte == 0);
                let count = usize::try_from(count).unwrap_or(usize::MAX);
                self.linker_options.push(words.take(count).map(text).collect());
            }
            LoadCommandVariant::DyldInfo(info) => {
                self.exports = Some((info.export_off.get(endian), info.export_size.get(endian)));
            }
            LoadCommandVariant::LinkeditData(data) => match command.cmd() {
                macho::LC_DYLD_EXPORTS_TRIE => self.exports = place(data),
                macho::LC_CODE_SIGNATURE => self.signature = place(data),
                _ => {}
            },
            _ => {}
        }
        Ok(())
    }
}

fn read_name(
    endian: Endianness,
    command: &LoadCommandData<'_, Endianness>,
    dylib: &macho::Dylib<Endianness>,
) -> Result<InstallName, MachOError> {
    Ok(InstallName {
        name: text(command.string(endian, dylib.name)?),
        current: PackedVersion(dylib.current_version.get(endian).0),
        compatibility: PackedVersion(dylib.compatibility_version.get(endian).0),
    })
}

/// How a library is loaded: by the kind of the command, or by flags where it has some.
fn load(command: macho::LoadCommandType, flags: Option<macho::DylibUseFlags>) -> Load {
    let has = |flag: macho::DylibUseFlags| flags.is_some_and(|flags| flags.0 & flag.0 != 0);
    match command {
        macho::LC_REEXPORT_DYLIB => Load::ReExport,
        macho::LC_LAZY_LOAD_DYLIB => Load::Lazy,
        macho::LC_LOAD_UPWARD_DYLIB => Load::Upward,
        _ if has(macho::DYLIB_USE_REEXPORT) => Load::ReExport,
        _ if has(macho::DYLIB_USE_UPWARD) => Load::Upward,
        _ if has(macho::DYLIB_USE_DELAYED_INIT) => Load::Lazy,
        macho::LC_LOAD_WEAK_DYLIB => Load::Weak,
        _ if has(macho::DYLIB_USE_WEAK_LINK) => Load::Weak,
        _ => Load::Required,
    }
}

/// The system of the older commands, which have one kind each.
fn platform(command: macho::LoadCommandType) -> macho::Platform {
    match command {
        macho::LC_VERSION_MIN_MACOSX => macho::PLATFORM_MACOS,
        macho::LC_VERSION_MIN_IPHONEOS => macho::PLATFORM_IOS,
        macho::LC_VERSION_MIN_TVOS => macho::PLATFORM_TVOS,
        macho::LC_VERSION_MIN_WATCHOS => macho::PLATFORM_WATCHOS,
        _ => macho::PLATFORM_UNKNOWN,
    }
}
