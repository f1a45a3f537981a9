//! L1 · what was written (YAML with positions) and what it means (a concrete build).

mod file;

pub use file::SourceFile;
