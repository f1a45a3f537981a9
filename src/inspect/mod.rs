//! L1 · facts of object files, libraries and executables: bytes in, typed facts out.
//!
//! Nothing here judges; what is allowed is said by the rules in `verify`.

mod ar;
mod content;
mod elf;
mod leak;
mod pyc;

#[cfg(test)]
pub(crate) use ar::tests::archive as made_archive;
pub use ar::{Archive, ArchiveError, Member};
pub use content::{Content, ContentError};
pub use elf::{Binding, Elf, ElfError, ElfKind, Sizes, Stack, Symbol, Visibility};
pub use leak::find_leaks;
pub use pyc::{Invalidation, Pyc};
