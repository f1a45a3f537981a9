//! L3 · holds a distribution against what its publisher says of it, without a network.
//!
//! What is published is a chain, and every link of it is checked: a key that a person trusts signs the
//! index, the index names archive, manifest and documents by digest, the manifest names every file, and
//! the documents say what the manifest says. Who is trusted is the caller's to say: a copy on a disk has no
//! address of which something could be remembered. Nothing is run, and nothing is written but the store.

mod conduct;
mod documents;
mod error;
mod files;
mod folder;
mod subject;

pub use conduct::{Attested, Request, attest};
pub use error::AttestError;
