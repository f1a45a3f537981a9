//! What the machine's apt knows: where its Debian mirrors are, and through what they are reached.
//!
//! Owns reading apt's configuration. No mirror's address is written here; a machine without apt,
//! or with another distribution's archive, simply has none.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;

use super::client::{Client, ClientError};
use super::http::{ProxyRule, Route};

/// The package archives that the machine is configured for.
#[derive(Clone, Debug, Default)]
pub struct Apt {
    /// Their base addresses without a final slash, in the order of the configuration.
    pub mirrors: Vec<String>,
    /// Every setting, `Acquire::http::Proxy` → value.
    settings: Vec<(String, String)>,
}

fn ask(program: &str, args: &[&str], cancelled: &CancellationToken) -> Result<String, ClientError> {
    Client {
        program,
        args: args.iter().map(|&arg| arg.to_owned()).collect(),
        dir: Utf8Path::new("/"),
        limit: Duration::from_secs(30),
        cancelled,
    }
    .run()
}

impl Apt {
    /// Asks the machine's apt.
    pub fn discover(cancelled: &CancellationToken) -> Result<Self, ClientError> {
        let settings = parse_settings(&ask("apt-config", &["dump"], cancelled)?);
        let mut this = Self {
            mirrors: Vec::new(),
            settings,
        };
        // Knows who publishes each archive, but only what has been updated before.
        let format = [
            "indextargets",
            "--format",
            "$(ORIGIN) $(REPO_URI)",
            "Identifier: Packages",
        ];
        let targets = ask("apt-get", &format, cancelled).unwrap_or_default();
        for uri in targets.lines().filter_map(|line| line.strip_prefix("Debian ")) {
            this.add_mirror(uri);
        }
        for text in this.read_sources() {
            for uri in parse_sources(&text) {
                if is_debian(&uri) {
                    this.add_mirror(&uri);
                }
            }
        }
        Ok(this)
    }

    fn add_mirror(&mut self, uri: &str) {
        let uri = uri.trim().trim_end_matches('/').to_owned();
        if !self.mirrors.contains(&uri) {
            self.mirrors.push(uri);
        }
    }

