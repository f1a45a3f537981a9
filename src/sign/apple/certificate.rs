//! A certificate with its key, from a file in PKCS#12 (`.p12`, `.pfx`), as Keychain Access and openssl export it.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::model::Secret;

/// A certificate by which programs are signed, with its key and the certificates that vouch for it.
pub struct Certificate {
    key: RsaKeyPair,
    /// It, and those that vouch for it, as they came.
    pub(super) chain: Vec<Vec<u8>>,
    /// Who vouches for it, and its number there, as in the certificate.
    pub(super) issuer: Vec<u8>,
    pub(super) serial: Vec<u8>,
    /// Whose it is.
    pub name: String,
    /// The team that Apple gave it to.
    pub team: Option<String>,
    /// Until when it holds.
    pub until: SystemTime,
    /// The same for people.
    pub until_shown: String,
    /// Whether the certificate of who vouches for it is there, too, or it vouches for itself.
    pub vouched: bool,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("name", &self.name)
            .field("team", &self.team)
            .finish_non_exhaustive()
    }
}

/// Why nothing can be signed by a file.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// It is something else.
    #[error("it is no PKCS#12 file")]
    Format {
        /// What was found.
        #[source]
        source: p12_keystore::error::Error,
    },
    /// It is encrypted with another password.
    #[error("the password is not the one of the file")]
    Password,
    /// A certificate alone signs nothing.
    #[error("it has no certificate with its private key")]
    NoKey,
    /// Apple's certificates have keys of another kind.
    #[error("its key is no RSA key of 2048 to 4096 bits, as Apple's certificates have")]
    Key,
    /// The certificate in it cannot be read.
    #[error("its certificate cannot be read")]
    Certificate,
    /// The key signs nothing.
    #[error("its key cannot sign")]
    Sign,
}

impl Certificate {
    /// Reads a file.
    pub fn read(file: &[u8], password: &Secret) -> Result<Self, CertificateError> {
        let policy = Pkcs12ImportPolicy::Relaxed;
        let store =
            KeyStore::from_pkcs12(file, password.expose(), policy).map_err(|source| match source {
                p12_keystore::error::Error::MacError(_) => CertificateError::Password,
                source => CertificateError::Format { source },
            })?;
        let (_, entry) = store.private_key_chain().ok_or(CertificateError::NoKey)?;
        let key = RsaKeyPair::from_pkcs8(entry.key().as_der()).map_err(|_| CertificateError::Key)?;
        let chain: Vec<Vec<u8>> = entry
            .certs()
            .iter()
            .map(|certificate| certificate.as_der().to_vec())
            .collect();
        let own = chain.first().ok_or(CertificateError::NoKey)?;
        let (_, own) = X509Certificate::from_der(own).map_err(|_| CertificateError::Certificate)?;
        let subject = own.subject();
        let issuer = own.issuer().as_raw().to_vec();
        let until = u64::try_from(own.validity().not_after.timestamp()).unwrap_or_default();
        let vouched = chain.iter().any(|other| {
            let other = X509Certificate::from_der(other);
            other.is_ok_and(|(_, other)| other.subject().as_raw() == issuer)
        });
        let name = subject
            .iter_common_name()
            .next()
            .and_then(|name| name.as_str().ok());
        let team = subject
            .iter_organizational_unit()
            .next()
            .and_then(|name| name.as_str().ok());
        // Apple's have ten characters; certificates of others may have whatever there.
        let is_team = |team: &&str| team.len() == 10 && team.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let (name, team) = (
            name.unwrap_or_default().to_owned(),
            team.filter(is_team).map(str::to_owned),
        );
        let serial = own.raw_serial().to_vec();
        Ok(Self {
            key,
            name,
            team,
            until: UNIX_EPOCH + Duration::from_secs(until),
            until_shown: own.validity().not_after.to_string(),
            issuer,
            serial,
            vouched,
            chain,
        })
    }

    pub(super) fn sign_bytes(&self, bytes: &[u8]) -> Result<Vec<u8>, CertificateError> {
        let mut signature = vec![0; self.key.public().modulus_len()];
        // This kind of signature takes no randomness.
        let done = self
            .key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), bytes, &mut signature);
        done.map_err(|_| CertificateError::Sign)?;
        Ok(signature)
    }
}
