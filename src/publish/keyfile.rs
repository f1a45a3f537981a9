//! The files of keys: the secret one for its owner alone, the public one beside it.

use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};

use camino::{Utf8Path, Utf8PathBuf};

use super::PublishError;
use crate::index::PublicKey;
use crate::sign::{NewKey, Password, SecretKey, read_public_key};

/// What the public key's file is called behind the secret one's name.
const PUBLIC: &str = ".pub";

/// Makes a pair of keys: the secret one in `path`, the public one in `path.pub`. Neither may be there.
pub fn new_key_files(path: &Utf8Path, password: Option<&Password>) -> Result<PublicKey, PublishError> {
    let public = Utf8PathBuf::from(format!("{path}{PUBLIC}"));
    for file in [path, &public] {
        if fs_err::symlink_metadata(file).is_ok() {
            return Err(PublishError::KeyExists {
                path: file.to_owned(),
            });
        }
    }
    let new = NewKey::make(password)?;
    create(path, &new.secret, 0o600)?;
    create(&public, &new.public, 0o644).inspect_err(|_| {
        // Half of a pair is of no use, and in the way of the next attempt.
        let _ = fs_err::remove_file(path);
    })?;
    Ok(new.key)
}

fn create(path: &Utf8Path, text: &str, mode: u32) -> Result<(), PublishError> {
    let write = || {
        let file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(path);
        let mut file = file?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        // What is there already is never ours to remove: that failed above.
        written.inspect_err(|_| drop(fs_err::remove_file(path)))
    };
    write().map_err(|source| PublishError::KeyFile {
        doing: "write",
        path: path.to_owned(),
        source,
    })
}

/// Reads a secret key.
pub fn read_secret_key_file(path: &Utf8Path, password: Option<&Password>) -> Result<SecretKey, PublishError> {
    SecretKey::read(&read(path)?, password).map_err(|source| PublishError::BadKey {
        path: path.to_owned(),
        source,
    })
}

/// Reads a public key.
pub fn read_public_key_file(path: &Utf8Path) -> Result<PublicKey, PublishError> {
    read_public_key(&read(path)?).map_err(|source| PublishError::BadKey {
        path: path.to_owned(),
        source,
    })
}

/// Whether others than its owner may read a secret key.
pub fn is_exposed(path: &Utf8Path) -> bool {
    fs_err::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

fn read(path: &Utf8Path) -> Result<String, PublishError> {
    fs_err::read_to_string(path).map_err(|source| PublishError::KeyFile {
        doing: "read",
        path: path.to_owned(),
        source,
    })
}
