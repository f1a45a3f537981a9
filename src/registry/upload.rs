//! Puts blobs: small ones in one piece, files in parts, so that neither their size nor a broken connection matters.
//!
//! A part that breaks off is gone on with where the registry says that it is; a registry that cannot say so, or
//! has forgotten the upload, gets it from the beginning. It checks the digest at the end, so what comes together
//! wrongly is not taken.

use std::io::{Read as _, Seek as _, SeekFrom};

use camino::Utf8Path;

use super::client::Asked;
use super::{Client, RegistryError};
use crate::fetch::{Answer, Verb};
use crate::model::Digest;
use crate::store::digest_of;

/// How large a part is. Some registries do not take more than 10 MB at a time, or less than 5.
const PART: u64 = 8 << 20;
/// The largest part that a registry may ask for.
const LARGEST_PART: u64 = 32 << 20;
/// So often an upload is begun.
const BEGINNINGS: u32 = 3;
/// So often a registry is asked how far one beginning got.
const RESUMPTIONS: u32 = 4;
/// The longest answer, which is about an error.
const MOST: u64 = 1 << 20;

/// What is put.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// What is in this file.
    File(&'a Utf8Path),
}

/// What of an upload may be gone on with.
enum Stop {
    /// Nothing: it is over.
    Over(RegistryError),
    /// It may be begun anew.
    Anew(RegistryError),
}

impl From<RegistryError> for Stop {
    /// What the registry says of an upload may be about this one only; whatever else is wrong stays wrong, and
    /// was tried several times.
    fn from(error: RegistryError) -> Self {
        match &error {
            RegistryError::Status { status, .. } if *status < 500 && *status != 429 => Self::Anew(error),
            RegistryError::Http { source, .. } if source.is_temporary() => Self::Anew(error),
            _ => Self::Over(error),
        }
    }
}

impl Client {
    /// Puts a blob, unless it is there.
    pub fn put_blob(&self, name: &str, digest: &Digest, source: Source<'_>) -> Result<(), RegistryError> {
        if self.has_blob(digest)? {
            return Ok(());
        }
        let mut beginning = 1;
        loop {
            let done = match source {
                Source::Bytes(bytes) => self.put_at_once(digest, bytes),
                Source::File(path) => self.put_in_parts(digest, path),
            };
            let error = match done {
                Ok(()) => return Ok(()),
                Err(Stop::Over(error)) => return Err(error),
                Err(Stop::Anew(error)) => error,
            };
            if let Source::File(path) = source {
                unchanged(path, digest)?;
            }
            if beginning >= BEGINNINGS {
                return Err(RegistryError::Upload {
                    name: name.to_owned(),
                    source: Box::new(error),
                });
            }
            beginning += 1;
            self.tell(&format!(
                "{}; `{name}` from its beginning, attempt {beginning} of {BEGINNINGS}",
                crate::model::on_one_line(&error)
            ));
        }
    }

    fn put_at_once(&self, digest: &Digest, bytes: &[u8]) -> Result<(), Stop> {
        let (address, _) = self.begin()?;
        Ok(self.finish(&address, digest, bytes.to_vec())?)
    }

    fn put_in_parts(&self, digest: &Digest, path: &Utf8Path) -> Result<(), Stop> {
        let read = |source| Stop::Over(RegistryError::Read(source));
        let mut file = fs_err::File::open(path).map_err(read)?;
        let (mut address, least) = self.begin()?;
        let part = PART.max(least.min(LARGEST_PART));
        let (mut done, mut resumptions) = (0, 0);
        while done < digest.size {
            let size = part.min(digest.size - done);
            let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
            file.seek(SeekFrom::Start(done)).map_err(read)?;
            (&mut file).take(size).read_to_end(&mut bytes).map_err(read)?;
            if bytes.len() as u64 != size {
                return Err(Stop::Over(RegistryError::Moving {
                    path: path.to_owned(),
                }));
            }
            let error = match self.patch(&address, done, bytes) {
                Ok(next) => {
                    address = next;
                    done += size;
                    continue;
                }
                Err(error) => error,
            };
            if resumptions >= RESUMPTIONS {
                return Err(error.into());
            }
            resumptions += 1;
            let error = match Stop::from(error) {
                Stop::Anew(error) => error,
                over @ Stop::Over(_) => return Err(over),
            };
            match self.progress(&address)? {
                Some((next, there)) if there <= digest.size => {
                    self.tell(&format!(
                        "{}; going on behind {there} bytes",
                        crate::model::on_one_line(&error)
                    ));
                    (address, done) = (next, there);
                }
                _ => return Err(Stop::Anew(error)),
            }
        }
        Ok(self.finish(&address, digest, Vec::new())?)
    }

