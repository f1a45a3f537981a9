//! A directory with evidence: one that `pbs publish` filled, or a copy of a part of it.

use std::io::{self, Read as _};

use camino::{Utf8Path, Utf8PathBuf};

use super::AttestError;
use crate::index::{Index, PublicKey, Published, trusted_serial};
use crate::sign::{Signature, signed};

/// An index of ten thousand archives has 10 MB.
const MOST_INDEX: u64 = 64 << 20;
/// A signature has about 300 bytes.
const MOST_SIGNATURE: u64 = 4 << 10;
/// A document about an archive has some 100 KB.
const MOST_DOCUMENT: u64 = 64 << 20;

/// A directory with evidence.
pub(super) struct Folder {
    root: Utf8PathBuf,
}

/// An index that a trusted key signed.
pub(super) struct Trusted<'k> {
    pub(super) index: Index,
    pub(super) by: &'k PublicKey,
}

impl Folder {
    /// Takes a directory, or the index in it.
    pub(super) fn new(path: &Utf8Path) -> Self {
        let root = match path.file_name() {
            Some(Index::NAME) => path.parent().unwrap_or(path),
            _ => path,
        };
        Self {
            root: root.to_owned(),
        }
    }

    /// The index. Nothing in it is looked at before its signature was checked.
    pub(super) fn index<'k>(&self, keys: &'k [PublicKey]) -> Result<Trusted<'k>, AttestError> {
        if keys.is_empty() {
            return Err(AttestError::NoKey);
        }
        let missing = |missing: &str| AttestError::Missing {
            path: self.root.clone(),
            missing: missing.to_owned(),
        };
        let bytes = self.read(Index::NAME, MOST_INDEX)?;
        let bytes = bytes.ok_or_else(|| missing(Index::NAME))?;
        // The one by its sum fits whatever is published meanwhile.
        let signature = match self.read(&Index::signature_of(&bytes), MOST_SIGNATURE)? {
            Some(signature) => Some(signature),
            None => self.read(Index::SIGNATURE, MOST_SIGNATURE)?,
        };
        let signature = signature.ok_or_else(|| missing(Index::SIGNATURE))?;
        let checked = signed(&bytes, &signature, keys);
        let Signature { by, comment } = checked.map_err(|source| AttestError::Untrusted {
            path: self.root.clone(),
            source,
        })?;
        let index = Index::read(&bytes).map_err(|source| AttestError::Index {
            path: self.root.clone(),
            source,
        })?;
        if trusted_serial(&comment) != Some(index.serial) {
            return Err(AttestError::Comment {
                path: self.root.clone(),
                comment,
            });
        }
        Ok(Trusted { index, by })
    }

    /// A document: where the index has it, or flat beside the index, as people download things.
    pub(super) fn document(&self, document: &Published) -> Result<Option<Vec<u8>>, AttestError> {
        let path = document.path.as_str();
        if let Some(found) = self.read(path, MOST_DOCUMENT)? {
            return Ok(Some(found));
        }
        self.read(document.path.name(), MOST_DOCUMENT)
    }

    fn read(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, AttestError> {
        let path = self.root.join(name);
        let read = |source| AttestError::Read {
            path: path.clone(),
            source,
        };
        // What is neither a file nor a link to one is not opened: a pipe would wait for ever.
        match fs_err::metadata(&path) {
            Ok(found) if found.is_file() => {}
            Ok(_) => return Ok(None),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(read(error)),
        }
        let mut bytes = Vec::new();
        let file = fs_err::File::open(&path).map_err(read)?;
        file.take(most + 1).read_to_end(&mut bytes).map_err(read)?;
        if bytes.len() as u64 > most {
            return Err(AttestError::TooLarge { path, most });
        }
        Ok(Some(bytes))
    }

    pub(super) fn root(&self) -> &Utf8Path {
        &self.root
    }
}
