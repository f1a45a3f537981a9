//! Whether a file was signed by somebody who is trusted.

use std::io::Cursor;

use super::{VerifyError, key_id};
use crate::index::PublicKey;

/// Checks the signature of a file; gives the key that signed and the trusted comment.
pub fn verify<'a>(
    bytes: &[u8],
    signature: &str,
    keys: impl IntoIterator<Item = &'a PublicKey>,
) -> Result<(&'a PublicKey, String), VerifyError> {
    let malformed = |source| VerifyError::Malformed { source };
    let signature = minisign::SignatureBox::from_string(signature).map_err(malformed)?;
    let mut tried = Vec::new();
    for key in keys {
        let public = minisign::PublicKey::from_base64(key.as_str());
        let signed = public
            .and_then(|public| minisign::verify(&public, &signature, Cursor::new(bytes), true, false, false));
        if signed.is_ok() {
            return Ok((key, signature.trusted_comment().map_err(malformed)?));
        }
        tried.push(key_id(key));
    }
    Err(VerifyError::Untrusted { keys: tried })
}

#[cfg(test)]
mod tests {
    use super::super::{NewKey, SecretKey};
    use super::*;

    fn key() -> SecretKey {
        SecretKey::read(&NewKey::make(None).unwrap().secret, None).unwrap()
    }

    #[test]
    fn only_what_a_trusted_key_signed_counts() {
        let (one, other) = (key(), key());
        let signature = one.sign(b"index", "serial:7").unwrap();
        let both = [other.public().clone(), one.public().clone()];
        let (by, comment) = verify(b"index", &signature, &both).unwrap();
        assert_eq!((by, comment.as_str()), (one.public(), "serial:7"));
        let error = verify(b"index", &signature, [other.public()]).unwrap_err();
        assert!(error.to_string().starts_with("not signed by the key "), "{error}");
        assert!(verify(b"index", &signature, []).is_err());
        assert!(verify(b"indey", &signature, &both).is_err());
        let other_comment = signature.replace("serial:7", "serial:8");
        assert!(verify(b"index", &other_comment, &both).is_err());
    }

    #[test]
    fn what_is_no_signature_is_told() {
        let key = key();
        for text in ["", "x", "untrusted comment: x\nAAAA\ntrusted comment: y\nAAAA\n"] {
            let error = verify(b"", text, [key.public()]).unwrap_err();
            assert!(matches!(error, VerifyError::Malformed { .. }), "{error:?}");
        }
    }
}
