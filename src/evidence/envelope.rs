//! An envelope around what is signed: DSSE 1.0, <https://github.com/secure-systems-lab/dsse>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// What is in it, for statements of in-toto.
const IN_TOTO: &str = "application/vnd.in-toto+json";

/// An envelope.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    payload_type: String,
    /// In base64.
    payload: String,
    signatures: Vec<Signature>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Signature {
    /// Which key it is by; only a hint.
    #[serde(default)]
    keyid: String,
    /// In base64.
    sig: String,
}

/// A signature as bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signed {
    /// Which key it is by; only a hint.
    pub key: String,
    /// The signature of [`pre_authentication`].
    pub signature: Vec<u8>,
}

/// Why bytes are no envelope of a statement.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// They are no envelope.
    #[error("not an envelope that we can read")]
    Malformed(#[from] serde_json::Error),
    /// What is in it is not of the kind that is wanted.
    #[error("the envelope holds `{found}` and not a statement of in-toto")]
    Kind {
        /// What it says.
        found: String,
    },
    /// A part of it is no base64.
    #[error("the {what} of the envelope is no base64")]
    Base64 {
        /// Which part.
        what: &'static str,
        /// What the decoder found.
        #[source]
        source: base64::DecodeError,
    },
}

/// What is signed: the kind of the payload and the payload, so that neither can be taken for another.
#[must_use]
pub fn pre_authentication(statement: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {IN_TOTO} {} ", IN_TOTO.len(), statement.len()).into_bytes();
    bytes.extend_from_slice(statement);
    bytes
}

impl Envelope {
    /// Puts a statement and its signatures into an envelope.
    #[must_use]
    pub fn seal(statement: &[u8], signatures: &[Signed]) -> Self {
        let signature = |signed: &Signed| Signature {
            keyid: signed.key.clone(),
            sig: STANDARD.encode(&signed.signature),
        };
        Self {
            payload_type: IN_TOTO.to_owned(),
            payload: STANDARD.encode(statement),
            signatures: signatures.iter().map(signature).collect(),
        }
    }

    /// Writes it: JSON, indented, ending in a line feed.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        super::Bom::of(self).into_bytes()
    }

    /// Reads one that holds a statement of in-toto.
    pub fn read(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let envelope: Self = serde_json::from_slice(bytes)?;
        if envelope.payload_type != IN_TOTO {
            return Err(EnvelopeError::Kind {
                found: envelope.payload_type,
            });
        }
        Ok(envelope)
    }

    /// The statement and its signatures. Nothing of it counts before a signature was checked.
    pub fn open(&self) -> Result<(Vec<u8>, Vec<Signed>), EnvelopeError> {
        let decode = |what, text: &str| {
            STANDARD
                .decode(text)
                .map_err(|source| EnvelopeError::Base64 { what, source })
        };
        let statement = decode("payload", &self.payload)?;
        let signatures = self.signatures.iter().map(|signature| {
            Ok(Signed {
                key: signature.keyid.clone(),
                signature: decode("signature", &signature.sig)?,
            })
        });
        Ok((statement, signatures.collect::<Result<_, EnvelopeError>>()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_what_the_protocol_says() {
        // The example of the protocol's document has another kind; the form is the same.
        assert_eq!(
            pre_authentication(b"hello world"),
            b"DSSEv1 28 application/vnd.in-toto+json 11 hello world"
        );
    }

    #[test]
    fn gives_back_what_it_holds() {
        let signed = Signed {
            key: "00FF".to_owned(),
            signature: vec![0, 255, 1],
        };
        let envelope = Envelope::seal(b"{}\n", std::slice::from_ref(&signed));
        let read = Envelope::read(&envelope.write()).unwrap();
        assert_eq!(read, envelope);
        assert_eq!(read.open().unwrap(), (b"{}\n".to_vec(), vec![signed]));
    }

    #[test]
    fn says_what_is_wrong() {
        let envelope = Envelope::seal(b"{}", &[]);
        let text = String::from_utf8(envelope.write()).unwrap();
        let other = text.replace(IN_TOTO, "text/plain");
        let error = Envelope::read(other.as_bytes()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the envelope holds `text/plain` and not a statement of in-toto"
        );
        let damaged = text.replace("e30=", "e3*=");
        let error = Envelope::read(damaged.as_bytes()).unwrap().open().unwrap_err();
        assert_eq!(error.to_string(), "the payload of the envelope is no base64");
        assert!(Envelope::read(b"{}").is_err());
    }
}
