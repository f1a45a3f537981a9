//! L1 · facts of object files, libraries and executables: bytes in, typed facts out.
//!
//! Nothing here judges; what is allowed is said by the rules in `verify`.

mod ar;
mod begun;
mod code;
mod coff;
mod content;
mod elf;
mod leak;
mod macho;
mod pe;
mod pyc;
mod tbd;
mod told;

#[cfg(test)]
pub(crate) use ar::tests::archive as made_archive;
pub use ar::{Archive, ArchiveError, Member};
pub use begun::{is_coff, is_macho, is_universal};
pub use code::{Code, Role};
pub use coff::{
    Coff, CoffContent, CoffError, CoffImport, CoffLibrary, CoffMember, CoffSection, CoffSymbol, Imported,
};
pub use content::{Content, ContentError};
pub use elf::{Binding, Elf, ElfError, ElfKind, Sizes, Stack, Symbol, Visibility};
pub use leak::find_leaks;
#[cfg(test)]
pub(crate) use macho::made as macho_made;
pub use macho::{
    BuildVersion, CodeDirectory, Dylib, InstallName, Library, Load, MachO, MachOError, MachOKind,
    MachOSection, MachOSymbol, Pages, Purpose, Segment, Signature, SignatureHash, Slice, Universal, c_name,
};
pub use pe::{Export, Imports, Pe, PeError, PeSection, Protection, Subsystem};
pub use pyc::{Invalidation, Pyc};
pub use tbd::{Stub, StubError};
pub use told::Told;
