//! L1 · the bundle: the modules and files of a single-file executable, in one read-only piece of it.
//!
//! `recipes/cpython/launcher/` reads it at run time. Knows nothing of linkers and of where files come from.

mod add;
mod content;
mod prune;
mod read;
mod write;

pub use add::{AddError, Library, is_identifier};
pub use content::{Bundle, Code, Keep, Module, ModuleKind};
pub use read::{Held, HeldKind, ReadBundleError, read_bundle};
pub use write::{WriteBundleError, write_bundle};
