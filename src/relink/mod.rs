//! L3 · relinking: an interpreter with chosen extension modules, from the objects of a distribution, on this machine.

mod check;
mod compile;
mod error;
mod gather;
mod gather_error;
mod kind;
mod notice;
mod places;
mod reach;
mod request;
mod requirement;
mod requirement_error;
mod resources;
mod run;
mod seal;
mod universal;
mod wheels;

pub use error::RelinkError;
pub use gather_error::GatherError;
pub use kind::{Embedding, Kind};
pub use notice::{Ear, Notice};
pub use places::linkers;
pub use request::{App, AsPython, Macos, Request, SingleFile, Windows};
pub use requirement_error::RequirementError;
pub use run::{Relinked, relink};
pub use universal::{Side, relink_universal};
