//! Directories that somebody filled: `--source-dir`, and what `pbs sources mirror` writes.
//!
//! Owns the naming: `<sha256>-<name>`, or the plain name where its content is the right one.

use camino::{Utf8Path, Utf8PathBuf};

use crate::model::Pin;

/// The files in `dir` that may be the one with this digest; their content decides.
pub(crate) fn candidates(dir: &Utf8Path, pin: &Pin, file: &str) -> Vec<Utf8PathBuf> {
    let prefix = format!("{}-", pin.hex());
    let Ok(entries) = dir.read_dir_utf8() else {
        return Vec::new();
    };
    let mut found: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.into_path()))
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name.starts_with(&prefix) || name == file)
        })
        .filter(|path| {
            fs_err::metadata(path).is_ok_and(|metadata| {
                metadata.is_file() && pin.size.is_none_or(|size| size == metadata.len())
            })
        })
        .collect();
    // The one that says its digest first.
    found.sort_by_key(|path| (path.file_name() == Some(file), path.clone()));
    found
}

/// The name of a file in a mirror directory.
#[must_use]
pub(crate) fn mirror_name(pin: &Pin, file: &str) -> String {
    let plain: String = file
        .chars()
        .map(|character| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' | '_' | '+' | '~' => character,
            _ => '_',
        })
        .collect();
    format!("{}-{plain}", pin.hex())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Digest;

    #[test]
    fn finds_by_digest_and_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(dir.path()).unwrap();
        let pin = Pin::from(Digest::of(b"abc"));
        let named = mirror_name(&pin, "x.tar.gz");
        fs_err::write(dir.join(&named), "abc").unwrap();
        fs_err::write(dir.join("x.tar.gz"), "abc").unwrap();
        fs_err::write(dir.join("y.tar.gz"), "abc").unwrap();
        let names = |file| -> Vec<_> {
            candidates(dir, &pin, file)
                .iter()
                .map(|path| path.file_name().unwrap().to_owned())
                .collect()
        };
        assert_eq!(names("x.tar.gz"), [named.as_str(), "x.tar.gz"]);
        fs_err::write(dir.join("x.tar.gz"), "another length").unwrap();
        assert_eq!(names("x.tar.gz"), [named.as_str()]);
        assert!(candidates(Utf8Path::new("/no/such/dir"), &pin, "x").is_empty());
    }
}
