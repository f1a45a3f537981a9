//! L1 · which modules an application's imports can reach, and why.
//!
//! `scan` reads the source of one module; `reach` follows imports from the roots. Nothing is run and nothing
//! is read from disk: the caller says what is there.

mod decode;
mod import;
mod interpreter;
mod lines;
mod modules;
mod name;
mod reach;
mod reason;
mod scan;

pub use import::{Certainty, Import, Imported, Scan};
pub use interpreter::Interpreter;
pub use modules::{Code, Kind, Module, Modules};
pub use reach::{Cause, Missing, Need, Reach, Reached, Root, Unresolved, reach};
pub use reason::Reason;
pub use scan::{SyntaxError, scan};
