//! Objects of a bucket: got, looked at, put under conditions.

use std::fmt;
use std::sync::Arc;

use super::sign::Unsigned;
use super::{BucketError, Signer, answer};
use crate::fetch::{Again, Answer, BodySize, Http, Question, Verb};
use crate::model::Digest;
use crate::store::digest_of;

/// The metadata that says what an object is. An ETag is a sum only of what was put in one piece.
const SHA256: &str = "x-amz-meta-sha256";
/// So much of a server's own words is shown.
const MOST_WORDS: usize = 300;
/// An answer that says what became of a request has some hundred bytes, a list of uploads a megabyte.
pub(super) const MOST_ANSWER: u64 = 8 << 20;

/// A bucket that is asked.
#[derive(Clone)]
pub struct Bucket {
    http: Http,
    signer: Signer,
    again: Again,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket")
            .field("signer", &self.signer)
            .finish_non_exhaustive()
    }
}

/// An object, whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Object {
    /// Its content.
    pub bytes: Vec<u8>,
    /// What a condition names it by.
    pub etag: String,
}

/// What is known of an object without its content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// How many bytes it has.
    pub size: u64,
    /// Its sum, if whoever put it said so.
    pub digest: Option<Digest>,
}

/// When something is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Condition<'a> {
    /// Whatever is there.
    Always,
    /// If nothing is there.
    Absent,
    /// If this is there.
    Is(&'a str),
}

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Written {
    /// It is there, and this names it.
    Done {
        /// What a condition names it by.
        etag: String,
    },
    /// The condition does not hold, and nothing was written.
    Refused,
}

/// What is said of an object to those who read it.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The media type.
    pub media_type: &'static str,
    /// Whether it never becomes another one, so that caches may keep it.
    pub is_final: bool,
}

impl Kind {
    pub(super) fn headers(self, digest: &Digest) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("content-type", self.media_type.to_owned()),
            (SHA256, digest.hex()),
        ];
        if !self.is_final {
            headers.push(("cache-control", "no-cache".to_owned()));
        }
        headers
    }
}

impl Condition<'_> {
    pub(super) fn header(self) -> Option<(&'static str, String)> {
        match self {
            Self::Always => None,
            Self::Absent => Some(("if-none-match", "*".to_owned())),
            Self::Is(etag) => Some(("if-match", etag.to_owned())),
        }
    }
}

/// One request.
pub(super) struct Asked<'a> {
    pub(super) verb: Verb,
    pub(super) key: &'a str,
    pub(super) query: &'a [(&'a str, &'a str)],
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    pub(super) most: u64,
}

impl<'a> Asked<'a> {
    pub(super) fn new(verb: Verb, key: &'a str) -> Self {
        Self {
            verb,
            key,
            query: &[],
            headers: Vec::new(),
            body: Vec::new(),
            most: MOST_ANSWER,
        }
    }
}

impl Bucket {
    /// A bucket that is asked in this way; `again` is told why something is tried again.
    #[must_use]
    pub fn new(http: Http, signer: Signer, again: Again) -> Self {
        Self { http, signer, again }
    }

    /// Its address.
    #[must_use]
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Gets an object of no more than `most` bytes; nothing where there is none.
    pub fn get(&self, key: &str, most: u64) -> Result<Option<Object>, BucketError> {
        let answer = self.ask(Asked {
            most,
            ..Asked::new(Verb::Get, key)
        })?;
        match answer.status {
            200 => Ok(Some(Object {
                etag: etag(&answer)?,
                bytes: answer.body,
            })),
            _ => self.missing_or(&answer),
        }
    }

    /// Looks at an object; nothing where there is none, or no bucket: the answer to this has no words.
    pub fn head(&self, key: &str) -> Result<Option<Head>, BucketError> {
        let answer = self.ask(Asked::new(Verb::Head, key))?;
        if answer.status != 200 {
            return self.missing_or(&answer);
        }
        let size = answer.header("content-length").and_then(|text| text.parse().ok());
        let size = size.ok_or(BucketError::Nonsense { what: "length" })?;
        let digest = answer
            .header(SHA256)
            .and_then(|hex| Digest::from_hex(hex, size).ok());
        Ok(Some(Head { size, digest }))
    }

