//! Signatures of programs for macOS by a certificate.

mod certificate;
mod cms;
mod der;

pub use certificate::{Certificate, CertificateError};
