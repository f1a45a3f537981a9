//! Names and passwords for registries: given, or from docker's `config.json`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use super::RegistryError;
use crate::model::Secret;

/// Who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credentials {
    /// The name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

impl Credentials {
    /// The header that says so.
    pub(super) fn header(&self) -> Secret {
        let pair = format!("{}:{}", self.user, self.password.expose());
        Secret::new(format!("Basic {}", STANDARD.encode(pair)))
    }
}

/// What is known for registries.
#[derive(Clone, Default, Debug)]
pub struct Access {
    /// Credentials for whichever registry is asked.
    pub given: Option<Credentials>,
    /// Docker's `config.json`; it need not be there.
    pub docker: Option<Utf8PathBuf>,
}

/// What is known for one registry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Known {
    /// These.
    Credentials(Credentials),
    /// A program would have to be asked, which we do not.
    Helper(String),
    /// None.
    Nothing,
}

impl Access {
    /// What is known for a registry.
    pub(super) fn of(&self, host: &str) -> Result<Known, RegistryError> {
        if let Some(given) = &self.given {
            return Ok(Known::Credentials(given.clone()));
        }
        let Some(path) = &self.docker else {
            return Ok(Known::Nothing);
        };
        match fs_err::read(path) {
            Ok(bytes) => find(&bytes, host).map_err(|why| wrong(path, why)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Known::Nothing),
            Err(error) => Err(wrong(path, error.kind().to_string())),
        }
    }
}

fn wrong(path: &Utf8Path, why: String) -> RegistryError {
    let path = path.to_owned();
    RegistryError::DockerConfig { path, why }
}

/// As much of docker's file as says who one is.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Config {
    auths: BTreeMap<String, Entry>,
    creds_store: String,
    cred_helpers: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    auth: String,
    username: String,
    password: String,
}

impl Entry {
    /// Nothing where a helper keeps it, or where it is no pair.
    fn credentials(&self) -> Option<Credentials> {
        if !self.username.is_empty() && !self.password.is_empty() {
            return Some(Credentials {
                user: self.username.clone(),
                password: Secret::new(self.password.clone()),
            });
        }
        let pair = STANDARD.decode(self.auth.trim()).ok()?;
        let pair = String::from_utf8(pair).ok()?;
        let (user, password) = pair.split_once(':')?;
        let is_there = !user.is_empty() && !password.is_empty();
        is_there.then(|| Credentials {
            user: user.to_owned(),
            password: Secret::new(password.trim_end_matches('\0').to_owned()),
        })
    }
}

/// Finds a registry in docker's file. Its text must come into no error: it holds passwords.
fn find(bytes: &[u8], host: &str) -> Result<Known, String> {
    let config: Config = serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!("what it says at line {line}, column {column} is not JSON of that form")
    })?;
    let of_host = |name: &str| {
        let name = name.split_once("://").map_or(name, |(_, rest)| rest);
        let name = name.split_once('/').map_or(name, |(name, _)| name);
        name.eq_ignore_ascii_case(host)
    };
    let mut entries = config.auths.iter().filter(|(name, _)| of_host(name));
    if let Some(found) = entries.find_map(|(_, entry)| entry.credentials()) {
        return Ok(Known::Credentials(found));
    }
    let mut helpers = config.cred_helpers.iter();
    let helper = helpers.find(|(name, _)| of_host(name)).map(|(_, helper)| helper);
    let store = Some(&config.creds_store).filter(|store| !store.is_empty());
    Ok(match helper.or(store) {
        Some(helper) => Known::Helper(helper.clone()),
        None => Known::Nothing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(config: &str, host: &str) -> String {
        match find(config.as_bytes(), host).unwrap() {
            Known::Credentials(known) => format!("{}:{}", known.user, known.password.expose()),
            Known::Helper(helper) => format!("helper {helper}"),
            Known::Nothing => "nothing".to_owned(),
        }
    }

    #[test]
    fn dockers_file_says_who_one_is() {
        // `me:pass:word`, as docker writes it.
        let config = r#"{"auths": {
            "one:5000": {"auth": "bWU6cGFzczp3b3Jk"},
            "https://two/v1/": {"username": "you", "password": "x"},
            "three": {}, "four": {"auth": "!"}
          }, "credHelpers": {"five": "pass"}, "HttpHeaders": {"a": "b"}}"#;
        assert_eq!(user(config, "one:5000"), "me:pass:word");
        assert_eq!(user(config, "two"), "you:x");
        assert_eq!(user(config, "one"), "nothing");
        assert_eq!(user(config, "three"), "nothing");
        assert_eq!(user(config, "four"), "nothing");
        assert_eq!(user(config, "five"), "helper pass");
        let stored = r#"{"auths": {"three": {}}, "credsStore": "desktop"}"#;
        assert_eq!(user(stored, "three"), "helper desktop");
        assert_eq!(user("{}", "three"), "nothing");
    }

    #[test]
    fn secrets_are_not_printed() {
        let credentials = Credentials {
            user: "me".to_owned(),
            password: Secret::new("horse".to_owned()),
        };
        assert_eq!(credentials.header().expose(), "Basic bWU6aG9yc2U=");
        let header = credentials.header();
        assert!(!format!("{credentials:?} {header:?}").contains("horse"));
        let error = find(br#"{"auths": {"a": {"auth": 5, "password": "horse"}}}"#, "a").unwrap_err();
        assert!(!error.contains("horse"), "{error}");
    }
}
