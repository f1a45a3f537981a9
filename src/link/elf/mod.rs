//! ELF: what a linker is told, and objects that programs of others can link.

mod args;
mod localise;
mod movable;
mod tables;

pub use args::{LinkArg, elf_args, partial_args, render_ld};
pub use localise::{LocaliseError, Localised, localise};
pub use movable::{MovableError, movable};
pub use tables::ReadObjectError;
