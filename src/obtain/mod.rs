//! L3 · gets a published distribution: index, signature, archive, an interpreter that stands ready.
//!
//! Owns `<store>/fetched-v1/`: interpreters that stand unpacked, downloads that broke off, what is remembered
//! of each origin, locks. Nothing is unpacked before its size, its digest and the signature of the index that
//! names them (or the lock file) have been checked; nothing appears at its place before it is complete. Whom
//! to believe is decided in `trust`, which archive is meant in [`crate::index`] and [`lockfile`](Lock): those
//! are pure.

mod conduct;
mod download;
mod error;
mod evidence;
mod gate;
mod keys;
mod lockfile;
mod machine;
mod memory;
mod origin;
mod place;
mod published;
mod reach;
mod trust;

pub use conduct::{LockUse, Notice, Obtained, Request, Tools, obtain};
pub use error::ObtainError;
pub use keys::{KeyError, read_key};
pub use lockfile::{Lock, Locked, ReadLockError};
pub use machine::Machine;
pub use origin::{Origin, OriginError};
pub use place::collect;
pub use reach::ReachError;
pub use trust::{Memory, TrustError};
