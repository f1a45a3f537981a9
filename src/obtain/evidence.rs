//! Keeps what is published about an archive, so that it can be checked later and offline.

use std::sync::Arc;

use camino::Utf8Path;

use super::conduct::Tools;
use super::error::ObtainError;
use super::origin::Origin;
use super::published::Believed;
use super::reach::Reach;
use crate::fetch::Again;
use crate::index::{Artifact, Index, Sum};
use crate::model::Digest;
use crate::store::write_whole;

/// A document about an archive has some 100 KB.
const MOST_DOCUMENT: u64 = 64 << 20;

/// Writes the index, its signature and the documents about an archive below a directory, by the paths that they
/// are published at; the index last.
pub(super) fn keep(
    tools: &Tools,
    reach: &Reach,
    origin: &Origin,
    believed: &Believed,
    artifact: &Artifact,
    dir: &Utf8Path,
) -> Result<(), ObtainError> {
    let mut listed = believed.index.artifacts.iter();
    let listed = listed.find(|listed| listed.digest() == artifact.digest());
    let from = origin.to_string();
    let listed = listed.ok_or_else(|| ObtainError::NoEvidence {
        name: artifact.name.to_string(),
        from: from.clone(),
    })?;
    for document in listed.evidence.documents() {
        let path = &document.path;
        let (notice, shown) = (Arc::clone(&tools.notice), path.to_string());
        let again: Again = Arc::new(move |reason: &str| notice(&format!("{shown}: {reason}")));
        let bytes = reach.small(origin, path, document.size.min(MOST_DOCUMENT), again);
        let bytes = bytes.map_err(|source| match source.is_cancelled() {
            true => ObtainError::Cancelled,
            false => ObtainError::Archive {
                name: path.to_string(),
                from: from.clone(),
                source,
            },
        })?;
        let found = Digest::of(&bytes);
        if found != document.digest() {
            return Err(ObtainError::Content {
                name: path.to_string(),
                from,
                expected: document.digest,
                found: Sum::of(&found),
            });
        }
        write(dir, path.as_str(), &bytes)?;
    }
    let (index, signature) = (&believed.bytes, &believed.signature);
    // By what it signs, too: the two are replaced one after the other where something is there already.
    write(dir, &Index::signature_of(index), signature)?;
    write(dir, Index::SIGNATURE, signature)?;
    write(dir, Index::NAME, index)
}

fn write(dir: &Utf8Path, path: &str, bytes: &[u8]) -> Result<(), ObtainError> {
    let to = dir.join(path);
    let write = || {
        fs_err::create_dir_all(to.parent().unwrap_or(dir))?;
        write_whole(&to, |out| out.write_all(bytes))
    };
    write().map_err(|source| ObtainError::io("keep the evidence", source))
}
