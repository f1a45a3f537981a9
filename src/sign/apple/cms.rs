//! What the owner of a certificate says of a program: a signature in CMS (RFC 5652), beside what it is of.
//!
//! Signed are the attributes: the digest of the program's code directory, and the same twice in Apple's own, of which one
//! is cut to 20 bytes. No time is among them: the same program and certificate give the same bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Certificate;
use super::certificate::CertificateError;
use super::der::{NULL, context, integer, octets, oid, sequence, set, small, tagged};
use crate::model::Digest;

// The numbers of object identifiers, as DER has them.
/// 1.2.840.113549.1.7.1: data.
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
/// 1.2.840.113549.1.7.2: signed data.
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// 1.2.840.113549.1.9.3: what kind of content it is.
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
/// 1.2.840.113549.1.9.4: its digest.
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
/// 1.2.840.113635.100.9.1: the digests of code directories, as a property list of Apple's.
const DIRECTORIES_LISTED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x63, 0x64, 0x09, 0x01];
/// 1.2.840.113635.100.9.2: the same with their algorithms.
const DIRECTORIES: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x63, 0x64, 0x09, 0x02];
/// 2.16.840.1.101.3.4.2.1: SHA-256.
const SHA_256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
/// 1.2.840.113549.1.1.1: RSA.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// Bytes of a digest in the property list.
const LISTED: usize = 20;

impl Certificate {
    /// The owner's signature of a code directory. Its length is the same for every directory.
    pub fn sign(&self, directory: &[u8]) -> Result<Vec<u8>, CertificateError> {
        let digest = Digest::of(directory).hash;
        let attribute = |kind: &[u8], value: Vec<u8>| sequence(&[&oid(kind), &set(&[value])]);
        let attributes = set(&[
            attribute(CONTENT_TYPE, oid(DATA)),
            attribute(MESSAGE_DIGEST, octets(&digest)),
            attribute(DIRECTORIES_LISTED, octets(list(&digest[..LISTED]).as_bytes())),
            attribute(DIRECTORIES, sequence(&[&oid(SHA_256), &octets(&digest)])),
        ]);
        let signature = self.sign_bytes(&attributes)?;
        let sha_256 = sequence(&[&oid(SHA_256), &NULL]);
        // Signed as a set, and written as what the tag says.
        let mut tagged_attributes = attributes;
        tagged_attributes[0] = context(0);
        let signer = sequence(&[
            &small(1),
            &sequence(&[&self.issuer, &integer(&self.serial)]),
            &sha_256,
            &tagged_attributes,
            &sequence(&[&oid(RSA), &NULL]),
            &octets(&signature),
        ]);
        let signed = sequence(&[
            &small(1),
            &set(&[sha_256]),
            &sequence(&[&oid(DATA)]),
            &tagged(context(0), &self.chain.concat()),
            &set(&[signer]),
        ]);
        Ok(sequence(&[&oid(SIGNED_DATA), &tagged(context(0), &signed)]))
    }
}

/// A property list with one digest.
fn list(digest: &[u8]) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n<dict>\n\t<key>cdhashes</key>\n\t<array>\n\t\t<data>\n\t\t{}\n\t\t</data>\n\t</array>\n</dict>\n\
         </plist>\n",
        STANDARD.encode(digest)
    )
}
