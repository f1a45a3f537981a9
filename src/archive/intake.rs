//! Takes entries one after the other, checks them, and puts contents into the store.

use std::collections::HashMap;
use std::io::Read;

use super::{ArchiveError, EntryFault, UnpackLimits};
use crate::model::{Digest, ParsePathError, TreePath};
use crate::store::{BlobMode, CHUNK, Store, StoreError};

/// What an entry of an archive is, once its content is in the store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Taken {
    Directory,
    Symlink { target: String },
    File { digest: Digest, executable: bool },
}

/// What an archive's header says an entry is.
pub(super) enum Member<'a> {
    Directory,
    Symlink(&'a [u8]),
    HardLink(&'a [u8]),
    File {
        content: &'a mut dyn Read,
        size: u64,
        executable: bool,
    },
    Special(&'static str),
}

/// Called with the name of each entry and what it is.
pub(super) type EachMember<'a> = dyn FnMut(&[u8], Member<'_>) -> Result<(), ArchiveError> + 'a;

/// Reads the entries of one archive; what to do with them is its caller's.
#[derive(Debug)]
pub(super) struct Intake<'a> {
    store: &'a Store,
    limits: UnpackLimits,
    entries: u64,
    /// Files by their name in the archive, for hard links; nothing for those that were left out.
    files: HashMap<TreePath, Option<(Digest, bool)>>,
}

impl<'a> Intake<'a> {
    pub(super) fn new(store: &'a Store, limits: UnpackLimits) -> Self {
        Self {
            store,
            limits,
            entries: 0,
            files: HashMap::new(),
        }
    }

    /// Takes the next entry: its checked path in the archive and what it is; nothing if `wanted`
    /// says no (then its content is not stored) or if it is the archive's own directory.
    pub(super) fn take(
        &mut self,
        name: &[u8],
        member: Member<'_>,
        wanted: &mut dyn FnMut(&TreePath) -> Result<bool, ArchiveError>,
    ) -> Result<Option<(TreePath, Taken)>, ArchiveError> {
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(ArchiveError::TooManyEntries {
                limit: self.limits.entries,
            });
        }
        let path = archive_path(name)?;
        if path.is_root() {
            return match member {
                Member::Directory => Ok(None),
                _ => Err(fault(name, EntryFault::Path { source: empty(name) })),
            };
        }
        if let Member::Special(kind) = member {
            return Err(fault(name, EntryFault::Special { kind }));
        }
        let is_wanted = wanted(&path)?;
        let taken = match member {
            Member::Directory => Taken::Directory,
            Member::Special(kind) => return Err(fault(name, EntryFault::Special { kind })),
            Member::Symlink(target) => Taken::Symlink {
                target: link_text(name, target)?,
            },
            Member::File {
                content,
                size,
                executable,
            } => {
                if !is_wanted {
                    self.files.insert(path, None);
                    return Ok(None);
                }
                let digest = self.store_file(content, size, BlobMode::of(executable))?;
                self.files.insert(path.clone(), Some((digest, executable)));
                Taken::File { digest, executable }
            }
            Member::HardLink(target) => {
                if !is_wanted {
                    let known = archive_path(target)
                        .ok()
                        .and_then(|target| self.files.get(&target).copied());
                    self.files.insert(path, known.flatten());
                    return Ok(None);
                }
                let (digest, executable) = self.linked(name, target)?;
                self.files.insert(path.clone(), Some((digest, executable)));
                Taken::File { digest, executable }
            }
        };
        Ok(is_wanted.then_some((path, taken)))
    }

    fn linked(&self, name: &[u8], target: &[u8]) -> Result<(Digest, bool), ArchiveError> {
        let known = self.files.get(&archive_path(target)?).copied().flatten();
        known.ok_or_else(|| {
            let target = String::from_utf8_lossy(target).into_owned();
            fault(name, EntryFault::HardLink { target })
        })
    }

    fn store_file(&self, content: &mut dyn Read, size: u64, mode: BlobMode) -> Result<Digest, ArchiveError> {
        let input = |error| match error {
            StoreError::Input { source } => ArchiveError::read(source),
            other => ArchiveError::Store(other),
        };
        if size > CHUNK as u64 {
            return self.store.put_reader_as(content, mode).map_err(input);
        }
        // Small files are most files, and most of them are there already when an archive is
        // unpacked again: then nothing is written at all.
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        content
            .take(CHUNK as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(ArchiveError::read)?;
        if bytes.len() > CHUNK {
            let mut all = bytes.as_slice().chain(content);
            return self.store.put_reader_as(&mut all, mode).map_err(input);
        }
        self.store.put_bytes_as(&bytes, mode).map_err(input)
    }
}

/// A name of an archive as a path: `./` and doubled slashes are gone, everything else that is odd
/// is an error.
pub(super) fn archive_path(name: &[u8]) -> Result<TreePath, ArchiveError> {
    let text = std::str::from_utf8(name).map_err(|_| fault(name, EntryFault::Name))?;
    let wrong = |source| fault(name, EntryFault::Path { source });
    if text.starts_with('/') {
        return Err(wrong(ParsePathError::Absolute {
            path: text.to_owned(),
        }));
    }
    let components: Vec<&str> = text
        .split('/')
        .filter(|component| !matches!(*component, "" | "."))
        .collect();
    TreePath::parse(&components.join("/")).map_err(wrong)
}

pub(super) fn link_text(name: &[u8], target: &[u8]) -> Result<String, ArchiveError> {
    match std::str::from_utf8(target) {
        Ok(text) if !text.is_empty() && !text.contains('\0') => Ok(text.to_owned()),
        _ => Err(fault(name, EntryFault::LinkText)),
    }
}

fn empty(name: &[u8]) -> ParsePathError {
    ParsePathError::Component {
        path: String::from_utf8_lossy(name).into_owned(),
        component: String::new(),
    }
}

pub(super) fn fault(name: &[u8], fault: EntryFault) -> ArchiveError {
    ArchiveError::entry(String::from_utf8_lossy(name), fault)
}

/// Takes all entries of a tar stream and reads it to its end.
pub(super) fn each_tar_entry(stream: &mut dyn Read, each: &mut EachMember<'_>) -> Result<(), ArchiveError> {
    use tar::EntryType;
    let mut archive = tar::Archive::new(&mut *stream);
    for entry in archive.entries().map_err(ArchiveError::read)? {
        let mut entry = entry.map_err(ArchiveError::read)?;
        let name = entry.path_bytes().into_owned();
        let link = entry
            .link_name_bytes()
            .map(std::borrow::Cow::into_owned)
            .unwrap_or_default();
        let kind = entry.header().entry_type();
        let size = entry.size();
        let executable = entry.header().mode().map_err(ArchiveError::read)? & 0o100 != 0;
        let member = match kind {
            EntryType::Directory => Member::Directory,
            EntryType::Symlink => Member::Symlink(&link),
            EntryType::Link => Member::HardLink(&link),
            // A name with a slash behind it is a directory in archives older than ustar.
            EntryType::Regular if name.ends_with(b"/") => Member::Directory,
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => Member::File {
                content: &mut entry,
                size,
                executable,
            },
            EntryType::XGlobalHeader => continue,
            EntryType::Char => Member::Special("character device"),
            EntryType::Block => Member::Special("block device"),
            EntryType::Fifo => Member::Special("named pipe"),
            _ => Member::Special("thing of an unknown kind"),
        };
        each(&name, member)?;
    }
    super::stream::drain(stream)
}
