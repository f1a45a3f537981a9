//! Which repository of which registry: `oci://HOST[:PORT]/NAME`.

use std::fmt;

/// The longest name with its host that registries take.
const LONGEST: usize = 255;

/// A repository of a registry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Repository {
    /// As it was written: `oci`, `oci+http` or `oci+https`.
    scheme: &'static str,
    is_encrypted: bool,
    host: String,
    name: String,
}

/// A text that names no repository.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// No host, or more than a host and a port.
    #[error("`{shown}` names no registry")]
    Host {
        /// As written, without credentials.
        shown: String,
    },
    /// Credentials stand in it.
    #[error("`{shown}` holds credentials, which others could read there")]
    Credentials {
        /// As written, without them.
        shown: String,
    },
    /// A name that no registry takes.
    #[error("no registry takes `{name}` as the name of a repository")]
    Name {
        /// The name.
        name: String,
    },
}

impl AddressError {
    /// What a person can do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Host { .. } => "such as `oci://registry.example.org/python`",
            Self::Credentials { .. } => "give them in PBS_REGISTRY_USER and PBS_REGISTRY_PASSWORD",
            Self::Name { .. } => {
                "lower-case letters and digits, in parts with `/`, `.`, `_` or `-` between, without tag or digest, \
                 such as `team/python`"
            }
        }
    }
}

impl Repository {
    /// Whether a scheme is one of these.
    #[must_use]
    pub fn is_scheme(scheme: &str) -> bool {
        let known = ["oci", "oci+http", "oci+https"];
        known.iter().any(|known| scheme.eq_ignore_ascii_case(known))
    }

    /// Reads `oci://HOST[:PORT]/NAME`. It is https, but for this machine itself; `oci+http` and `oci+https` say
    /// which it is.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "oci" => "oci",
            "oci+http" => "oci+http",
            "oci+https" => "oci+https",
            _ => {
                return Err(AddressError::Host {
                    shown: text.to_owned(),
                });
            }
        };
        let (host, name) = rest.split_once('/').unwrap_or((rest, ""));
        if let Some((_, host)) = host.rsplit_once('@') {
            let shown = format!("{scheme}://{host}/{name}");
            return Err(AddressError::Credentials { shown });
        }
        let host = host.to_ascii_lowercase();
        if !is_host(&host) {
            let shown = format!("{scheme}://{rest}");
            return Err(AddressError::Host { shown });
        }
        let name = name.trim_end_matches('/');
        if !name.split('/').all(is_part) || host.len() + 1 + name.len() > LONGEST {
            let name = name.to_owned();
            return Err(AddressError::Name { name });
        }
        Ok(Self {
            scheme,
            is_encrypted: match scheme {
                "oci" => !is_here(&host),
                other => other == "oci+https",
            },
            host,
            name: name.to_owned(),
        })
    }

    /// Host and port.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The repository's name there.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is asked over TLS.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// Scheme and host, where requests go.
    #[must_use]
    pub fn base(&self) -> String {
        let scheme = if self.is_encrypted { "https" } else { "http" };
        format!("{scheme}://{}", self.host)
    }

    /// What other tools call something in it.
    #[must_use]
    pub fn reference(&self, tag: &str) -> String {
        format!("{}/{}:{tag}", self.host, self.name)
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}/{}", self.scheme, self.host, self.name)
    }
}

/// The host without its port.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((before, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => before,
        _ => host,
    }
}

/// This machine itself, where nobody listens in between.
fn is_here(host: &str) -> bool {
    matches!(without_port(host), "localhost" | "127.0.0.1" | "[::1]")
}

fn is_host(host: &str) -> bool {
    let bare = without_port(host);
    let port = host.strip_prefix(bare).unwrap_or_default();
    let is_port = port.is_empty() || port[1..].parse::<u16>().is_ok_and(|port| port > 0);
    let of = |extra: &'static [u8]| move |byte: u8| byte.is_ascii_alphanumeric() || extra.contains(&byte);
    let is_bare = match bare.strip_prefix('[').and_then(|bare| bare.strip_suffix(']')) {
        Some(address) => !address.is_empty() && address.bytes().all(of(b":.")),
        None => !bare.is_empty() && bare.bytes().all(of(b".-_")),
    };
    is_bare && is_port
}

/// One part of a name: letters and digits, and between them one `.`, one or two `_`, or some `-`.
fn is_part(part: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let ends = part.starts_with(is_plain) && part.ends_with(is_plain);
    let mut between = part.split(is_plain).filter(|between| !between.is_empty());
    ends && between
        .all(|between| matches!(between, "." | "_" | "__") || between.bytes().all(|byte| byte == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked_without_encryption() {
        for (text, base) in [
            (
                "oci://registry.example.org/python",
                "https://registry.example.org",
            ),
            (
                "OCI://Registry.Example.org:5000/a/b/",
                "https://registry.example.org:5000",
            ),
            ("oci://localhost:5000/python", "http://localhost:5000"),
            ("oci://127.0.0.1:5000/python", "http://127.0.0.1:5000"),
            ("oci://[::1]:5000/python", "http://[::1]:5000"),
            (
                "oci://localhost.example.org/python",
                "https://localhost.example.org",
            ),
            ("oci+https://localhost:5000/python", "https://localhost:5000"),
            (
                "oci+http://registry.example.org/python",
                "http://registry.example.org",
            ),
        ] {
            assert_eq!(Repository::parse(text).unwrap().base(), base, "{text}");
        }
        let known = Repository::parse("oci://example.org/a/b").unwrap();
        assert_eq!(known.reference("index.json"), "example.org/a/b:index.json");
        assert_eq!(known.to_string(), "oci://example.org/a/b");
    }

    #[test]
    fn names_are_what_the_specification_says() {
        for name in ["python", "a/b/c", "a-b", "a--b", "a_b", "a__b", "a.b", "a1/2b"] {
            assert!(Repository::parse(&format!("oci://host/{name}")).is_ok(), "{name}");
        }
        let long = "a".repeat(300);
        for name in [
            "",
            "Python",
            "a//b",
            "a_/b",
            "-a",
            "a..b",
            "a___b",
            "a b",
            "a:1",
            "a@sha256:0",
            "ä",
            "a?b",
            &long,
        ] {
            let error = Repository::parse(&format!("oci://host/{name}")).unwrap_err();
            assert!(matches!(error, AddressError::Name { .. }), "{name}: {error}");
        }
    }

    #[test]
    fn hosts_are_hosts_and_hold_no_secrets() {
        for host in ["", ":5000", "host:", "host:70000", "ho st", "host:a", "[]"] {
            let error = Repository::parse(&format!("oci://{host}/python")).unwrap_err();
            assert!(matches!(error, AddressError::Host { .. }), "{host}: {error}");
        }
        let error = Repository::parse("oci://me:secret@host/python").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
    }
}
