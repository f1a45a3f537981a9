//! L3 · relinking: an interpreter with chosen extension modules, from the objects of a distribution, on this machine.

mod error;
mod places;
mod run;

pub use error::RelinkError;
pub use places::linkers;
pub use run::{Relinked, relink};
