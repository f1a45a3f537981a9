//! What a tar archive says of its members beyond their content: order, times, owners, modes.
//!
//! For rules on finished archives; nothing is unpacked.

use super::ArchiveError;
use super::stream::{Opened, open};
use crate::model::Digest;
use crate::store::Store;
use crate::verify::{ArchiveFacts, ArchiveMember, MemberKind};

/// Reads the headers of an archive of the store; nothing for a zip, which has none of this.
pub fn members(store: &Store, archive: &Digest) -> Result<Option<ArchiveFacts>, ArchiveError> {
    let Opened::Stream(stream) = open(store.open_blob(archive)?)? else {
        return Ok(None);
    };
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
    Ok(Some(facts))
}
