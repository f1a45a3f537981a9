//! Addresses in a bucket, and signatures of requests: AWS Signature Version 4.
//!
//! Writing is signed in headers, with the sum of the body, so that a server notices a body that was changed
//! on the way. Reading may be signed in the address, which any download then takes as it is.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials as SigningCredentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningInstructions, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use tracing::subscriber::NoSubscriber;

use super::{Access, BucketAddress, BucketError};
use crate::model::{Digest, url_part, url_path};

/// How long an address that is signed can be used: a slow download may be taken up again meanwhile.
const VALID: Duration = Duration::from_secs(6 * 60 * 60);

/// A bucket's address on the web, and who asks there.
#[derive(Clone)]
pub struct Signer {
    access: Access,
    /// Scheme, host and, where the bucket is not in the host, its name; no slash at the end.
    base: String,
    address: BucketAddress,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("base", &self.base)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// A request that is to be signed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unsigned<'a> {
    pub(super) method: &'static str,
    pub(super) url: &'a str,
    pub(super) headers: &'a [(&'static str, String)],
    pub(super) body: &'a Digest,
}

impl Signer {
    /// A way into a bucket.
    ///
    /// AWS wants the bucket in the host's name, where its certificate allows that (no dots); other servers
    /// know it in the path.
    pub fn new(address: &BucketAddress, access: Access) -> Result<Self, BucketError> {
        let bucket = &address.bucket;
        let base = match &access.endpoint {
            Some(endpoint) => {
                let sound = ["https://", "http://"]
                    .iter()
                    .find_map(|scheme| endpoint.strip_prefix(scheme))
                    .is_some_and(|host| {
                        !host.is_empty()
                            && host
                                .bytes()
                                .all(|byte| byte.is_ascii_graphic() && !b"?#@\"<>".contains(&byte))
                    });
                if !sound {
                    return Err(BucketError::Endpoint {
                        endpoint: without_credentials(endpoint),
                    });
                }
                format!("{}/{bucket}", endpoint.trim_end_matches('/'))
            }
            None => {
                let region = &access.region;
                let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
                if region.is_empty() || !region.bytes().all(is_plain) {
                    return Err(BucketError::Endpoint {
                        endpoint: region.clone(),
                    });
                }
                match bucket.contains('.') {
                    true => format!("https://s3.{region}.amazonaws.com/{bucket}"),
                    false => format!("https://{bucket}.s3.{region}.amazonaws.com"),
                }
            }
        };
        Ok(Self {
            access,
            base,
            address: address.clone(),
        })
    }

    /// The place in the bucket.
    #[must_use]
    pub fn address(&self) -> &BucketAddress {
        &self.address
    }

    /// The region that is asked.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.access.region
    }

    /// Where those find it who do not sign, if they may.
    #[must_use]
    pub fn public_url(&self) -> String {
        format!("{}/{}", self.base, url_path(&self.address.prefix))
    }

    /// The address of a key, with a query.
    pub(super) fn url(&self, key: &str, query: &[(&str, &str)]) -> String {
        let mut url = format!("{}/{}", self.base, url_path(key));
        append(&mut url, query.iter().copied());
        url
    }

    /// An address that reads a key without anything more; a plain one where nobody is said to ask.
    pub fn readable_url(&self, key: &str) -> Result<String, BucketError> {
        let mut url = self.url(key, &[]);
        let mut settings = settings();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
        settings.expires_in = Some(VALID);
        let body = SignableBody::UnsignedPayload;
        if let Some(signed) = self.signed("GET", &url, &[], body, settings)? {
            let (_, query) = signed.into_parts();
            append(
                &mut url,
                query.iter().map(|(name, value)| (*name, value.as_ref())),
            );
        }
        Ok(url)
    }

    /// The headers that sign a request, beside those that it has; none where nobody is said to ask.
    pub(super) fn headers(&self, request: Unsigned<'_>) -> Result<Vec<(String, String)>, BucketError> {
        let mut settings = settings();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let body = SignableBody::Precomputed(request.body.hex());
        let signed = self.signed(request.method, request.url, request.headers, body, settings)?;
        let headers = signed.map(|signed| signed.into_parts().0).unwrap_or_default();
        let texts = headers
            .iter()
            .map(|header| (header.name().to_owned(), header.value().to_owned()));
        Ok(texts.collect())
    }

    fn signed(
        &self,
        method: &'static str,
        url: &str,
        headers: &[(&'static str, String)],
        body: SignableBody<'_>,
        settings: SigningSettings,
    ) -> Result<Option<SigningInstructions>, BucketError> {
        let Some(credentials) = &self.access.credentials else {
            return Ok(None);
        };
        let token = credentials
            .session_token
            .as_ref()
            .map(|token| token.expose().to_owned());
        let identity = SigningCredentials::new(
            credentials.key_id.as_str(),
            credentials.secret_key.expose(),
            token,
            None,
            "pbs",
        )
        .into();
        // What the signer says may hold what it signs.
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.access.region)
            .name("s3")
            .time(now())
            .settings(settings)
            .build()
            .map_err(|_| BucketError::Sign)?
            .into();
        let headers = headers.iter().map(|(name, value)| (*name, value.as_str()));
        let request = SignableRequest::new(method, url, headers, body).map_err(|_| BucketError::Sign)?;
        // At its most talkative the signer logs what it signs, and in an address that includes the token.
        let signed = tracing::subscriber::with_default(NoSubscriber::new(), || sign(request, &params));
        let signed = signed.map_err(|_| BucketError::Sign)?;
        Ok(Some(signed.into_parts().0))
    }

    /// Whether a text shows something that must not be seen.
    pub(super) fn gives_away(&self, text: &str) -> bool {
        let Some(credentials) = &self.access.credentials else {
            return false;
        };
        let token = credentials.session_token.iter().map(crate::model::Secret::expose);
        std::iter::once(credentials.secret_key.expose())
            .chain(token)
            .any(|secret| text.contains(secret))
    }
}