    /// Begins an upload: where its parts go, and how large they must be at least.
    fn begin(&self) -> Result<(String, u64), RegistryError> {
        let doing = "begin an upload";
        let url = self.url("blobs/uploads/");
        let answer = self.upload(doing, Verb::Post, &url, &[], Vec::new())?;
        if answer.status != 202 {
            return Err(self.unexpected(doing, &answer));
        }
        let least = answer.header("oci-chunk-min-length");
        let least = least.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        match self.next(&answer) {
            Some(address) => Ok((address, least)),
            None => Err(self.unexpected(doing, &answer)),
        }
    }

    /// Sends a part; gives where the next one goes.
    fn patch(&self, address: &str, from: u64, bytes: Vec<u8>) -> Result<String, RegistryError> {
        let doing = "upload a part";
        let range = format!("{from}-{}", from + bytes.len() as u64 - 1);
        let headers = [
            ("content-range", range),
            ("content-type", "application/octet-stream".to_owned()),
        ];
        let answer = self.upload(doing, Verb::Patch, address, &headers, bytes)?;
        match (answer.status, self.next(&answer)) {
            (202, Some(next)) => Ok(next),
            _ => Err(self.unexpected(doing, &answer)),
        }
    }

    /// How far an upload got, and where it goes on; nothing where the registry does not know.
    fn progress(&self, address: &str) -> Result<Option<(String, u64)>, RegistryError> {
        let answer = self.upload("ask how far an upload got", Verb::Get, address, &[], Vec::new())?;
        if answer.status != 204 {
            return Ok(None);
        }
        let last = answer.header("range").and_then(|range| range.rsplit_once('-'));
        let last: Option<u64> = last.and_then(|(_, last)| last.trim().parse().ok());
        // `0-0` is one byte, or none.
        let there = last.filter(|last| *last > 0).map(|last| last + 1);
        let next = self.next(&answer).unwrap_or_else(|| address.to_owned());
        Ok(there.map(|there| (next, there)))
    }

    /// Ends an upload with what is still to be sent.
    fn finish(&self, address: &str, digest: &Digest, bytes: Vec<u8>) -> Result<(), RegistryError> {
        let doing = "end an upload";
        let mark = if address.contains('?') { '&' } else { '?' };
        let url = format!("{address}{mark}digest=sha256%3A{}", digest.hex());
        let headers = [("content-type", "application/octet-stream".to_owned())];
        let answer = self.upload(doing, Verb::Put, &url, &headers, bytes)?;
        match answer.status {
            200..=299 => Ok(()),
            // An answer that was lost, and the second attempt found the upload ended.
            404 if self.has_blob(digest)? => Ok(()),
            _ => Err(self.unexpected(doing, &answer)),
        }
    }

    fn upload(
        &self,
        doing: &'static str,
        verb: Verb,
        url: &str,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> Result<Answer, RegistryError> {
        self.ask(Asked {
            doing,
            verb,
            url,
            headers,
            body,
            most: MOST,
        })
    }

    fn next(&self, answer: &Answer) -> Option<String> {
        self.seen_from_here(answer.header("location")?)
    }
}

/// A file whose upload was refused may have changed meanwhile.
fn unchanged(path: &Utf8Path, digest: &Digest) -> Result<(), RegistryError> {
    let found = fs_err::File::open(path).and_then(|mut file| digest_of(&mut file));
    if found.map_err(RegistryError::Read)? == *digest {
        return Ok(());
    }
    Err(RegistryError::Moving {
        path: path.to_owned(),
    })
}
