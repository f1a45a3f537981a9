//! L4 · the command line: one file per command; each parses, loads, calls, renders.

mod args;
mod build;
mod cache;
mod ci;
mod context;
mod diff;
mod doctor;
mod entry;
mod exit;
mod explain;
mod fail;
mod fetch;
mod human;
mod image;
mod inspect;
mod link;
mod plan;
mod publish;
mod reach;
mod report;
mod reproduce;
mod settings;
mod shell;
mod sources;
mod sysroot;
mod targets;
mod test;
mod train;
mod verify;

pub use entry::main;
pub use exit::CODES;
pub use settings::{VARIABLES, Variable};
