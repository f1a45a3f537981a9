//! L1 · what would be done: a build lowered to a graph of steps, keyed, explained and printed.

mod explain;
mod glob;
mod key;
mod lower;
mod recipe;
mod render;
mod source;
mod step;

pub use explain::*;
pub use glob::parse_glob;
pub use key::*;
pub use lower::*;
pub use recipe::recipe_digest;
pub use render::*;
pub use source::*;
pub use step::*;

#[cfg(test)]
mod schema;
