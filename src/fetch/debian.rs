//! Where a file of Debian's archive stands: below the machine's mirrors, and in the snapshot archive.
//!
//! Owns the layout of the pool and of the snapshot archive. It makes addresses and never
//! transfers a file.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Debian's snapshot archive: every file that ever was, at a fixed address.
pub(crate) const SNAPSHOT: &str = "https://snapshot.debian.org";

/// The directory of a source package in the pool.
fn pool_prefix(source: &str) -> &str {
    let length = if source.starts_with("lib") { 4 } else { 1 };
    source.get(..length).unwrap_or(source)
}

/// The address of a source package's file below a mirror.
///
/// The component is a guess: what recipes name is in `main`.
#[must_use]
pub(crate) fn source_url(mirror: &str, source: &str, file: &str) -> String {
    // The security archive keeps its pool a level deeper.
    let updates = if mirror.ends_with("-security") {
        "updates/"
    } else {
        ""
    };
    format!(
        "{mirror}/pool/{updates}main/{}/{source}/{}",
        pool_prefix(source),
        encode(file)
    )
}

/// The address of a binary package below a mirror, if the mirror is of the same archive.
#[must_use]
pub(crate) fn package_url(mirror: &str, filename: &str) -> Option<String> {
    let is_security = mirror.ends_with("-security");
    (is_security == is_security_file(filename)).then(|| format!("{mirror}/{}", encode(filename)))
}

fn is_security_file(filename: &str) -> bool {
    filename.starts_with("pool/updates/")
}

/// The address of a binary package at a moment of the snapshot archive.
#[must_use]
pub(crate) fn snapshot_url(base: &str, moment: &str, filename: &str) -> String {
    let archive = if is_security_file(filename) {
        "debian-security"
    } else {
        "debian"
    };
    format!("{base}/archive/{archive}/{moment}/{}", encode(filename))
}

/// The snapshot archive's list of the files of a source package.
#[must_use]
pub(crate) fn source_files_url(base: &str, source: &str, version: &str) -> String {
    format!(
        "{base}/mr/package/{source}/{}/srcfiles?fileinfo=1",
        encode(version)
    )
}

/// The address of `file` according to that list.
#[must_use]
pub(crate) fn find_source_file(base: &str, list: &str, file: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Files {
        fileinfo: BTreeMap<String, Vec<FileInfo>>,
    }
    #[derive(Deserialize)]
    struct FileInfo {
        name: String,
    }
    let files: Files = serde_json::from_str(list).ok()?;
    let (sha1, _) = files
        .fileinfo
        .iter()
        .find(|(_, infos)| infos.iter().any(|info| info.name == file))?;
    let is_sum = sha1.len() == 40 && sha1.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_sum.then(|| format!("{base}/file/{sha1}"))
}

/// Escapes the characters of versions and file names that mean something in an address.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '+' => encoded.push_str("%2B"),
            '%' => encoded.push_str("%25"),
            '?' => encoded.push_str("%3F"),
            '#' => encoded.push_str("%23"),
            ' ' => encoded.push_str("%20"),
            other => encoded.push(other),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_pool() {
        let url = |mirror, source| source_url(mirror, source, "x_1+2.orig.tar.gz");
        assert_eq!(
            url("http://m.invalid/debian", "zlib"),
            "http://m.invalid/debian/pool/main/z/zlib/x_1%2B2.orig.tar.gz"
        );
        assert_eq!(
            url("http://m.invalid/debian-security", "libffi"),
            "http://m.invalid/debian-security/pool/updates/main/libf/libffi/x_1%2B2.orig.tar.gz"
        );
    }

    #[test]
    fn finds_a_file_in_the_snapshot_archives_list() {
        let sum = "a".repeat(40);
        let list = format!(
            r#"{{"fileinfo":{{"{sum}":[{{"name":"x.orig.tar.gz","path":"/pool/main/x/x"}}]}},"result":[]}}"#
        );
        assert_eq!(
            find_source_file("http://s.invalid", &list, "x.orig.tar.gz"),
            Some(format!("http://s.invalid/file/{sum}"))
        );
        assert_eq!(find_source_file("http://s.invalid", &list, "y"), None);
        assert_eq!(find_source_file("http://s.invalid", "<html>", "y"), None);
    }
}