    /// The last value of a setting.
    fn setting(&self, name: &str) -> Option<&str> {
        let found = self
            .settings
            .iter()
            .rev()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    fn dir(&self, name: &str) -> Utf8PathBuf {
        let root = self.setting("Dir").unwrap_or("/");
        let etc = self.setting("Dir::Etc").unwrap_or("etc/apt");
        Utf8Path::new(root)
            .join(etc)
            .join(self.setting(name).unwrap_or_default())
    }

    /// The texts of `sources.list` and of the files of `sources.list.d`.
    fn read_sources(&self) -> Vec<String> {
        let mut files = vec![self.dir("Dir::Etc::sourcelist")];
        if let Ok(entries) = self.dir("Dir::Etc::sourceparts").read_dir_utf8() {
            let mut parts: Vec<_> = entries
                .filter_map(|entry| Some(entry.ok()?.into_path()))
                .collect();
            parts.retain(|path| matches!(path.extension(), Some("list" | "sources")));
            parts.sort();
            files.extend(parts);
        }
        // What cannot be read is apt's business; it only means one mirror fewer here.
        files
            .iter()
            .filter_map(|file| fs_err::read_to_string(file).ok())
            .collect()
    }

    /// The way to the mirrors, if apt's settings differ from the environment's.
    #[must_use]
    pub fn route(&self) -> Option<Route> {
        let proxied = self
            .settings
            .iter()
            .any(|(key, value)| is_proxy(key) && !value.is_empty());
        let authorities = self
            .setting("Acquire::https::CAInfo")
            .and_then(|file| fs_err::read(file).ok())
            .unwrap_or_default();
        if !proxied && authorities.is_empty() {
            return None;
        }
        let this = self.clone();
        let rule: Box<ProxyRule> = Box::new(move |scheme, host| this.proxy(scheme, host));
        Some(Route {
            proxy: proxied.then_some(rule),
            authorities,
            ..Route::default()
        })
    }

    /// The proxy for a host; https falls back to http's, as in apt.
    fn proxy(&self, scheme: &str, host: &str) -> Option<String> {
        let names = [
            format!("Acquire::{scheme}::Proxy::{host}"),
            format!("Acquire::{scheme}::Proxy"),
            format!("Acquire::http::Proxy::{host}"),
            "Acquire::http::Proxy".to_owned(),
        ];
        let value = names.iter().find_map(|name| self.setting(name))?;
        (!matches!(value, "DIRECT" | "false")).then(|| value.to_owned())
    }
}

fn is_proxy(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["acquire::http::proxy", "acquire::https::proxy"]
        .iter()
        .any(|name| key == *name || key.starts_with(&format!("{name}::")))
}

/// The lines `Key "value";` of `apt-config dump`.
fn parse_settings(dump: &str) -> Vec<(String, String)> {
    dump.lines()
        .filter_map(|line| {
            let (key, value) = line.split_once(' ')?;
            let value = value.strip_prefix('"')?.strip_suffix("\";")?;
            Some((key.to_owned(), value.to_owned()))
        })
        .collect()
}

/// Whether an address looks like that of Debian's archive or of its security archive.
fn is_debian(uri: &str) -> bool {
    let last = uri.trim_end_matches('/').rsplit('/').next();
    matches!(last, Some("debian" | "debian-security"))
}

/// The addresses in a file of either format.
fn parse_sources(text: &str) -> Vec<String> {
    let mut uris = Vec::new();
    for stanza in text.split("\n\n") {
        let mut of_stanza = Vec::new();
        let mut enabled = true;
        let mut in_uris = false;
        for line in stanza.lines().filter(|line| !line.trim_start().starts_with('#')) {
            if let Some(entry) = line
                .strip_prefix("deb ")
                .or_else(|| line.strip_prefix("deb-src "))
            {
                // `deb [ options ] uri suite components`.
                let entry = match entry.trim_start().strip_prefix('[') {
                    Some(rest) => rest.split_once(']').map_or("", |(_, entry)| entry),
                    None => entry,
                };
                uris.extend(entry.split_whitespace().next().map(str::to_owned));
                continue;
            }
            let continued = line.starts_with([' ', '\t']);
            let (key, value) = match line.split_once(':') {
                Some((key, value)) if !continued => (key, value),
                _ => ("", line),
            };
            if !continued {
                in_uris = key.eq_ignore_ascii_case("uris");
                if key.eq_ignore_ascii_case("enabled") {
                    enabled = !value.trim().eq_ignore_ascii_case("no");
                }
            }
            if in_uris {
                of_stanza.extend(value.split_whitespace().map(str::to_owned));
            }
        }
        if enabled {
            uris.append(&mut of_stanza);
        }
    }
    uris
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_formats_of_sources() {
        let list = "# comment\ndeb [arch=amd64 signed-by=/a/b] http://one.invalid/debian trixie main\n\
                    deb-src http://two.invalid/debian/ trixie main\n#deb http://three.invalid/debian x main\n";
        assert_eq!(
            parse_sources(list),
            ["http://one.invalid/debian", "http://two.invalid/debian/"]
        );
        let deb822 = "Types: deb\nURIs: http://one.invalid/debian\n  http://two.invalid/debian\nSuites: trixie\n\n\
                      # off\nEnabled: no\nTypes: deb\nURIs: http://three.invalid/debian\n\n\
                      Types: deb\nURIs: http://four.invalid/debian-security\nSuites: trixie-security\n";
        assert_eq!(
            parse_sources(deb822),
            [
                "http://one.invalid/debian",
                "http://two.invalid/debian",
                "http://four.invalid/debian-security"
            ]
        );
        assert!(is_debian("http://one.invalid/debian/") && !is_debian("http://one.invalid/ubuntu"));
    }

    #[test]
    fn follows_the_proxy_settings() {
        let apt = |dump: &str| Apt {
            mirrors: Vec::new(),
            settings: parse_settings(dump),
        };
        assert!(
            apt("Acquire::http::Proxy \"\";\nAPT::Architecture \"amd64\";")
                .route()
                .is_none()
        );
        let apt = apt(
            "Acquire::http::Proxy \"http://proxy.invalid:3142\";\nAcquire::http::Proxy::near.invalid \"DIRECT\";",
        );
        assert!(apt.route().is_some());
        assert_eq!(
            apt.proxy("https", "far.invalid").as_deref(),
            Some("http://proxy.invalid:3142")
        );
        assert_eq!(apt.proxy("http", "near.invalid"), None);
    }
}
