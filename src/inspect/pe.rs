//! PE: what Windows' loader reads in an executable or a DLL.
//!
//! The format is described in Microsoft's "PE Format".

use std::collections::{BTreeMap, BTreeSet};

use object::read::pe::{
    ExportTarget, ImageNtHeaders, ImageOptionalHeader as _, Import, ImportThunkList, PeFile,
};
use object::{FileKind, LittleEndian, pe};

use super::coff::{Imported, is_machine, text};
use crate::model::Arch;

/// DLL → what is asked of it.
pub type Imports = BTreeMap<String, BTreeSet<Imported>>;

/// The facts of an executable or a DLL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pe {
    /// `Machine` of the file header.
    pub machine: u16,
    /// Whether it is a DLL.
    pub dll: bool,
    /// What kind of program it is.
    pub subsystem: Subsystem,
    /// What must be there when it is loaded.
    pub imports: Imports,
    /// What is loaded when it is called.
    pub delayed: Imports,
    /// The name that it has for those who link with it.
    pub name: Option<String>,
    /// What others can ask of it, in the order of their numbers.
    pub exports: Vec<Export>,
    /// What it says of its safety.
    pub protection: Protection,
    /// Bytes of the first thread's stack that are reserved.
    pub stack: u64,
    /// `TimeDateStamp` of the file header: a time, or where [`Pe::reproducible`] a digest.
    pub time: u32,
    /// The kinds of entries in its debug directory (`IMAGE_DEBUG_TYPE_…`).
    pub debug: Vec<u32>,
    /// Its sections in order.
    pub sections: Vec<PeSection>,
}

/// The kinds of programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subsystem {
    /// With a console.
    Console,
    /// Without one.
    Gui,
    /// A driver, firmware or something else.
    Other(u16),
}

/// A function or variable that a DLL has for others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Export {
    /// Its name, unless it has only a number.
    pub name: Option<String>,
    /// Its number.
    pub ordinal: u16,
    /// Where it really is, where that is another DLL: `other.name`.
    pub forward: Option<String>,
}

/// What a file says of its safety.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Protection {
    /// It can stand at any address (ASLR).
    pub dynamic_base: bool,
    /// And that address may be above 4 GiB, with more to choose from.
    pub high_entropy: bool,
    /// Data is not executed (DEP).
    pub no_execute: bool,
    /// Where indirect calls may go is listed (CFG).
    pub guard: bool,
    /// It copes with addresses above 2 GiB.
    pub large_addresses: bool,
}

/// A section of an executable or a DLL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeSection {
    /// Its name.
    pub name: String,
    /// Bytes in memory.
    pub size: u64,
    /// Whether it is both writable and executable.
    pub writable_code: bool,
}

/// Why a file is no executable or DLL that we can read.
#[derive(Debug, thiserror::Error)]
pub enum PeError {
    /// Its structure is broken.
    #[error("not a readable PE file")]
    Malformed {
        /// What the reader found.
        #[source]
        source: object::read::Error,
    },
    /// It is of another format.
    #[error("no PE file")]
    NotPe,
}

impl From<object::read::Error> for PeError {
    fn from(source: object::read::Error) -> Self {
        Self::Malformed { source }
    }
}

impl Pe {
    /// Reads an executable or a DLL.
    pub fn parse(bytes: &[u8]) -> Result<Self, PeError> {
        match FileKind::parse(bytes)? {
            FileKind::Pe32 => read::<pe::ImageNtHeaders32>(bytes),
            FileKind::Pe64 => read::<pe::ImageNtHeaders64>(bytes),
            _ => Err(PeError::NotPe),
        }
    }

    /// Whether it is made for this architecture.
    #[must_use]
    pub fn is_for(&self, arch: Arch) -> bool {
        is_machine(self.machine, arch)
    }

    /// Whether it says that its time is a digest, so that the same input gives the same file.
    #[must_use]
    pub fn reproducible(&self) -> bool {
        self.debug.contains(&pe::IMAGE_DEBUG_TYPE_REPRO.0)
    }
}

fn read<Headers: ImageNtHeaders>(bytes: &[u8]) -> Result<Pe, PeError> {
    let endian = LittleEndian;
    let file = PeFile::<Headers>::parse(bytes)?;
    let headers = file.nt_headers();
    let (header, optional) = (headers.file_header(), headers.optional_header());
    let said = header.characteristics.get(endian).0;
    let says = |flag: u16| optional.dll_characteristics().0 & flag != 0;
    let (name, exports) = exports(&file)?;
    let sections = file.section_table();
    Ok(Pe {
        machine: header.machine.get(endian).0,
        dll: said & pe::IMAGE_FILE_DLL.0 != 0,
        subsystem: match optional.subsystem() {
            pe::IMAGE_SUBSYSTEM_WINDOWS_CUI => Subsystem::Console,
            pe::IMAGE_SUBSYSTEM_WINDOWS_GUI => Subsystem::Gui,
            other => Subsystem::Other(other.0),
        },
        imports: imports(&file)?,
        delayed: delayed(&file)?,
        name,
        exports,
        protection: Protection {
            dynamic_base: says(pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE.0),
            high_entropy: says(pe::IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA.0),
            no_execute: says(pe::IMAGE_DLLCHARACTERISTICS_NX_COMPAT.0),
            guard: says(pe::IMAGE_DLLCHARACTERISTICS_GUARD_CF.0),
            large_addresses: said & pe::IMAGE_FILE_LARGE_ADDRESS_AWARE.0 != 0,
        },
        stack: optional.size_of_stack_reserve(),
        time: header.time_date_stamp.get(endian),
        debug: debug(&file)?,
        sections: sections
            .iter()
            .map(|section| {
                let flags = section.characteristics.get(endian).0;
                let both = pe::IMAGE_SCN_MEM_WRITE.0 | pe::IMAGE_SCN_MEM_EXECUTE.0;
                PeSection {
                    name: text(section.raw_name()),
                    size: section.virtual_size.get(endian).into(),
                    writable_code: flags & both == both,
                }
            })
            .collect(),
    })
}

