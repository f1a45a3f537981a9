//! L1 · what would be done: a build lowered to a graph of steps, keyed, explained and printed.

mod explain;
mod key;
mod lower;
mod render;
mod step;

pub use explain::*;
pub use key::*;
pub use lower::*;
pub use render::*;
pub use step::*;

#[cfg(test)]
mod schema;
