//! Objects that are put in parts.

use super::client::Asked;
use super::{Bucket, BucketError, Condition, Kind, Written, answer};
use crate::fetch::Verb;
use crate::model::Digest;

/// A part that is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartTag(String);

/// An upload that was begun, and neither finished nor given up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unfinished {
    /// What it would be.
    pub key: String,
    /// Which one.
    pub id: String,
}

impl Bucket {
    /// Begins an upload of something with this digest.
    pub fn begin(&self, key: &str, kind: Kind, digest: &Digest) -> Result<Unfinished, BucketError> {
        let answer = self.ask(Asked {
            query: &[("uploads", "")],
            headers: kind.headers(digest),
            ..Asked::new(Verb::Post, key)
        })?;
        if answer.status != 200 {
            return Err(self.error(&answer));
        }
        let xml = String::from_utf8_lossy(&answer.body);
        let id = answer::text(&xml, "UploadId").filter(|id| !id.is_empty());
        Ok(Unfinished {
            key: key.to_owned(),
            id: id.ok_or(BucketError::Nonsense { what: "UploadId" })?,
        })
    }

    /// Puts a part; the first has the number 1.
    pub fn put_part(&self, upload: &Unfinished, number: u64, bytes: Vec<u8>) -> Result<PartTag, BucketError> {
        let number = number.to_string();
        let answer = self.ask(Asked {
            query: &[("partNumber", &number), ("uploadId", &upload.id)],
            body: bytes,
            ..Asked::new(Verb::Put, &upload.key)
        })?;
        match self.written(&answer, Condition::Always)? {
            Written::Done { etag } => Ok(PartTag(etag)),
            Written::Refused => Err(self.error(&answer)),
        }
    }

    /// Makes an object of all parts.
    pub fn complete(
        &self,
        upload: &Unfinished,
        parts: &[PartTag],
        condition: Condition<'_>,
    ) -> Result<Written, BucketError> {
        let part = |(index, PartTag(etag)): (usize, &PartTag)| {
            let (number, etag) = (index + 1, answer::escaped(etag));
            format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
        };
        let parts: String = parts.iter().enumerate().map(part).collect();
        let body = format!(
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{parts}</CompleteMultipartUpload>"
        );
        let answer = self.ask(Asked {
            query: &[("uploadId", &upload.id)],
            headers: std::iter::once(("content-type", "application/xml".to_owned()))
                .chain(condition.header())
                .collect(),
            body: body.into_bytes(),
            ..Asked::new(Verb::Post, &upload.key)
        })?;
        let xml = String::from_utf8_lossy(&answer.body);
        if answer.status != 200 {
            return self.written(&answer, condition);
        }
        // Putting parts together takes long: a server may begin to answer, and then find that it cannot.
        match answer::text(&xml, "ETag") {
            Some(etag) => Ok(Written::Done { etag }),
            None => Err(self.error(&answer)),
        }
    }

    /// Gives an upload up, and what was put of it.
    pub fn abort(&self, upload: &Unfinished) -> Result<(), BucketError> {
        let answer = self.ask(Asked {
            query: &[("uploadId", &upload.id)],
            ..Asked::new(Verb::Delete, &upload.key)
        })?;
        match answer.status {
            200..300 | 404 => Ok(()),
            _ => Err(self.error(&answer)),
        }
    }

    /// The uploads below a prefix, up to a thousand, as many as a server tells at once.
    pub fn unfinished(&self, prefix: &str) -> Result<Vec<Unfinished>, BucketError> {
        let answer = self.ask(Asked {
            query: &[("prefix", prefix), ("uploads", "")],
            ..Asked::new(Verb::Get, "")
        })?;
        if answer.status != 200 {
            return Err(self.error(&answer));
        }
        let xml = String::from_utf8_lossy(&answer.body);
        let uploads = answer::all(&xml, "Upload").filter_map(|upload| {
            Some(Unfinished {
                key: answer::text(upload, "Key")?,
                id: answer::text(upload, "UploadId")?,
            })
        });
        Ok(uploads.filter(|upload| upload.key.starts_with(prefix)).collect())
    }
}
