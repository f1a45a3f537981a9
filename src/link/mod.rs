//! L1 · linking an interpreter from the objects of a distribution: what, and with which arguments.
//!
//! Never looks at recipes; runs nothing.

mod args;
mod embed;
mod inittab;
mod linker;
mod plan;
mod prepare;
mod reachable;

pub use args::{ElfFiles, LinkArg, elf_args, render_ld};
pub use embed::{WriteEmbedError, write_embed};
pub use inittab::{InittabEntry, WriteInittabError, write_inittab};
pub use linker::{Linker, NoLinker, Places, find_linker};
pub use plan::{Form, LinkPlan, PlanError, plan};
pub use prepare::{PrepareError, Prepared, prepare};
pub use reachable::{Functions, Reachable, reachable};
