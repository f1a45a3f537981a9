//! L1 · `PYTHON.json`: its types, and how it is derived from what was built.

mod derive;
mod description;
mod disagreement;
mod facts;
mod inputs;
mod inventory;
mod json;
mod layout;
mod own;
mod pbs;
mod places;
mod select;
mod summary;
mod symbols;

pub use derive::*;
pub use description::*;
pub use disagreement::*;
pub use facts::*;
pub use inputs::{GIVEN_SYSROOT, MovedInput, moved_inputs};
pub use inventory::*;
pub use json::*;
pub use layout::*;
pub use own::own_library;
pub use pbs::*;
pub use places::{Places, library_name, places};
pub use select::*;
pub use summary::*;
pub use symbols::*;

#[cfg(test)]
mod schema;
