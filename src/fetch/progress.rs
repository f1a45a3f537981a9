//! What downloads tell whoever shows them.
//!
//! Owns the listener's shape. Must never print.

use std::fmt;

/// One attempt to get one thing from one place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transfer<'a> {
    /// What is fetched: `zlib-1.3.1`, or a file name.
    pub name: &'a str,
    /// From where.
    pub place: &'a str,
    /// How many bytes it is.
    pub total: u64,
}

/// A listener of transfers. Called from several threads at once; the same `name` and `place`
/// come with every call about one transfer.
pub trait Progress: fmt::Debug + Send + Sync {
    /// An attempt begins.
    fn started(&self, _transfer: Transfer<'_>) {}
    /// So many bytes, counted from the beginning, have come.
    fn advanced(&self, _transfer: Transfer<'_>, _done: u64) {}
    /// The same place is tried again, for this reason.
    fn again(&self, _transfer: Transfer<'_>, _reason: &str) {}
    /// The attempt was in vain; the next place is tried.
    fn failed(&self, _transfer: Transfer<'_>, _reason: &str) {}
    /// The thing is in the store.
    fn finished(&self, _transfer: Transfer<'_>) {}
}

/// A listener that does nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {}
