//! L1 · which modules an application's imports can reach, and why.
//!
//! `scan` reads the source of one module. Nothing is run and nothing is read from disk.

mod decode;
mod import;
mod interpreter;
mod lines;
mod modules;
mod name;
mod scan;

pub use import::{Certainty, Import, Imported, Scan};
pub use interpreter::Interpreter;
pub use modules::Kind;
pub use scan::{SyntaxError, scan};
