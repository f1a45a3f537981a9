//! L3 · relinking: an interpreter with chosen extension modules, from the objects of a distribution, on this machine.

mod compile;
mod error;
mod gather;
mod gather_error;
mod kind;
mod places;
mod request;
mod run;

pub use error::RelinkError;
pub use gather_error::GatherError;
pub use kind::{Embedding, Kind};
pub use places::linkers;
pub use request::{App, AsPython, Request, SingleFile};
pub use run::{Relinked, relink};
