//! Asks a registry: says who one is when that is wanted, reads and puts manifests and blobs.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Deserialize;

use super::credentials::Access;
use super::manifest::{EMPTY_BYTES, MANIFEST, Manifest};
use super::upload::Source;
use super::{RegistryError, Repository};
use crate::fetch::{Again, Answer, Http, HttpError, Question, Verb};
use crate::model::{Digest, Secret};

/// The longest answer that is read whole: an index of ten thousand archives has 10 MB.
const MOST: u64 = 64 << 20;
/// The longest manifest: registries take 4 MiB.
pub(super) const MOST_MANIFEST: u64 = 4 << 20;
/// So many pages of tags are read: each has a thousand where a registry gives pages.
const MOST_PAGES: usize = 1000;

/// Speaks to one repository. Blocks; must not be called from asynchronous code.
pub struct Client {
    pub(super) http: Http,
    pub(super) repository: Repository,
    pub(super) access: Access,
    pub(super) again: Again,
    /// The header that the registry accepted last.
    authorization: Mutex<Option<Secret>>,
}

/// Where a blob can be got.
#[derive(Clone)]
pub struct Resolved {
    /// Its digest, as the manifest says.
    pub digest: Digest,
    /// Its address.
    pub url: String,
    /// What has to be said to get it. Not to be shown.
    pub headers: Vec<(String, String)>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("repository", &self.repository)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Resolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolved")
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

/// One thing that is asked.
pub(super) struct Asked<'a> {
    pub(super) doing: &'static str,
    pub(super) verb: Verb,
    pub(super) url: &'a str,
    pub(super) headers: &'a [(&'static str, String)],
    pub(super) body: Vec<u8>,
    pub(super) most: u64,
}

/// What registries say of an error.
#[derive(Deserialize)]
struct Said {
    errors: Vec<SaidError>,
}

#[derive(Deserialize)]
struct SaidError {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Tags {
    /// Some give `null` where there are none.
    tags: Option<Vec<String>>,
}

impl Client {
    /// A client for one repository.
    #[must_use]
    pub fn new(http: Http, repository: Repository, access: Access, again: Again) -> Self {
        Self {
            http,
            repository,
            access,
            again,
            authorization: Mutex::default(),
        }
    }

    /// Which repository.
    #[must_use]
    pub const fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The manifest that has a tag, with its digest; nothing where there is none.
    pub fn manifest(&self, tag: &str) -> Result<Option<(Manifest, Digest)>, RegistryError> {
        let doing = "read a manifest";
        let url = self.url(&format!("manifests/{tag}"));
        let answer = self.ask(Asked {
            doing,
            verb: Verb::Get,
            url: &url,
            headers: &[("accept", MANIFEST.to_owned())],
            body: Vec::new(),
            most: MOST_MANIFEST,
        })?;
        match answer.status {
            200 => {}
            404 => {
                // Only a registry says so in its own words: others have to be asked whether they are one.
                if said(&answer).is_empty() {
                    self.check()?;
                }
                return Ok(None);
            }
            _ => return Err(self.unexpected(doing, &answer)),
        }
        match Manifest::read(&answer.body) {
            Some(manifest) => Ok(Some((manifest, Digest::of(&answer.body)))),
            None => {
                self.check()?;
                Err(self.strange(tag))
            }
        }
    }

    /// Where the one file of a tag can be got; nothing where there is no such tag.
    pub fn resolve(&self, tag: &str) -> Result<Option<Resolved>, RegistryError> {
        let Some((manifest, _)) = self.manifest(tag)? else {
            return Ok(None);
        };
        let digest = manifest.file().and_then(super::Descriptor::digest);
        let digest = digest.ok_or_else(|| self.strange(tag))?;
        let url = self.blob_url(&digest);
        let authorization = self.authorization().clone();
        let headers = authorization.map(|value| ("authorization".to_owned(), value.expose().to_owned()));
        Ok(Some(Resolved {
            digest,
            url,
            headers: headers.into_iter().collect(),
        }))
    }

