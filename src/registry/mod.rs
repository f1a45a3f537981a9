//! L2 · speaks to OCI registries (distribution spec 1.1): manifests by tag, blobs by digest, credentials.
//!
//! Every published path is an artifact of its own: a manifest with one layer, whose title is the file's name,
//! under a tag that is the path in another spelling ([`tag_of`]). `oras pull HOST/NAME:TAG` gives the file.
//!
//! It has a client of its own, on `fetch::Http`, and not the crate `oci-client`: that one has an HTTP client of
//! its own, with its own certificates and proxies, tries nothing again, goes on with neither a download nor an
//! upload that broke off, and its types do not make one layer that is a file any shorter than this is.

mod address;
mod authorize;
mod challenge;
mod client;
mod credentials;
mod error;
mod manifest;
mod tag;
mod upload;

pub use address::{AddressError, Repository};
pub use client::{Client, Resolved};
pub use credentials::{Access, Credentials};
pub use error::RegistryError;
pub(crate) use error::UNTRUSTED;
pub use manifest::{Descriptor, Manifest};
pub use tag::{is_tag, tag_of};
pub use upload::Source;
