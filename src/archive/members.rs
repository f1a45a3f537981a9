//! What an archive says beyond the content of its members: compression, order, times, owners, modes.
//!
//! For rules on finished archives, and for comparing them; nothing is unpacked.

use std::io::{self, BufRead as _, BufReader, Read};

use super::ArchiveError;
use super::stream::{Opened, compression, drain, open};
use crate::diff::Packing;
use crate::model::{Digest, Hasher};
use crate::store::{CHUNK, Store};
use crate::verify::{ArchiveFacts, ArchiveMember, MemberKind};

/// Reads an archive of the store for what its tree does not tell. A zip has no headers of members.
pub fn packing(store: &Store, archive: &Digest) -> Result<Packing, ArchiveError> {
    let mut reader = BufReader::with_capacity(CHUNK, store.open_blob(archive)?);
    let compression = compression(reader.fill_buf().map_err(ArchiveError::read)?);
    let mut packing = Packing {
        digest: *archive,
        compression,
        stream: *archive,
        facts: None,
    };
    if let Opened::Stream(stream) = open(reader)? {
        let mut stream = Hashing {
            inner: stream,
            hasher: Hasher::new(),
        };
        packing.facts = Some(members(&mut stream)?);
        drain(&mut stream)?;
        packing.stream = stream.hasher.finish();
    }
    Ok(packing)
}

fn members(stream: &mut dyn Read) -> Result<ArchiveFacts, ArchiveError> {
    let mut tar = tar::Archive::new(stream);
    let mut facts = ArchiveFacts::default();
    for entry in tar.entries().map_err(ArchiveError::read)? {
        let entry = entry.map_err(ArchiveError::read)?;
        let header = entry.header();
        let name = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
        facts.members.push(ArchiveMember {
            path: String::from_utf8_lossy(&entry.path_bytes())
                .trim_end_matches('/')
                .to_owned(),
            kind: match header.entry_type() {
                tar::EntryType::Regular => MemberKind::File,
                tar::EntryType::Symlink => MemberKind::Symlink,
                tar::EntryType::Directory => MemberKind::Directory,
                _ => MemberKind::Other,
            },
            mode: header.mode().map_err(ArchiveError::read)?,
            mtime: header.mtime().map_err(ArchiveError::read)?,
            owner: (
                header.uid().map_err(ArchiveError::read)?,
                header.gid().map_err(ArchiveError::read)?,
            ),
            owner_names: (name(header.username_bytes()), name(header.groupname_bytes())),
        });
    }
    Ok(facts)
}

/// Takes the digest of what passes.
struct Hashing<R> {
    inner: R,
    hasher: Hasher,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }
}
