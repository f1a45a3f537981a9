//! L1 · The index of a published directory: every archive by version, target, options and flavour,
//! with what proves it.
//!
//! ```text
//! index.json          the index; changes last
//! index.json.minisig  its signature
//! archives/NAME       an archive; a name never gets other bytes
//! evidence/NAME.*     what is said of it
//! ```

mod artifact;
mod choice;
mod document;
mod name;
mod read;
mod select;
mod text;
mod trusted;
mod write;

pub use artifact::*;
pub use choice::*;
pub use document::*;
pub use name::*;
pub use read::*;
pub use select::*;
pub use text::*;
pub use trusted::*;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod schema;
