//! The resources of an executable for Windows: what the system shows of it and asks it before it runs.
//!
//! Written as an object, as resource compilers leave it: no program is needed for it. Microsoft's "PE Format" (the
//! `.rsrc` section) and "Resource File Formats" describe what is in it.

mod icon;
mod manifest;
mod tree;
mod version;

pub use icon::{Icon, IconError};
pub use version::{VersionInfo, VersionInfoError};

use self::manifest::MANIFEST;
use self::tree::{Resource, kind, lay_out};
use crate::link::blank::blank;
use crate::model::{Arch, ObjectFormat};
use object::write::{Relocation, Symbol, SymbolSection};
use object::{
    RelocationEncoding, RelocationFlags, RelocationKind, SectionKind, SymbolFlags, SymbolKind, SymbolScope,
};

/// What an executable has beside its manifest, which all have.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Resources {
    /// What the system shows for it.
    pub icon: Option<Icon>,
    /// What the system tells of it.
    pub version: Option<VersionInfo>,
}

/// Why resources cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteResourcesError {
    /// What the system would tell cannot be written.
    #[error(transparent)]
    Version(#[from] VersionInfoError),
    /// The object writer refused.
    #[error("writing the resources of an executable for Windows")]
    Write(#[from] object::write::Error),
}

/// The sections that linkers put together as `.rsrc`: the directory, then what it leads to.
const DIRECTORY: &[u8] = b".rsrc$01";
const CONTENT: &[u8] = b".rsrc$02";
/// Contents begin at such places.
const ALIGN: u64 = 8;

/// Writes the object file; `name` is that of the executable.
pub fn write_resources(
    arch: Arch,
    resources: &Resources,
    name: &str,
) -> Result<Vec<u8>, WriteResourcesError> {
    let mut all = vec![Resource {
        kind: kind::MANIFEST,
        id: manifest::ID,
        content: MANIFEST.as_bytes().to_vec(),
    }];
    if let Some(icon) = &resources.icon {
        all.extend(icon.resources());
    }
    if let Some(version) = &resources.version {
        all.push(Resource {
            kind: kind::VERSION,
            id: 1,
            content: version.write(name)?,
        });
    }
    all.sort_by_key(|resource| (resource.kind, resource.id));
    let (directory, entries) = lay_out(&all);

    let mut object = blank(ObjectFormat::Coff, arch);
    let table = object.add_section(Vec::new(), DIRECTORY.to_vec(), SectionKind::Data);
    let content = object.add_section(Vec::new(), CONTENT.to_vec(), SectionKind::Data);
    object.append_section_data(table, &directory, 4);
    for (number, (resource, entry)) in all.iter().zip(entries).enumerate() {
        let value = object.append_section_data(content, &resource.content, ALIGN);
        let symbol = object.add_symbol(Symbol {
            name: format!("$R{number:06X}").into_bytes(),
            value,
            size: 0,
            kind: SymbolKind::Data,
            scope: SymbolScope::Compilation,
            weak: false,
            section: SymbolSection::Section(content),
            flags: SymbolFlags::None,
        });
        let flags = RelocationFlags::Generic {
            kind: RelocationKind::ImageOffset,
            encoding: RelocationEncoding::Generic,
            size: 32,
        };
        let relocation = Relocation {
            offset: entry,
            symbol,
            addend: 0,
            flags,
        };
        object.add_relocation(table, relocation)?;
    }
    Ok(object.write()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::{Object as _, ObjectSection as _, ObjectSymbol as _, RelocationTarget};

    #[test]
    fn every_entry_leads_to_its_content() {
        let written = write_resources(Arch::X86_64, &Resources::default(), "app.exe").unwrap();
        let file = object::File::parse(&*written).unwrap();
        let section = |name| file.section_by_name_bytes(name).unwrap();
        let relocations: Vec<_> = section(DIRECTORY).relocations().collect();
        assert_eq!(relocations.len(), 1);
        let RelocationTarget::Symbol(symbol) = relocations[0].1.target() else {
            panic!("{relocations:?}");
        };
        assert_eq!(relocations[0].1.kind(), RelocationKind::ImageOffset);
        let symbol = file.symbol_by_index(symbol).unwrap();
        assert_eq!(symbol.section_index(), Some(section(CONTENT).index()));
        let content = section(CONTENT).data().unwrap();
        assert!(content[usize::try_from(symbol.address()).unwrap()..].starts_with(b"<?xml"));
        let again = write_resources(Arch::X86_64, &Resources::default(), "app.exe").unwrap();
        assert_eq!(written, again);
        assert_eq!(crate::inspect::Coff::parse(&written).unwrap().time, 0);
    }
}
