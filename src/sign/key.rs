//! The keys of a publisher.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::Ed25519KeyPair;

use super::{KeyError, Password};
use crate::evidence::{Signed, pre_authentication};
use crate::index::PublicKey;

/// A secret key that is ready to sign.
pub struct SecretKey {
    inner: minisign::SecretKey,
    public: PublicKey,
}

/// A fresh pair of keys, as files.
pub struct NewKey {
    /// The secret key's file.
    pub secret: String,
    /// The public key's file.
    pub public: String,
    /// The public key.
    pub key: PublicKey,
}

/// What minisign puts in front of a secret key.
const COMMENT: &str = "pbs secret key";
/// Where the parts of a key begin: two bytes of algorithm each for signature, derivation and checksum, 32 of
/// salt, two limits of eight; then the identifier, and 64 bytes of Ed25519: seed and public key.
const DERIVATION: std::ops::Range<usize> = 2..4;
const SEED: std::ops::Range<usize> = 62..94;
const POINT: std::ops::Range<usize> = 94..126;

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretKey")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewKey")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl NewKey {
    /// Makes a pair; the secret key is encrypted where there is a password.
    pub fn make(password: Option<&Password>) -> Result<Self, KeyError> {
        let failed = |source| KeyError::Failed {
            doing: "make a key",
            source,
        };
        let pair = match password {
            Some(password) => minisign::KeyPair::generate_encrypted_keypair(Some(password.expose())),
            None => minisign::KeyPair::generate_unencrypted_keypair(),
        };
        let pair = pair.map_err(failed)?;
        Ok(Self {
            secret: pair.sk.to_box(Some(COMMENT)).map_err(failed)?.into_string(),
            public: pair.pk.to_box().map_err(failed)?.to_string(),
            key: of_minisign(&pair.pk)?,
        })
    }
}

impl SecretKey {
    /// Reads the file of a secret key.
    pub fn read(text: &str, password: Option<&Password>) -> Result<Self, KeyError> {
        if read_public_key(text).is_ok() {
            return Err(KeyError::Public);
        }
        let boxed =
            minisign::SecretKeyBox::from_string(text).map_err(|source| KeyError::Secret { source })?;
        let inner = match (is_encrypted(text), password) {
            (true, None) => return Err(KeyError::NoPassword),
            // The crate would ask the terminal where it is given no password.
            (true, Some(password)) => boxed.into_secret_key(Some(password.expose())),
            (false, _) => boxed.into_unencrypted_secret_key(),
        };
        let inner = inner.map_err(|source| match source.kind() {
            minisign::ErrorKind::Verify if is_encrypted(text) => KeyError::WrongPassword,
            _ => KeyError::Secret { source },
        })?;
        let public =
            minisign::PublicKey::from_secret_key(&inner).map_err(|source| KeyError::Secret { source })?;
        let key = Self {
            inner,
            public: of_minisign(&public)?,
        };
        key.pair()?;
        Ok(key)
    }

    /// The public key of it.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs a file; gives the signature's file.
    pub fn sign(&self, bytes: &[u8], trusted_comment: &str) -> Result<String, KeyError> {
        let untrusted = format!("signature by {}", key_id(&self.public));
        let signed = minisign::sign(None, &self.inner, bytes, Some(trusted_comment), Some(&untrusted));
        let signed = signed.map_err(|source| KeyError::Failed {
            doing: "sign",
            source,
        })?;
        Ok(signed.into_string())
    }

    /// Signs a statement for its envelope. The same statement gives the same signature.
    pub fn sign_statement(&self, statement: &[u8]) -> Result<Signed, KeyError> {
        let signature = self.pair()?.sign(&pre_authentication(statement));
        Ok(Signed {
            key: key_id(&self.public),
            signature: signature.as_ref().to_vec(),
        })
    }

    fn pair(&self) -> Result<Ed25519KeyPair, KeyError> {
        let bytes = self.inner.to_bytes();
        let (seed, point) = (bytes.get(SEED), bytes.get(POINT));
        let pair = seed
            .zip(point)
            .and_then(|(seed, point)| Ed25519KeyPair::from_seed_and_public_key(seed, point).ok());
        pair.ok_or(KeyError::Halves)
    }
}

