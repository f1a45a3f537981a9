//! L2 · the store: blobs and trees by content, results of actions by key.
//!
//! Owns every byte below the store's root; nobody else writes there. It never decides what is to
//! be kept or made again: it says what is there and whether it is whole.
//!
//! # What holds whatever happens
//!
//! * **Everything lands by rename.** A file is written to `tmp/<session>/` on the same file
//!   system and renamed to its name when it is complete, so a process killed at any moment leaves
//!   either nothing or the whole thing. Sessions of dead processes (their lock is free) are
//!   removed by the next one that opens the store.
//! * **No fsync.** A rename is atomic for every process that survives; only a power cut can leave
//!   a named file without its bytes. Such a blob has another size or another digest, is noticed
//!   when it is read or materialised, and is made again. An `fsync` per file would buy nothing
//!   that the digest does not, and is not free: ten thousand files of 4 kB take 5 to 9 s with it
//!   instead of about 1 s on a virtual disk, and a disk that turns takes far longer. What leaves
//!   the store for good ([`Store::export`]) is synced.
//! * **Names carry the whole digest**, hash and size, and directories carry the format's version
//!   (`cas-v1/`), so that another version never misreads them.
//! * **Two processes share it.** Everyone holds a shared lock on `lock`; only the collector takes
//!   it alone ([`Store::collect`]), and gives up when anyone else is there.
//! * **Nothing is trusted because it has the right name.** Reading checks the digest; the first
//!   materialisation of a tree checks every byte; a standing tree is compared with the tree's
//!   description each time it is used (see [`Store::materialise`]).

mod actions;
mod cas;
mod check;
mod error;
mod gc;
mod ingest;
mod layout;
mod materialise;
mod outside;
mod reapi;
mod spread;
mod stamp;
mod trees;
mod unpack;
mod walk;

pub use actions::ActionRecord;
pub use cas::BlobWriter;
pub(crate) use cas::{CHUNK, digest_of};
pub use check::{Damage, Health};
pub use error::{BlobState, EntryProblem, StoreError};
pub use gc::{CollectPolicy, Collected, StoreSize};
pub use ingest::list_dir;
pub use layout::{Scratch, Store};
pub use materialise::Materialised;
pub(crate) use outside::write_whole;
pub use reapi::DecodeError;
pub(crate) use spread::spread;
pub(crate) use stamp::touch;
pub use stamp::{BlobMode, MTIME};
pub(crate) use walk::leaves;
