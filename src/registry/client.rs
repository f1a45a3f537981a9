//! Asks a registry: says who one is when that is wanted, reads and puts manifests and blobs.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Deserialize;

use super::challenge::Challenge;
use super::credentials::{Access, Known, Secret};
use super::manifest::{EMPTY_BYTES, MANIFEST, Manifest};
use super::upload::Source;
use super::{RegistryError, Repository};
use crate::fetch::{Again, Answer, Http, HttpError, Question, Verb};
use crate::model::Digest;

/// The longest answer that is read whole: an index of ten thousand archives has 10 MB.
const MOST: u64 = 64 << 20;
/// The longest manifest: registries take 4 MiB.
const MOST_MANIFEST: u64 = 4 << 20;
/// So many pages of tags are read: each has a thousand where a registry gives pages.
const MOST_PAGES: usize = 1000;

/// Speaks to one repository. Blocks; must not be called from asynchronous code.
pub struct Client {
    http: Http,
    repository: Repository,
    access: Access,
    again: Again,
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

#[derive(Deserialize, Default)]
#[serde(default)]
struct Token {
    token: String,
    access_token: String,
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

    pub(super) fn again(&self, reason: &str) {
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

    /// What to say so that the registry knows who asks.
    fn authorize(&self, doing: &'static str, answer: &Answer) -> Result<Secret, RegistryError> {
        let challenge = answer.header("www-authenticate").and_then(Challenge::read);
        let host = self.repository.host();
        let known = self.access.of(host)?;
        let (realm, service, scope) = match challenge {
            Some(Challenge::Bearer {
                realm,
                service,
                scope,
            }) => (realm, service, scope),
            Some(Challenge::Basic) => {
                return match known {
                    Known::Credentials(known) => Ok(known.header()),
                    other => Err(nobody(doing, host, other)),
                };
            }
            None => return Err(self.unexpected(doing, answer)),
        };
        if !is_safe(&realm, &self.repository) {
            return Err(RegistryError::Realm {
                host: host.to_owned(),
                realm,
            });
        }
        let mark = if realm.contains('?') { '&' } else { '?' };
        let mut url = format!("{realm}{mark}client_id=pbs");
        for (name, value) in [("service", service), ("scope", scope)] {
            if let Some(value) = value {
                url.push_str(&format!("&{name}={}", encoded(&value)));
            }
        }
        let headers = || match &known {
            Known::Credentials(known) => {
                vec![("authorization".to_owned(), known.header().expose().to_owned())]
            }
            _ => Vec::new(),
        };
        let question = Question {
            verb: Verb::Get,
            url: &url,
            headers: &headers,
            body: Vec::new().into(),
            most: MOST_MANIFEST,
        };
        let doing_that = "get a token from the registry";
        let answer = self
            .http
            .ask(question, &self.again)
            .map_err(|source| RegistryError::Http {
                doing: doing_that,
                source,
            })?;
        match (answer.status, known) {
            (200, _) => {}
            (401 | 403, Known::Credentials(known)) => {
                return Err(RegistryError::Unaccepted {
                    doing,
                    host: host.to_owned(),
                    user: known.user,
                });
            }
            (401 | 403, other) => return Err(nobody(doing, host, other)),
            _ => return Err(self.unexpected(doing_that, &answer)),
        }
        let token: Token = serde_json::from_slice(&answer.body).unwrap_or_default();
        let text = [token.token, token.access_token];
        match text.into_iter().find(|text| !text.is_empty()) {
            Some(text) => Ok(Secret::new(format!("Bearer {text}"))),
            None => Err(self.unexpected(doing_that, &answer)),
        }
    }

    /// Said who one is, and still not allowed.
    fn refused(&self, doing: &'static str, answer: &Answer) -> RegistryError {
        let host = self.repository.host().to_owned();
        let known = match self.access.of(&host) {
            Ok(known) => known,
            Err(error) => return error,
        };
        // A registry that gives tokens to everybody says with 401 what others say with 403.
        let has_token = self
            .authorization()
            .as_ref()
            .is_some_and(|known| known.expose().starts_with("Bearer "));
        match known {
            Known::Credentials(known) if answer.status == 401 && !has_token => RegistryError::Unaccepted {
                doing,
                host,
                user: known.user,
            },
            Known::Credentials(known) => RegistryError::Forbidden {
                doing,
                who: format!("`{}`", known.user),
                said: said(answer),
            },
            other if answer.status == 401 => nobody(doing, &host, other),
            _ => RegistryError::Forbidden {
                doing,
                who: "whoever has no credentials".to_owned(),
                said: said(answer),
            },
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

    fn authorization(&self) -> MutexGuard<'_, Option<Secret>> {
        self.authorization.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn nobody(doing: &'static str, host: &str, known: Known) -> RegistryError {
    let host = host.to_owned();
    match known {
        Known::Helper(helper) => RegistryError::Helper { doing, host, helper },
        _ => RegistryError::NoCredentials { doing, host },
    }
}

/// Whether credentials may be sent there: encrypted, or to where they go unencrypted anyway.
fn is_safe(realm: &str, repository: &Repository) -> bool {
    let is_plain = realm.starts_with("http://") && !repository.is_encrypted();
    realm.starts_with("https://") || is_plain
}

/// What a registry says of an error, after a colon; nothing where it does not say it as registries do.
fn said(answer: &Answer) -> String {
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

/// The address of the page that follows, of the header `Link`.
fn next_page(header: &str) -> Option<&str> {
    let (address, behind) = header.strip_prefix('<')?.split_once('>')?;
    behind.contains("next").then_some(address)
}

fn encoded(text: &str) -> String {
    use fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_go_where_nobody_listens() {
        let open = Repository::parse("oci://localhost:5000/a").unwrap();
        let closed = Repository::parse("oci://example.org/a").unwrap();
        assert!(is_safe("https://auth.example.org/token", &closed));
        assert!(!is_safe("http://auth.example.org/token", &closed));
        assert!(is_safe("http://localhost:5001/token", &open));
        assert!(!is_safe("ftp://localhost/token", &open));
    }

    #[test]
    fn pages_are_followed() {
        let link = "</v2/a/tags/list?last=b&n=1000>; rel=\"next\"";
        assert_eq!(next_page(link), Some("/v2/a/tags/list?last=b&n=1000"));
        assert_eq!(next_page("</v2/>; rel=\"prev\""), None);
    }
}