fn is_encrypted(text: &str) -> bool {
    let bytes = text
        .lines()
        .nth(1)
        .and_then(|line| STANDARD.decode(line.trim()).ok());
    let derivation = bytes.as_ref().and_then(|bytes| bytes.get(DERIVATION));
    derivation.is_some_and(|derivation| derivation != [0, 0])
}

fn of_minisign(key: &minisign::PublicKey) -> Result<PublicKey, KeyError> {
    PublicKey::parse(&key.to_base64()).map_err(|_| KeyError::NotPublic)
}

/// Reads the file of a public key, or the key alone.
pub fn read_public_key(text: &str) -> Result<PublicKey, KeyError> {
    let line = text.lines().find(|line| !line.starts_with("untrusted comment:"));
    let key = line.and_then(|line| PublicKey::parse(line.trim()).ok());
    let key = key.ok_or(KeyError::NotPublic)?;
    point(&key).map(|_| key)
}

/// What people know a key by: the number that minisign shows.
#[must_use]
pub fn key_id(key: &PublicKey) -> String {
    let bytes = STANDARD.decode(key.as_str()).unwrap_or_default();
    let id = bytes.get(2..10).and_then(|id| id.try_into().ok());
    format!("{:016X}", u64::from_le_bytes(id.unwrap_or_default()))
}

/// The point of the curve behind a key.
pub(super) fn point(key: &PublicKey) -> Result<[u8; 32], KeyError> {
    let bytes = STANDARD.decode(key.as_str()).map_err(|_| KeyError::NotPublic)?;
    let point = bytes.get(10..).and_then(|point| point.try_into().ok());
    point
        .filter(|_| bytes.starts_with(b"Ed"))
        .ok_or(KeyError::NotPublic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_read_again() {
        let new = NewKey::make(None).unwrap();
        let key = SecretKey::read(&new.secret, None).unwrap();
        assert_eq!(key.public(), &new.key);
        assert_eq!(read_public_key(&new.public).unwrap(), new.key);
        assert_eq!(read_public_key(new.key.as_str()).unwrap(), new.key);
        assert!(new.public.contains(&key_id(&new.key)), "{}", new.public);
        // A password that is not needed does no harm: it may be there for another key.
        let password = Password::new("x".to_owned());
        assert!(SecretKey::read(&new.secret, Some(&password)).is_ok());
    }

    #[test]
    fn a_password_is_asked_of_nobody() {
        let password = Password::new("correct horse".to_owned());
        let new = NewKey::make(Some(&password)).unwrap();
        assert!(matches!(
            SecretKey::read(&new.secret, None),
            Err(KeyError::NoPassword)
        ));
        let wrong = Password::new("wrong".to_owned());
        let error = SecretKey::read(&new.secret, Some(&wrong)).unwrap_err();
        assert!(matches!(error, KeyError::WrongPassword), "{error:?}");
        let key = SecretKey::read(&new.secret, Some(&password)).unwrap();
        assert_eq!(key.public(), &new.key);
        assert!(key.sign(b"x", "y").is_ok());
    }

    #[test]
    fn what_is_no_secret_key_is_told() {
        let new = NewKey::make(None).unwrap();
        assert!(matches!(
            SecretKey::read(&new.public, None),
            Err(KeyError::Public)
        ));
        for text in ["", "x", "x\ny\n", "untrusted comment: x\nRW==\n"] {
            assert!(SecretKey::read(text, None).is_err(), "{text:?}");
        }
        let mut lines = new.secret.lines();
        let (comment, key) = (lines.next().unwrap(), lines.next().unwrap());
        let damaged = format!("{comment}\n{}AAAA{}\n", &key[..100], &key[104..]);
        assert!(SecretKey::read(&damaged, None).is_err());
        assert!(read_public_key(&new.secret).is_err());
    }

    #[test]
    fn nothing_prints_a_secret() {
        let password = Password::new("correct horse".to_owned());
        let new = NewKey::make(None).unwrap();
        let key = SecretKey::read(&new.secret, None).unwrap();
        let secret = new.secret.lines().nth(1).unwrap();
        let raw: String = key.inner.to_bytes()[SEED]
            .iter()
            .map(|byte| format!("{byte:x}"))
            .collect();
        for shown in [format!("{key:?}"), format!("{new:?}"), format!("{password:?}")] {
            assert!(
                !shown.contains(secret) && !shown.contains(&raw) && !shown.contains("horse"),
                "{shown}"
            );
        }
    }
}
