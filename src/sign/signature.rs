//! Who signed a file.
//!
//! The only file that names the `minisign_verify` crate. It decides nothing about whom to believe.

use crate::index::PublicKey;

/// Why a signature says nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// It is none, or an old kind that is not accepted.
    #[error("it is no signature that minisign makes nowadays")]
    Malformed,
    /// It is by one of the keys, but of something else.
    #[error("it is the signature of something else")]
    Wrong,
    /// It is by none of the keys.
    #[error("it is by a key that is not known")]
    Stranger,
}

/// A signature that holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature<'k> {
    /// The key that made it.
    pub by: &'k PublicKey,
    /// What it says beside, under the signature.
    pub comment: String,
}

/// Finds the key among `keys` by which `signature` is one of `bytes`.
pub fn signed<'k>(
    bytes: &[u8],
    signature: &[u8],
    keys: impl IntoIterator<Item = &'k PublicKey>,
) -> Result<Signature<'k>, SignatureError> {
    let text = std::str::from_utf8(signature).map_err(|_| SignatureError::Malformed)?;
    let signature = minisign_verify::Signature::decode(text).map_err(|_| SignatureError::Malformed)?;
    let mut outcome = SignatureError::Stranger;
    for by in keys {
        // A key that is of the form and yet none has signed nothing.
        let Ok(key) = minisign_verify::PublicKey::from_base64(by.as_str()) else {
            continue;
        };
        // Two keys may have one number, by malice if not by chance: the others are looked at, too.
        match key.verify(bytes, &signature, false) {
            Ok(()) => {
                let comment = signature.trusted_comment().to_owned();
                return Ok(Signature { by, comment });
            }
            Err(minisign_verify::Error::UnexpectedKeyId) => {}
            Err(minisign_verify::Error::InvalidSignature) => outcome = SignatureError::Wrong,
            Err(_) => return Err(SignatureError::Malformed),
        }
    }
    Err(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (minisign::KeyPair, PublicKey) {
        let pair = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
        let public = PublicKey::parse(&pair.pk.to_base64()).unwrap();
        (pair, public)
    }

    #[test]
    fn knows_whose_it_is() {
        let (one, by_one) = pair();
        let (_, by_other) = pair();
        let signature = minisign::sign(None, &one.sk, &b"text"[..], Some("a comment"), None).unwrap();
        let signature = signature.into_string();
        let check = |bytes: &[u8], signature: &str, keys: &[&PublicKey]| {
            signed(bytes, signature.as_bytes(), keys.iter().copied())
                .map(|signed| (signed.by.clone(), signed.comment))
        };
        assert_eq!(
            check(b"text", &signature, &[&by_other, &by_one]),
            Ok((by_one.clone(), "a comment".to_owned()))
        );
        assert_eq!(check(b"texT", &signature, &[&by_one]), Err(SignatureError::Wrong));
        assert_eq!(
            check(b"text", &signature, &[&by_other]),
            Err(SignatureError::Stranger)
        );
        assert_eq!(check(b"text", &signature, &[]), Err(SignatureError::Stranger));
        let commented = signature.replace("a comment", "another");
        assert_eq!(check(b"text", &commented, &[&by_one]), Err(SignatureError::Wrong));
        for text in ["", "no signature", &signature[..signature.len() / 2]] {
            assert_eq!(check(b"text", text, &[&by_one]), Err(SignatureError::Malformed));
        }
    }
}
