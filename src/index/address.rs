//! The address that a published directory is served at.

use std::fmt;

use super::ParseTextError;
use crate::model::{TreePath, url_path};

/// The address of a published directory, without a slash at its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Address(String);

impl Address {
    /// Parses `https://…`, `http://…` or `file://…`.
    pub fn parse(text: &str) -> Result<Self, ParseTextError> {
        let known = ["https://", "http://", "file://"];
        let rest = known.iter().find_map(|scheme| text.strip_prefix(scheme));
        let sound = |rest: &str| {
            let plain =
                |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'"' | b'<' | b'>');
            !rest.is_empty() && rest.bytes().all(plain)
        };
        if rest.is_some_and(sound) {
            return Ok(Self(text.trim_end_matches('/').to_owned()));
        }
        Err(ParseTextError {
            text: text.to_owned(),
            what: "an address such as `https://host/directory`",
        })
    }

    /// The address of a directory of this machine.
    #[must_use]
    pub fn of_directory(absolute: &str) -> Self {
        Self(format!("file://{}", url_path(absolute.trim_end_matches('/'))))
    }

    /// Whether it is a directory of a machine, and nothing that is served.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.0.starts_with("file://")
    }

    /// The address of a file in the directory. A `+` is written as `%2B`: it stands for a blank to
    /// some servers, and `%2B` for a `+` to all.
    #[must_use]
    pub fn of(&self, path: &TreePath) -> String {
        format!("{}/{}", self.0, url_path(path.as_str()))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_addresses_of_paths() {
        let path = TreePath::parse("archives/cpython-1+2.tar.gz").unwrap();
        let address = Address::parse("https://host:8000/python/").unwrap();
        assert_eq!(
            address.of(&path),
            "https://host:8000/python/archives/cpython-1%2B2.tar.gz"
        );
        let here = Address::of_directory("/srv/my python/");
        assert_eq!(
            here.of(&path),
            "file:///srv/my%20python/archives/cpython-1%2B2.tar.gz"
        );
        assert_eq!(Address::parse(&here.to_string()), Ok(here));
    }

    #[test]
    fn refuses_what_is_none() {
        for text in [
            "",
            "host/x",
            "ftp://host",
            "https://",
            "https://host/a b",
            "https://host/?x",
            "s3://x",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
