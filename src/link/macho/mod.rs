//! Mach-O: what a linker for macOS is told, and what is written of an executable after the link: how much stack it has,
//! its signature, and one file of those for several processors.

mod commands;
mod signature;
mod stack;
mod universal;
mod words;

pub use commands::ReadCommandsError;
pub use signature::{Signer, Unsigned, sign_ad_hoc};
pub use stack::set_stack;
pub use universal::{WriteUniversalError, part_for, write_universal};
pub(super) use words::words;
