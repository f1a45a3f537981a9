//! Statements whose envelope a trusted key signed.

use ring::signature::{ED25519, UnparsedPublicKey};

use super::key::point;
use super::{OpenError, key_id};
use crate::evidence::{Envelope, pre_authentication};
use crate::index::PublicKey;

/// Opens the envelope of a statement that one of these keys signed; gives the key and the statement.
pub fn open_envelope<'a>(
    bytes: &[u8],
    keys: impl IntoIterator<Item = &'a PublicKey>,
) -> Result<(&'a PublicKey, Vec<u8>), OpenError> {
    let (statement, signatures) = Envelope::read(bytes)?.open()?;
    let signed = pre_authentication(&statement);
    let mut tried = Vec::new();
    for key in keys {
        let by_it = point(key).is_ok_and(|point| {
            let public = UnparsedPublicKey::new(&ED25519, point);
            let mut signatures = signatures.iter();
            signatures.any(|signature| public.verify(&signed, &signature.signature).is_ok())
        });
        if by_it {
            return Ok((key, statement));
        }
        tried.push(key_id(key));
    }
    Err(OpenError::Untrusted { keys: tried })
}

#[cfg(test)]
mod tests {
    use super::super::{NewKey, SecretKey};
    use super::*;

    #[test]
    fn only_what_a_trusted_key_signed_is_opened() {
        let key = || SecretKey::read(&NewKey::make(None).unwrap().secret, None).unwrap();
        let (one, other) = (key(), key());
        let seal = |statement: &[u8], signed: &[u8]| {
            Envelope::seal(statement, &[one.sign_statement(signed).unwrap()]).write()
        };
        let envelope = seal(b"{}", b"{}");
        assert_eq!(envelope, seal(b"{}", b"{}"), "the same bytes each time");
        let (by, statement) = open_envelope(&envelope, [other.public(), one.public()]).unwrap();
        assert_eq!((by, statement.as_slice()), (one.public(), &b"{}"[..]));
        assert!(open_envelope(&envelope, [other.public()]).is_err());
        assert!(open_envelope(&envelope, []).is_err());
        assert!(open_envelope(&seal(b"[]", b"{}"), [one.public()]).is_err());
    }
}
