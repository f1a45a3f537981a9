//! L1 · The index of a published directory: every archive by version, target, options and flavour,
//! with what proves it.
//!
//! ```text
//! index.json          the index; changes last
//! index.json.minisig  its signature
//! archives/NAME       an archive; a name never gets other bytes
//! evidence/NAME.*     what is said of it
//! signatures/SUM.minisig  the signature of the index with this SHA-256 sum
//! uv.json             the same archives as uv reads them
//! SHA256SUMS          the same as sha256sum and Bazel's rules for Python read them
//! index.html          the same for people
//! ```
//!
//! An index and its signature are two files, and nothing replaces two files at once. So there is the
//! signature by the sum of what it signs as well, which is there before the index: whoever has read
//! an index finds its signature, whatever happens meanwhile.

mod address;
mod artifact;
mod choice;
mod document;
mod name;
mod page;
mod read;
mod select;
mod sums;
mod text;
mod trusted;
mod uv;
mod write;

pub use address::*;
pub use artifact::*;
pub use choice::*;
pub use document::*;
pub use name::*;
pub use page::*;
pub use read::*;
pub use select::*;
pub use text::*;
pub use trusted::*;

#[cfg(test)]
mod tests;
