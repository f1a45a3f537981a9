//! L2 · S3-compatible buckets: how they are reached, and one function for each request.
//!
//! Owns what is known of credentials. They are read once, they sign, and they are in no message and in
//! no log: what holds them does not print them, and the address of a request is never shown.

mod access;
mod address;
mod answer;
mod client;
mod error;
mod profile;
mod sign;
mod upload;

pub use access::{Access, Given};
pub use address::{BucketAddress, BucketAddressError};
pub use client::{Bucket, Condition, Head, Kind, Object, Written};
pub use error::BucketError;
pub use sign::Signer;
pub use upload::{PartTag, Unfinished};