/// What is asked for in a list of thunks.
fn asked<'data, Headers: ImageNtHeaders>(
    mut thunks: ImportThunkList<'data>,
    import: impl Fn(Headers::ImageThunkData) -> object::read::Result<Import<'data>>,
) -> Result<BTreeSet<Imported>, PeError> {
    let mut names = BTreeSet::new();
    while let Some(thunk) = thunks.next::<Headers>()? {
        names.insert(match import(thunk)? {
            Import::Ordinal(ordinal) => Imported::Ordinal(ordinal),
            Import::Name(_, name) => Imported::Name(text(name)),
        });
    }
    Ok(names)
}

fn imports<Headers: ImageNtHeaders>(file: &PeFile<'_, Headers>) -> Result<Imports, PeError> {
    let endian = LittleEndian;
    let mut imports = Imports::new();
    if let Some(table) = file.import_table()? {
        let mut descriptors = table.descriptors()?;
        while let Some(descriptor) = descriptors.next()? {
            // Old linkers leave the list that stays as it is out; the other is as good until it is loaded.
            let list = match descriptor.original_first_thunk.get(endian) {
                0 => descriptor.first_thunk.get(endian),
                list => list,
            };
            let dll = text(table.name(descriptor.name.get(endian))?);
            let names = asked::<Headers>(table.thunks(list)?, |thunk| table.import::<Headers>(thunk))?;
            imports.entry(dll).or_default().extend(names);
        }
    }
    Ok(imports)
}

fn delayed<Headers: ImageNtHeaders>(file: &PeFile<'_, Headers>) -> Result<Imports, PeError> {
    let endian = LittleEndian;
    let mut imports = Imports::new();
    if let Some(table) = file.delay_load_import_table()? {
        let mut descriptors = table.descriptors()?;
        while let Some(descriptor) = descriptors.next()? {
            let dll = text(table.name(descriptor.dll_name_rva.get(endian))?);
            let list = table.thunks(descriptor.import_name_table_rva.get(endian))?;
            let names = asked::<Headers>(list, |thunk| table.import::<Headers>(thunk))?;
            imports.entry(dll).or_default().extend(names);
        }
    }
    Ok(imports)
}

fn exports<Headers: ImageNtHeaders>(
    file: &PeFile<'_, Headers>,
) -> Result<(Option<String>, Vec<Export>), PeError> {
    let Some(table) = file.export_table()? else {
        return Ok((None, Vec::new()));
    };
    let mut exports = Vec::new();
    for export in table.exports()? {
        // A number between others that nobody has.
        if export.name.is_none() && matches!(export.target, ExportTarget::Address(0)) {
            continue;
        }
        exports.push(Export {
            name: export.name.map(text),
            ordinal: export.ordinal.0,
            forward: match export.target {
                ExportTarget::Address(_) => None,
                ExportTarget::ForwardByOrdinal(dll, ordinal) => Some(format!("{}.#{}", text(dll), ordinal.0)),
                ExportTarget::ForwardByName(dll, name) => Some(format!("{}.{}", text(dll), text(name))),
            },
        });
    }
    exports.sort_by_key(|export| export.ordinal);
    let name = table
        .name_from_pointer(table.directory().name.get(LittleEndian))
        .ok();
    Ok((name.map(text), exports))
}

/// The kinds of entries in the debug directory.
fn debug<Headers: ImageNtHeaders>(file: &PeFile<'_, Headers>) -> Result<Vec<u32>, PeError> {
    let Some(directory) = file.data_directory(pe::IMAGE_DIRECTORY_ENTRY_DEBUG) else {
        return Ok(Vec::new());
    };
    let data = directory.data(file.data(), &file.section_table())?;
    let entries = data.chunks_exact(size_of::<pe::ImageDebugDirectory>());
    // The kind is the fourth word, behind flags, time and version.
    let kind = |entry: &[u8]| Some(u32::from_le_bytes(entry.get(12..16)?.try_into().ok()?));
    Ok(entries.filter_map(kind).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_refused() {
        assert!(matches!(Pe::parse(b"MZ"), Err(PeError::Malformed { .. })));
        assert!(Pe::parse(b"").is_err());
        let object = super::super::coff::tests::sample("it", "puts");
        assert!(matches!(Pe::parse(&object), Err(PeError::NotPe)));
    }
}
