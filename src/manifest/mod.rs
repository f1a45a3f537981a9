//! L1 · `PYTHON.json`: its types, and how it is derived from what was built.

mod description;

pub use description::*;