    /// A blob, which is small.
    pub fn blob(&self, tag: &str, digest: &Digest) -> Result<Vec<u8>, RegistryError> {
        let doing = "read what is published";
        let answer = self.ask(Asked {
            doing,
            verb: Verb::Get,
            url: &self.blob_url(digest),
            headers: &[],
            body: Vec::new(),
            most: MOST.min(digest.size),
        });
        let damaged = || RegistryError::Damaged {
            reference: self.repository.reference(tag),
        };
        let answer = match answer {
            Err(RegistryError::Http {
                source: HttpError::TooLong { .. },
                ..
            }) => return Err(damaged()),
            answer => answer?,
        };
        match answer.status {
            200 if Digest::of(&answer.body) == *digest => Ok(answer.body),
            200 => Err(damaged()),
            _ => Err(self.unexpected(doing, &answer)),
        }
    }

    /// Puts a manifest under a tag, in the place of what has it; readers see one or the other. Its blobs are there.
    pub fn put_manifest(&self, tag: &str, manifest: &Manifest) -> Result<(), RegistryError> {
        let doing = "put a manifest";
        let url = self.url(&format!("manifests/{tag}"));
        let answer = self.ask(Asked {
            doing,
            verb: Verb::Put,
            url: &url,
            headers: &[("content-type", MANIFEST.to_owned())],
            body: manifest.write(),
            most: MOST_MANIFEST,
        })?;
        match answer.status {
            200..=299 => Ok(()),
            _ => Err(self.unexpected(doing, &answer)),
        }
    }

    /// Puts what every manifest of ours refers to: the empty configuration.
    pub fn put_configuration(&self) -> Result<(), RegistryError> {
        self.put_blob(
            "configuration",
            &Digest::of(EMPTY_BYTES),
            Source::Bytes(EMPTY_BYTES),
        )
    }

    /// All tags, in no order.
    pub fn tags(&self) -> Result<Vec<String>, RegistryError> {
        let doing = "list tags";
        let mut url = self.url("tags/list?n=1000");
        let mut tags = Vec::new();
        for _ in 0..MOST_PAGES {
            let answer = self.ask(Asked {
                doing,
                verb: Verb::Get,
                url: &url,
                headers: &[],
                body: Vec::new(),
                most: MOST,
            })?;
            match answer.status {
                200 => {}
                404 if !said(&answer).is_empty() => return Ok(Vec::new()),
                _ => return Err(self.unexpected(doing, &answer)),
            }
            let page: Tags = match serde_json::from_slice(&answer.body) {
                Ok(page) => page,
                Err(_) => return Err(self.unexpected(doing, &answer)),
            };
            tags.extend(page.tags.unwrap_or_default());
            let next = answer.header("link").and_then(next_page);
            match next.and_then(|next| self.seen_from_here(next)) {
                Some(next) => url = next,
                None => break,
            }
        }
        Ok(tags)
    }

    /// Asks what every registry knows.
    fn check(&self) -> Result<(), RegistryError> {
        let answer = self.ask(Asked {
            doing: "ask the registry",
            verb: Verb::Get,
            url: &format!("{}/v2/", self.repository.base()),
            headers: &[],
            body: Vec::new(),
            most: MOST,
        })?;
        // Others answer everything with a page for people.
        let is_page = answer
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html"));
        match answer.status {
            200 if !is_page => Ok(()),
            status => Err(RegistryError::NoRegistry {
                host: self.repository.host().to_owned(),
                status,
            }),
        }
    }

    pub(super) fn url(&self, below: &str) -> String {
        format!("{}/v2/{}/{below}", self.repository.base(), self.repository.name())
    }

    fn blob_url(&self, digest: &Digest) -> String {
        self.url(&format!("blobs/sha256:{}", digest.hex()))
    }

    pub(super) fn tell(&self, reason: &str) {
        (self.again)(reason);
    }

    /// Whether a blob is there.
    pub(super) fn has_blob(&self, digest: &Digest) -> Result<bool, RegistryError> {
        let doing = "look whether something is there";
        let answer = self.ask(Asked {
            doing,
            verb: Verb::Head,
            url: &self.blob_url(digest),
            headers: &[],
            body: Vec::new(),
            most: MOST,
        })?;
        match answer.status {
            200..=299 => Ok(true),
            404 => Ok(false),
            _ => Err(self.unexpected(doing, &answer)),
        }
    }

