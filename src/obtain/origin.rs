//! Where something is published: an address, a repository, or a directory of this machine.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};

use crate::bucket::{BucketAddress, BucketAddressError};
use crate::index::Index;
use crate::model::{TreePath, url_path};
use crate::registry::{AddressError, Repository};

/// Where something is published.
#[derive(Clone, PartialEq, Eq)]
pub enum Origin {
    /// On a web server.
    Web(Web),
    /// In a bucket of an S3-compatible server.
    Bucket(BucketAddress),
    /// In a repository of an OCI registry.
    Registry(Repository),
    /// In a directory.
    Dir(Utf8PathBuf),
}

/// An http or https address, up to a slash.
#[derive(Clone, PartialEq, Eq)]
pub struct Web {
    scheme: &'static str,
    /// `user:password@`, or nothing. Never shown, never remembered.
    credentials: String,
    /// Host, port and path with a slash at its end.
    rest: String,
}

/// A text that names no place.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OriginError {
    /// A scheme that we do not speak.
    #[error("`{scheme}://` is not spoken here")]
    Scheme {
        /// What it begins with.
        scheme: String,
    },
    /// An address of no bucket.
    #[error(transparent)]
    Bucket(#[from] BucketAddressError),
    /// It names no repository.
    #[error(transparent)]
    Repository(#[from] AddressError),
    /// An address without a host, or with what no address of a directory has.
    #[error("`{shown}` is no address of a published directory")]
    Address {
        /// As written, without credentials.
        shown: String,
    },
}

impl OriginError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Scheme { .. } => {
                "name a directory, or an address that begins with https://, http://, s3://, oci:// or file://"
            }
            Self::Bucket(error) => error.hint(),
            Self::Repository(error) => error.hint(),
            Self::Address { .. } => "such as `https://example.org/python/`, without `?` and `#`",
        }
    }
}

impl Origin {
    /// Reads `--from`; what is no address is a directory, seen from `here`.
    pub fn parse(text: &str, here: &Utf8Path) -> Result<Self, OriginError> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok(Self::dir(&here.join(text)));
        };
        match scheme.to_ascii_lowercase().as_str() {
            "https" => Web::parse("https", rest).map(Self::Web),
            "http" => Web::parse("http", rest).map(Self::Web),
            "s3" => {
                let place = rest.strip_suffix(Index::NAME).unwrap_or(rest);
                Ok(Self::Bucket(BucketAddress::parse(place)?))
            }
            "file" => {
                let path = rest.strip_prefix("localhost").unwrap_or(rest);
                let decoded = Some(path).filter(|path| path.starts_with('/')).and_then(decoded);
                let address = || OriginError::Address {
                    shown: text.to_owned(),
                };
                Ok(Self::dir(Utf8Path::new(&decoded.ok_or_else(address)?)))
            }
            other if Repository::is_scheme(other) => Ok(Self::Registry(Repository::parse(text)?)),
            other => Err(OriginError::Scheme {
                scheme: other.to_owned(),
            }),
        }
    }

    fn dir(path: &Utf8Path) -> Self {
        let path = match path.file_name() {
            Some(Index::NAME) => path.parent().unwrap_or(path),
            _ => path,
        };
        // One spelling for what is remembered; one that is not there is told when it is read.
        Self::Dir(path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned()))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Web(web) => write!(f, "{}://{}", web.scheme, web.rest),
            Self::Bucket(address) => write!(f, "{address}"),
            Self::Registry(repository) => write!(f, "{repository}"),
            Self::Dir(path) => write!(f, "{path}"),
        }
    }
}

/// Credentials must not come into a log.
impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.rest)
    }
}

impl Web {
    fn parse(scheme: &'static str, rest: &str) -> Result<Self, OriginError> {
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (credentials, host) = match authority.rsplit_once('@') {
            Some((credentials, host)) => (format!("{credentials}@"), host),
            None => (String::new(), authority),
        };
        let path = path
            .strip_suffix(Index::NAME)
            .unwrap_or(path)
            .trim_end_matches('/');
        let slash = if path.is_empty() { "" } else { "/" };
        let rest = format!("{}/{path}{slash}", host.to_ascii_lowercase());
        let is_odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#' | '\\');
        if host.is_empty() || rest.contains(is_odd) || path.split('/').any(|part| matches!(part, "." | ".."))
        {
            return Err(OriginError::Address {
                shown: format!("{scheme}://{rest}"),
            });
        }
        Ok(Self {
            scheme,
            credentials,
            rest,
        })
    }

    /// The address of something below.
    pub(super) fn url(&self, path: &TreePath) -> String {
        let path = url_path(path.as_str());
        format!("{}://{}{}{path}", self.scheme, self.credentials, self.rest)
    }
}

/// Takes percent-encoding away; nothing where it is none, or not UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &rest[2..];
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Origin, OriginError> {
        Origin::parse(text, Utf8Path::new("/no/such/place"))
    }

    #[test]
    fn one_place_has_one_spelling() {
        for (text, expected) in [
            ("https://Example.org", "https://example.org/"),
            ("HTTPS://example.org/", "https://example.org/"),
            ("https://example.org/a/B", "https://example.org/a/B/"),
            ("https://example.org:8443/a//", "https://example.org:8443/a/"),
            ("http://example.org/a/index.json", "http://example.org/a/"),
            ("https://me:secret@example.org/a", "https://example.org/a/"),
            ("s3://bucket/a/index.json", "s3://bucket/a/"),
            ("OCI://Example.org/a/b/", "oci://example.org/a/b"),
            ("file:///no/such/dir%20x", "/no/such/dir x"),
            ("there", "/no/such/place/there"),
            ("there/index.json", "/no/such/place/there"),
        ] {
            let origin = parse(text).unwrap();
            assert_eq!(origin.to_string(), expected, "{text}");
            assert!(!format!("{origin:?}").contains("secret"));
        }
    }

    #[test]
    fn refuses_what_is_no_place() {
        for text in ["ftp://example.org/", "gopher://bucket/"] {
            assert!(matches!(parse(text), Err(OriginError::Scheme { .. })), "{text}");
        }
        for text in [
            "https://",
            "https:///a",
            "https://example.org/a?b",
            "https://example.org/#a",
            "https://example.org/a/../b",
            "https://a b/",
            "file://host/a",
            "file:///a%zz",
        ] {
            assert!(matches!(parse(text), Err(OriginError::Address { .. })), "{text}");
        }
        assert!(matches!(parse("s3:///a"), Err(OriginError::Bucket(_))));
        assert!(matches!(parse("oci://host/A"), Err(OriginError::Repository(_))));
        let error = parse("https://me:secret@/a").unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn an_address_says_what_it_means() {
        let Origin::Web(web) = parse("https://me:secret@example.org/a").unwrap() else {
            panic!("it is an address")
        };
        let path = TreePath::parse("archives/cpython-1+2 ü.tar").unwrap();
        assert_eq!(
            web.url(&path),
            "https://me:secret@example.org/a/archives/cpython-1%2B2%20%C3%BC.tar"
        );
    }
}
