//! Says who one is when a registry wants to know: a password, or a token that somebody else gives.

use serde::Deserialize;

use super::challenge::Challenge;
use super::client::{MOST_MANIFEST, said};
use super::credentials::Known;
use super::{Client, RegistryError, Repository};
use crate::fetch::{Answer, Question, Verb};
use crate::model::{Secret, url_part};

#[derive(Deserialize, Default)]
#[serde(default)]
struct Token {
    token: String,
    access_token: String,
}

impl Client {
    /// What to say so that the registry knows who asks.
    pub(super) fn authorize(&self, doing: &'static str, answer: &Answer) -> Result<Secret, RegistryError> {
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
                url.push_str(&format!("&{name}={}", url_part(&value)));
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
            is_early: |_| false,
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
    pub(super) fn refused(&self, doing: &'static str, answer: &Answer) -> RegistryError {
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
}
