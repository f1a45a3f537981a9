//! L1 · what would be done: a build lowered to a graph of steps, keyed, explained and printed.

mod step;

pub use step::*;
