//! Public keys as people give them: the key itself, or a file that minisign wrote.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use crate::index::{ParseTextError, PublicKey};

/// Why a text gives no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// It is neither a key nor a file that can be read.
    #[error("`{text}` is neither a public key nor a file with one")]
    File {
        /// The text.
        text: String,
        /// Why it cannot be read.
        #[source]
        source: io::Error,
    },
    /// The file holds no key.
    #[error("`{path}` holds no public key")]
    Content {
        /// The file.
        path: Utf8PathBuf,
        /// What stands where a key should.
        #[source]
        source: ParseTextError,
    },
}

impl KeyError {
    /// What a person can do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        "a key is `RW…`, the second line of the file `….pub` that belongs to the publisher's key"
    }
}

/// Reads a key: `RW…`, or the path of a file, seen from `here`.
pub fn read_key(text: &str, here: &Utf8Path) -> Result<PublicKey, KeyError> {
    if let Ok(key) = PublicKey::parse(text) {
        return Ok(key);
    }
    let path = here.join(text);
    let content = fs_err::read_to_string(&path).map_err(|source| KeyError::File {
        text: text.to_owned(),
        source,
    })?;
    let mut lines = content.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines.find(|line| !line.starts_with("untrusted comment:"));
    PublicKey::parse(line.unwrap_or_default()).map_err(|source| KeyError::Content { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_text_or_a_file() {
        let kept = tempfile::tempdir().unwrap();
        let here = Utf8Path::from_path(kept.path()).unwrap();
        let key = format!("RW{}", "a".repeat(54));
        assert_eq!(read_key(&key, here).unwrap().as_str(), key);
        let file = format!("untrusted comment: minisign public key 1234\n{key}\n");
        fs_err::write(here.join("key.pub"), file).unwrap();
        assert_eq!(read_key("key.pub", here).unwrap().as_str(), key);
        fs_err::write(here.join("key.sec"), "untrusted comment: no key\nRWQ\n").unwrap();
        assert!(matches!(read_key("key.sec", here), Err(KeyError::Content { .. })));
        assert!(matches!(read_key("no.pub", here), Err(KeyError::File { .. })));
    }
}