/// S3 takes keys as they are: encoded once, and with every slash that they have.
fn settings() -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings
}

#[expect(
    clippy::disallowed_methods,
    reason = "a signature says when it was made, and servers hold that against their clocks"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

/// What may be shown of an address that a person got wrong.
fn without_credentials(endpoint: &str) -> String {
    match endpoint.split_once('@') {
        Some((_, host)) => format!("…@{host}"),
        None => endpoint.to_owned(),
    }
}

fn append<'a>(url: &mut String, query: impl Iterator<Item = (&'a str, &'a str)>) {
    for (name, value) in query {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(&url_part(name));
        url.push('=');
        url.push_str(&url_part(value));
    }
}

#[cfg(test)]
mod tests {
    use super::super::Given;
    use super::*;
    use crate::model::Secret;

    fn signer(address: &str, given: Given) -> Result<Signer, BucketError> {
        let address = BucketAddress::parse(address).unwrap();
        Signer::new(&address, Access::find(&given).unwrap())
    }

    fn endpoint(text: &str) -> Given {
        Given {
            endpoint: Some(text.to_owned()),
            ..Given::default()
        }
    }

    #[test]
    fn a_bucket_has_an_address() {
        let url =
            |address: &str, given: Given| signer(address, given).unwrap().url("a/x+1", &[("uploads", "")]);
        assert_eq!(
            url("b/a", Given::default()),
            "https://b.s3.us-east-1.amazonaws.com/a/x%2B1?uploads="
        );
        assert_eq!(
            url("my.b", Given::default()),
            "https://s3.us-east-1.amazonaws.com/my.b/a/x%2B1?uploads="
        );
        assert_eq!(
            url("b", endpoint("http://127.0.0.1:9000/")),
            "http://127.0.0.1:9000/b/a/x%2B1?uploads="
        );
        let public = signer("b/a+b", endpoint("https://s3.example.org"))
            .unwrap()
            .public_url();
        assert_eq!(public, "https://s3.example.org/b/a%2Bb/");
        for wrong in [
            "s3.example.org",
            "https://",
            "ftp://x",
            "https://me:pw@host",
            "https://a b",
        ] {
            let error = signer("b", endpoint(wrong)).unwrap_err();
            assert!(matches!(error, BucketError::Endpoint { .. }), "{wrong}");
            assert!(!error.to_string().contains("pw"), "{error}");
        }
    }

    #[test]
    fn whoever_has_no_credentials_signs_nothing() {
        let signer = signer("b", endpoint("https://s3.example.org")).unwrap();
        assert_eq!(signer.readable_url("x").unwrap(), "https://s3.example.org/b/x");
    }

    #[test]
    fn signatures_are_there_and_secrets_are_not() {
        let given = Given {
            key_id: Some("AKIDEXAMPLE".to_owned()),
            secret_key: Some(Secret::new("very/secret".to_owned())),
            session_token: Some(Secret::new("tokenized+".to_owned())),
            ..endpoint("https://s3.example.org")
        };
        let signer = signer("b", given).unwrap();
        let url = signer.readable_url("x+y").unwrap();
        assert!(url.starts_with("https://s3.example.org/b/x%2By?X-Amz-"), "{url}");
        for part in [
            "X-Amz-Signature=",
            "X-Amz-Security-Token=tokenized%2B",
            "X-Amz-Expires=21600",
            "AKIDEXAMPLE%2F",
        ] {
            assert!(url.contains(part), "{part}: {url}");
        }
        let request = Unsigned {
            method: "PUT",
            url: "https://s3.example.org/b/x",
            headers: &[("if-none-match", "*".to_owned())],
            body: &Digest::of(b"abc"),
        };
        let headers = signer.headers(request).unwrap();
        let get = |name: &str| {
            headers
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.as_str())
        };
        assert!(
            get("authorization").unwrap().contains("if-none-match"),
            "{headers:?}"
        );
        assert_eq!(
            get("x-amz-content-sha256"),
            Some(Digest::of(b"abc").hex().as_str())
        );
        assert!(!format!("{signer:?}{headers:?}{url}").contains("secret"));
        assert!(signer.gives_away("no very/secret here") && !signer.gives_away("nothing"));
    }
}
