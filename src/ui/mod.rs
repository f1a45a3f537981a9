//! L4 · what a person or a machine sees of the work: bars, plain lines, JSON lines, failures.

mod bars;
mod failure;
mod json;
mod plain;
mod reporter;

pub use failure::Failure;
pub use reporter::{Look, Reporter, Verbosity, reporter};
