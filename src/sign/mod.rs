//! L2 · keys and signatures: minisign's for files (<https://jedisct1.github.io/minisign/>), plain
//! Ed25519 for statements in DSSE envelopes, by the same key; programs for macOS by a certificate.
//!
//! Owns the cryptography; it touches no file. No secret is ever printed: what holds one has a
//! `Debug` of its own.

mod apple;
mod envelope;
mod error;
mod key;
mod password;
mod signature;

pub use apple::{Certificate, CertificateError};
pub use envelope::open_envelope;
pub use error::{KeyError, OpenError};
pub use key::{NewKey, SecretKey, key_id, read_public_key};
pub use password::Password;
pub use signature::{Signature, SignatureError, signed};
