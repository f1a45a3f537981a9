//! L2 · archives in and out: checked unpacking, deterministic packing, patches.
//!
//! Owns the formats: tar, zip, ar, the compressions, unified diffs. Everything goes from the store into the
//! store, but for what [`extract`] unpacks for people to use; nothing here knows where an archive came from.

mod deb;
mod error;
mod extract;
mod files;
mod globs;
mod hunk;
mod intake;
mod limits;
mod members;
mod pack;
mod patch;
mod root;
mod stream;
mod unpack;
mod zipped;

pub use error::{ArchiveError, EntryFault};
pub use extract::extract;
pub use files::read_zip;
pub use hunk::ParsePatchError;
pub use limits::UnpackLimits;
pub use members::packing;
pub use pack::{Compression, PackSpec, pack};
pub use patch::{HunkOffset, PatchError, Patched, apply_patches};
pub(crate) use root::package_digest;
pub use root::{RootError, unpack_root};
pub use unpack::{UnpackSpec, Unpacked, unpack};
