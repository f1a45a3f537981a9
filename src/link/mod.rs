//! L1 · linking an interpreter from the objects of a distribution: what, and with which arguments.
//!
//! Never looks at recipes; runs nothing.

mod args;
mod elf_object;
mod embed;
mod header;
mod inittab;
mod linker;
mod localise;
mod movable;
mod plan;
mod prepare;
mod reachable;
mod staticlib;

pub use args::{ElfFiles, LinkArg, elf_args, partial_args, render_ld};
pub use elf_object::ReadObjectError;
pub use embed::{WriteEmbedError, write_embed};
pub use header::{HostNeeds, MADE, functions_of, header};
pub use inittab::{InittabEntry, WriteInittabError, write_inittab};
pub use linker::{Linker, NoLinker, Places, find_linker};
pub use localise::{LocaliseError, Localised, localise};
pub use movable::{MovableError, movable};
pub use plan::{Form, LinkPlan, PlanError, plan};
pub use prepare::{PrepareError, Prepared, prepare};
pub use reachable::{Functions, Reachable, reachable};
pub use staticlib::{ArchiveMember, WriteArchiveError, write_archive};