    /// The digest of an object of so many bytes, which is read for that.
    pub fn digest(&self, key: &str, size: u64) -> Result<Digest, BucketError> {
        let url = self.signer.readable_url(key)?;
        let again = Arc::clone(&self.again);
        let mut body = self.http.get_from(&url, BodySize::Exactly(size), 0, again)?;
        match digest_of(&mut body) {
            Ok(digest) => Ok(digest),
            Err(_) => Err(body
                .failure()
                .map_or(BucketError::Nonsense { what: "body" }, Into::into)),
        }
    }

    /// Puts an object in one piece.
    pub fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        kind: Kind,
        condition: Condition<'_>,
    ) -> Result<Written, BucketError> {
        let mut headers = kind.headers(&Digest::of(&bytes));
        headers.extend(condition.header());
        let answer = self.ask(Asked {
            headers,
            body: bytes,
            ..Asked::new(Verb::Put, key)
        })?;
        self.written(&answer, condition)
    }

    /// What became of something that was written under a condition. Where nothing is there, or somebody
    /// writes just now, the condition does not hold either.
    pub(super) fn written(&self, answer: &Answer, condition: Condition<'_>) -> Result<Written, BucketError> {
        if (200..300).contains(&answer.status) {
            return Ok(Written::Done { etag: etag(answer)? });
        }
        let error = self.error(answer);
        let is_held_to = match answer.status {
            409 | 412 => condition != Condition::Always && error.code() != "NoSuchBucket",
            404 => matches!(condition, Condition::Is(_)) && error.code() == "NoSuchKey",
            _ => false,
        };
        match is_held_to {
            true => Ok(Written::Refused),
            false => Err(error),
        }
    }

    fn missing_or<T>(&self, answer: &Answer) -> Result<Option<T>, BucketError> {
        let error = self.error(answer);
        match (answer.status, error.code()) {
            (404, code) if code != "NoSuchBucket" => Ok(None),
            _ => Err(error),
        }
    }

    /// Sends a request, signed anew each time that it is tried.
    pub(super) fn ask(&self, asked: Asked<'_>) -> Result<Answer, BucketError> {
        let url = self.signer.url(asked.key, asked.query);
        let digest = Digest::of(&asked.body);
        let unsigned = Unsigned {
            method: asked.verb.name(),
            url: &url,
            headers: &asked.headers,
            body: &digest,
        };
        // Whether it can be signed does not change from one time to the next.
        self.signer.headers(unsigned)?;
        let question = Question {
            verb: asked.verb,
            url: &url,
            headers: &|| {
                let plain = asked
                    .headers
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), value.clone()));
                let signed = self.signer.headers(unsigned).unwrap_or_default();
                plain.chain(signed).collect()
            },
            body: asked.body.into(),
            most: asked.most,
            is_early: |_| false,
        };
        Ok(self.http.ask(question, &self.again)?)
    }

    /// What an answer means that is none that was hoped for.
    pub(super) fn error(&self, answer: &Answer) -> BucketError {
        let asked = self.signer.region();
        if let Some(region) = answer.header("x-amz-bucket-region")
            && region != asked
            && matches!(answer.status, 301 | 307 | 400)
        {
            return BucketError::Region {
                region: region.to_owned(),
                asked: asked.to_owned(),
            };
        }
        let xml = String::from_utf8_lossy(&answer.body);
        // Never more than these two: others repeat what was sent.
        let word = |name| answer::text(&xml, name).unwrap_or_default();
        let mut message = word("Message");
        if self.signer.gives_away(&message) {
            message.clear();
        }
        BucketError::Refused {
            status: answer.status,
            code: shown(&word("Code")),
            message: shown(&message),
        }
    }
}

fn shown(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(MOST_WORDS)
        .collect()
}

pub(super) fn etag(answer: &Answer) -> Result<String, BucketError> {
    let etag = answer.header("etag").map(str::to_owned);
    etag.ok_or(BucketError::Nonsense { what: "ETag" })
}
