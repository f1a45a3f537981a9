//! L1 · what differs between two artifacts, and what kind of difference it is.
//!
//! Facts and bytes in, differences out. Nothing here judges which of the two is right.

mod align;
mod bytes;
mod code;
mod compare;
mod difference;
mod explain;
mod fields;
mod ignore;
mod library;
mod packing;
mod render;

pub use compare::{CompareError, CompareInput, Side, compare};
pub use difference::*;
pub use fields::differing_fields;
pub use ignore::{Ignore, UnknownIgnore};
pub use packing::Packing;
pub use render::Shown;
