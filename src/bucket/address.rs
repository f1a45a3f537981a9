//! `s3://BUCKET/PREFIX`.

use std::fmt;

use crate::model::TreePath;

/// A place in a bucket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BucketAddress {
    /// The bucket's name.
    pub bucket: String,
    /// What every key begins with: nothing, or something with a slash at its end.
    pub prefix: String,
}

/// A text that names no place in a bucket.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`s3://{rest}` names no bucket, or no place in one")]
pub struct BucketAddressError {
    /// As written, behind the scheme.
    pub rest: String,
}

impl BucketAddressError {
    /// What a person can do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        "such as `s3://bucket` or `s3://bucket/python`; AWS_ENDPOINT_URL says on which server, if it is not AWS"
    }
}

impl BucketAddress {
    /// Reads what stands behind `s3://`.
    pub fn parse(rest: &str) -> Result<Self, BucketAddressError> {
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.trim_end_matches('/');
        let is_plain =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'+' | b'~');
        let is_sound =
            |part: &str| !part.is_empty() && part != "." && part != ".." && part.bytes().all(is_plain);
        let is_bucket = is_sound(bucket) && !bucket.contains(['+', '~']);
        if !is_bucket || !(prefix.is_empty() || prefix.split('/').all(is_sound)) {
            return Err(BucketAddressError {
                rest: rest.to_owned(),
            });
        }
        let slash = if prefix.is_empty() { "" } else { "/" };
        Ok(Self {
            bucket: bucket.to_owned(),
            prefix: format!("{prefix}{slash}"),
        })
    }

    /// The key of something below.
    #[must_use]
    pub fn key(&self, path: &TreePath) -> String {
        format!("{}{path}", self.prefix)
    }
}

impl fmt::Display for BucketAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_has_one_spelling() {
        for (text, expected) in [
            ("bucket", "s3://bucket/"),
            ("bucket/", "s3://bucket/"),
            ("bucket/a/B_1", "s3://bucket/a/B_1/"),
            ("my.bucket/a//", "s3://my.bucket/a/"),
        ] {
            assert_eq!(BucketAddress::parse(text).unwrap().to_string(), expected);
        }
        let path = TreePath::parse("archives/x").unwrap();
        assert_eq!(BucketAddress::parse("b/a").unwrap().key(&path), "a/archives/x");
        assert_eq!(BucketAddress::parse("b").unwrap().key(&path), "archives/x");
    }

    #[test]
    fn refuses_what_is_none() {
        for text in [
            "", "/", "/a", "b//a", "b/../c", "b/.", "b/a?x", "b/a b", "a@b/c", "b:80/a", "..",
        ] {
            assert!(BucketAddress::parse(text).is_err(), "{text}");
        }
    }
}
