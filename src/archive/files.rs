//! The files of a zip archive that does not come from the store: a wheel that a person names.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};

use super::intake::{Member, archive_path, fault};
use super::{ArchiveError, EntryFault, UnpackLimits, zipped};

/// How a zip archive begins; one without entries begins with its end.
const MAGIC: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// Reads all files of a zip archive by their path, with the checks that archives of the store have; links are refused.
pub fn read_zip(
    mut file: impl Read + Seek,
    limits: &UnpackLimits,
) -> Result<BTreeMap<String, Vec<u8>>, ArchiveError> {
    let mut start = [0; 4];
    let begins = file.read_exact(&mut start).is_ok() && MAGIC.contains(&&start[..]);
    if !begins {
        return Err(ArchiveError::Format);
    }
    let size = file.seek(SeekFrom::End(0)).map_err(ArchiveError::read)?;
    file.rewind().map_err(ArchiveError::read)?;
    let mut files = BTreeMap::new();
    let mut entries = 0;
    zipped::each_entry(file, limits.bytes_for(size), &mut |name, member| {
        entries += 1;
        if entries > limits.entries {
            let limit = limits.entries;
            return Err(ArchiveError::TooManyEntries { limit });
        }
        let path = archive_path(name)?;
        let content = match member {
            Member::Directory => return Ok(()),
            Member::Symlink(_) | Member::HardLink(_) => {
                return Err(fault(name, EntryFault::Special { kind: "link" }));
            }
            Member::Special(kind) => return Err(fault(name, EntryFault::Special { kind })),
            Member::File { content, .. } => {
                let mut bytes = Vec::new();
                content.read_to_end(&mut bytes).map_err(ArchiveError::read)?;
                bytes
            }
        };
        if files.insert(path.as_str().to_owned(), content).is_some() {
            return Err(fault(name, EntryFault::Duplicate));
        }
        Ok(())
    })?;
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use zip::write::{SimpleFileOptions, ZipWriter};

    use super::*;

    fn zip(files: &[(&str, &[u8], u32)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (path, content, mode) in files {
            let method = match content.len() {
                0..100 => zip::CompressionMethod::Stored,
                _ => zip::CompressionMethod::Deflated,
            };
            let options = SimpleFileOptions::default()
                .unix_permissions(*mode)
                .compression_method(method);
            writer.start_file(*path, options).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn read(bytes: &[u8], limits: UnpackLimits) -> Result<BTreeMap<String, Vec<u8>>, ArchiveError> {
        read_zip(Cursor::new(bytes), &limits)
    }

    #[test]
    fn files_come_by_their_path() {
        let bytes = zip(&[("a/./b", b"one", 0o644), ("c", b"", 0o755)]);
        let files = read(&bytes, UnpackLimits::default()).unwrap();
        let expected = [("a/b".to_owned(), b"one".to_vec()), ("c".to_owned(), Vec::new())];
        assert_eq!(files, expected.into());
        assert_eq!(read(&zip(&[]), UnpackLimits::default()).unwrap(), BTreeMap::new());
    }

    #[test]
    fn what_is_no_archive_or_a_damaged_one_is_refused() {
        let limits = UnpackLimits::default;
        for text in [&b""[..], b"PK", b"no archive at all"] {
            assert!(matches!(read(text, limits()), Err(ArchiveError::Format)));
        }
        let bytes = zip(&[("a", b"one", 0o644)]);
        let cut = read(&bytes[..bytes.len() - 5], limits());
        assert!(matches!(cut, Err(ArchiveError::Damaged { .. })), "{cut:?}");
        let mut changed = bytes;
        let at = changed.windows(3).position(|window| window == b"one").unwrap();
        changed[at] = b'O';
        let changed = read(&changed, limits());
        assert!(
            matches!(changed, Err(ArchiveError::Damaged { .. })),
            "{changed:?}"
        );
    }

    #[test]
    fn what_leads_out_or_is_too_much_is_refused() {
        let limits = UnpackLimits::default;
        for path in ["../a", "/a", "a/../../b"] {
            let found = read(&zip(&[(path, b"", 0o644)]), limits());
            assert!(
                matches!(found, Err(ArchiveError::Entry { .. })),
                "{path}: {found:?}"
            );
        }
        let doubled = read(&zip(&[("a/b", b"", 0o644), ("a//b", b"", 0o644)]), limits());
        let fault = EntryFault::Duplicate;
        assert!(matches!(doubled, Err(ArchiveError::Entry { fault: found, .. }) if found == fault));
        let bomb = zip(&[("a", &[0; 100_000], 0o644)]);
        let few = UnpackLimits {
            bytes: 50_000,
            ..limits()
        };
        assert!(matches!(read(&bomb, few), Err(ArchiveError::TooBig { .. })));
        let one = UnpackLimits {
            entries: 1,
            ..limits()
        };
        let two = zip(&[("a", b"", 0o644), ("b", b"", 0o644)]);
        assert!(matches!(
            read(&two, one),
            Err(ArchiveError::TooManyEntries { limit: 1 })
        ));
    }

    #[test]
    fn links_are_refused() {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer
            .add_symlink("a", "b", SimpleFileOptions::default())
            .unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        let found = read(&bytes, UnpackLimits::default());
        let kind = "link";
        assert!(
            matches!(found, Err(ArchiveError::Entry { fault: EntryFault::Special { kind: found }, .. }) if found == kind)
        );
    }
}
