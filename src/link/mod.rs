//! L1 · linking an interpreter from the objects of a distribution: what, and with which arguments.
//!
//! Never looks at recipes; runs nothing.

mod args;
mod inittab;
mod plan;

pub use args::{ElfFiles, LinkArg, StartFiles, elf_args, render_ld};
pub use inittab::{InittabEntry, WriteInittabError, write_inittab};
pub use plan::{LinkPlan, PlanError, plan};
