//! Why a key or a signature is not taken.

use crate::evidence::EnvelopeError;

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// It is no secret key.
    #[error("not a secret key as `pbs publish key new` or minisign writes it")]
    Secret {
        /// What was found.
        #[source]
        source: minisign::PError,
    },
    /// It is a public key, where a secret one is needed.
    #[error("a public key, and signing takes the secret one")]
    Public,
    /// It is no public key.
    #[error("not a public key as `pbs publish key new` or minisign writes it")]
    NotPublic,
    /// It is encrypted, and there is no password.
    #[error("the key is protected by a password")]
    NoPassword,
    /// It is encrypted with another password.
    #[error("the password is not the one of the key")]
    WrongPassword,
    /// There is no randomness, or too little memory.
    #[error("failed to {doing}")]
    Failed {
        /// What was being done.
        doing: &'static str,
        /// Why not.
        #[source]
        source: minisign::PError,
    },
    /// The two halves of the key are not of each other.
    #[error("the secret key is damaged: its halves do not belong together")]
    Halves,
}

impl KeyError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoPassword | Self::WrongPassword => Some("set PBS_KEY_PASSWORD"),
            Self::Secret { .. } => Some("`pbs publish key new FILE` makes a key"),
            Self::Public | Self::NotPublic => Some(
                "the secret key is in FILE and the public one in FILE.pub, as `pbs publish key new FILE` made them",
            ),
            _ => None,
        }
    }
}

/// Why an envelope is not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It is by none of the keys, or of something else.
    #[error("not signed by {}", by(.keys))]
    Untrusted {
        /// The keys that were tried, by their identifiers.
        keys: Vec<String>,
    },
    /// The envelope cannot be read.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
}

fn by(keys: &[String]) -> String {
    match keys {
        [] => "any key, as none is trusted".to_owned(),
        [key] => format!("the key {key}"),
        keys => format!("any of the keys {}", keys.join(", ")),
    }
}
