//! Zip archives: wheels, and sources of projects that pack this way.

use std::io::{self, Read, Seek, SeekFrom};

use zip::result::ZipError;

use super::intake::{EachMember, Member, fault};
use super::limits::Metered;
use super::{ArchiveError, EntryFault};

/// The kind of file in a Unix mode.
const KIND: u32 = 0o170_000;
/// A symbolic link.
const LINK: u32 = 0o120_000;
/// A regular file.
const REGULAR: u32 = 0o100_000;
/// A directory.
const DIRECTORY: u32 = 0o040_000;
/// Longer targets are none of ours.
const LONGEST_TARGET: u64 = 4096;

fn broken(error: ZipError) -> ArchiveError {
    match error {
        ZipError::Io(error) => ArchiveError::read(error),
        other => ArchiveError::Damaged { source: other.into() },
    }
}

/// Takes all entries of a zip file.
pub(super) fn each_entry(
    mut file: impl Read + Seek,
    limit: u64,
    each: &mut EachMember<'_>,
) -> Result<(), ArchiveError> {
    let promised = entries_in_directory(&mut file).map_err(ArchiveError::read)?;
    let mut archive = zip::ZipArchive::new(io::BufReader::new(file)).map_err(broken)?;
    // The reader keeps one entry of each name, so doubled names show in the count only.
    if promised.is_some_and(|promised| promised != archive.len() as u64) {
        return Err(ArchiveError::entry("(zip directory)", EntryFault::Duplicate));
    }
    let mut left = limit;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| match error {
            ZipError::UnsupportedArchive(text) if text == ZipError::PASSWORD_REQUIRED => {
                ArchiveError::entry(format!("(entry {index})"), EntryFault::Encrypted)
            }
            other => broken(other),
        })?;
        let name = entry.name_raw().to_vec();
        let mode = entry.unix_mode().unwrap_or(0);
        let size = entry.size();
        let is_directory = entry.is_dir();
        let mut content = Metered::part(entry, left, limit);
        if size > left {
            return Err(ArchiveError::TooBig { limit });
        }
        match mode & KIND {
            _ if is_directory => each(&name, Member::Directory)?,
            LINK => {
                let mut target = Vec::new();
                (&mut content)
                    .take(LONGEST_TARGET + 1)
                    .read_to_end(&mut target)
                    .map_err(ArchiveError::read)?;
                if target.len() as u64 > LONGEST_TARGET {
                    return Err(fault(&name, EntryFault::LinkText));
                }
                each(&name, Member::Symlink(&target))?;
            }
            0 | REGULAR | DIRECTORY => each(
                &name,
                Member::File {
                    content: &mut content,
                    size,
                    executable: mode & 0o100 != 0,
                },
            )?,
            _ => return Err(fault(&name, EntryFault::Special { kind: "special file" })),
        }
        // What the directory says may be a lie; what came is none.
        left = left.saturating_sub(size.max(content.seen()));
    }
    Ok(())
}

/// How many entries the end of the central directory promises; nothing if it is a zip64 one.
fn entries_in_directory(file: &mut (impl Read + Seek)) -> io::Result<Option<u64>> {
    /// The record without its comment, and the longest comment.
    const RECORD: u64 = 22;
    const COMMENT: u64 = 0xffff;
    let length = file.seek(SeekFrom::End(0))?;
    let start = length.saturating_sub(RECORD + COMMENT);
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    file.take(RECORD + COMMENT).read_to_end(&mut tail)?;
    file.rewind()?;
    let found = tail
        .windows(RECORD as usize)
        .rposition(|window| window.starts_with(b"PK\x05\x06"));
    Ok(found.and_then(|at| {
        let count = u16::from_le_bytes([tail[at + 10], tail[at + 11]]);
        (count != u16::MAX).then_some(u64::from(count))
    }))
}