    /// An address that an answer names, as far as it is one.
    pub(super) fn seen_from_here(&self, address: &str) -> Option<String> {
        if address.starts_with("https://")
            || (address.starts_with("http://") && !self.repository.is_encrypted())
        {
            return Some(address.to_owned());
        }
        address
            .starts_with('/')
            .then(|| format!("{}{address}", self.repository.base()))
    }

    /// Asks, and says who one is if that is wanted. Gives whatever is answered otherwise.
    pub(super) fn ask(&self, asked: Asked<'_>) -> Result<Answer, RegistryError> {
        let Asked { doing, body, .. } = &asked;
        let body: tokio_util::bytes::Bytes = body.clone().into();
        let is_ours = asked.url.starts_with(&format!("{}/", self.repository.base()));
        let mut is_told = false;
        loop {
            let authorization = self.authorization().clone().filter(|_| is_ours);
            let headers = || {
                let own = asked.headers.iter();
                let own = own.map(|(name, value)| ((*name).to_owned(), value.clone()));
                let who = authorization.as_ref();
                let who = who.map(|value| ("authorization".to_owned(), value.expose().to_owned()));
                own.chain(who).collect()
            };
            let question = Question {
                verb: asked.verb,
                url: asked.url,
                headers: &headers,
                body: body.clone(),
                most: asked.most,
                is_early: misses_what_was_put,
            };
            let answer = self.http.ask(question, &self.again);
            let answer = answer.map_err(|source| RegistryError::Http { doing, source })?;
            match answer.status {
                401 if is_ours && !is_told => {
                    let authorization = self.authorize(doing, &answer)?;
                    *self.authorization() = Some(authorization);
                    is_told = true;
                }
                401 | 403 => return Err(self.refused(doing, &answer)),
                _ => return Ok(answer),
            }
        }
    }

    pub(super) fn unexpected(&self, doing: &'static str, answer: &Answer) -> RegistryError {
        RegistryError::Status {
            doing,
            status: answer.status,
            said: said(answer),
        }
    }

    /// What has a tag is not what we would put there.
    #[must_use]
    pub fn strange(&self, tag: &str) -> RegistryError {
        RegistryError::Strange {
            reference: self.repository.reference(tag),
        }
    }

    pub(super) fn authorization(&self) -> MutexGuard<'_, Option<Secret>> {
        self.authorization.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a registry says of an error, after a colon; nothing where it does not say it as registries do.
pub(super) fn said(answer: &Answer) -> String {
    let Ok(said) = serde_json::from_slice::<Said>(&answer.body) else {
        return String::new();
    };
    let texts = said.errors.iter().map(|error| match error.message.as_str() {
        "" => error.code.clone(),
        message => format!("{} ({message})", error.code),
    });
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let text = texts.collect::<Vec<_>>().join(", ");
    let text: String = text.chars().take(300).map(plain).collect();
    if text.is_empty() {
        text
    } else {
        format!(": {text}")
    }
}

/// Whether a registry does not see yet what a manifest refers to, which is put before it. Some show it late; docker's
/// writes anew that it has a blob when two put the same one at once, and for a moment there is nothing to read.
fn misses_what_was_put(answer: &Answer) -> bool {
    let said = serde_json::from_slice::<Said>(&answer.body);
    said.is_ok_and(|said| {
        let mut codes = said.errors.iter().map(|error| error.code.as_str());
        codes.any(|code| code == "MANIFEST_BLOB_UNKNOWN")
    })
}

/// The address of the page that follows, of the header `Link`.
fn next_page(header: &str) -> Option<&str> {
    let (address, behind) = header.strip_prefix('<')?.split_once('>')?;
    behind.contains("next").then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_followed() {
        let link = "</v2/a/tags/list?last=b&n=1000>; rel=\"next\"";
        assert_eq!(next_page(link), Some("/v2/a/tags/list?last=b&n=1000"));
        assert_eq!(next_page("</v2/>; rel=\"prev\""), None);
    }
}
