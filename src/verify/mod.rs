//! L1 · rules that a distribution must obey before anybody gets it.

mod limits;

pub use limits::Limits;
