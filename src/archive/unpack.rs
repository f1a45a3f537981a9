//! An archive becomes a tree: streamed into the store, checked entry by entry.

use super::globs::Globs;
use super::intake::{Intake, Member, Taken, each_tar_entry, fault};
use super::limits::Metered;
use super::stream::{Opened, open};
use super::{ArchiveError, EntryFault, UnpackLimits, zipped};
use crate::model::{Digest, Entry, Tree, TreePath};
use crate::store::{Store, leaves};

/// Which part of an archive is wanted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct UnpackSpec {
    /// Leading path components that are removed.
    pub strip: u32,
    /// The part of the stripped archive that is wanted; the root for all of it.
    pub subdir: TreePath,
    /// Globs over the paths that are left then; none for everything. `*` stays within a
    /// component, `**` crosses them.
    pub select: Vec<String>,
    /// How much it may unpack to.
    pub limits: UnpackLimits,
}

/// What an archive became.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unpacked {
    /// The tree; its files are in the store, its directories are not yet.
    pub tree: Tree,
    /// Globs that matched nothing.
    pub unused: Vec<String>,
}

/// Unpacks an archive of the store. Its format is told by its first bytes.
///
/// Nothing is written to paths of the archive's choosing: contents go into the store by digest, and
/// names only ever become keys of a [`Tree`].
pub fn unpack(store: &Store, archive: &Digest, spec: &UnpackSpec) -> Result<Unpacked, ArchiveError> {
    read(store, archive, spec).map_err(|error| match error {
        store @ ArchiveError::Store(_) => store,
        // A damaged blob may look like anything; ask the store before blaming the archive.
        other => match store.open_seekable(archive) {
            Ok(_) => other,
            Err(damaged) => damaged.into(),
        },
    })
}

fn read(store: &Store, archive: &Digest, spec: &UnpackSpec) -> Result<Unpacked, ArchiveError> {
    let limit = spec.limits.bytes_for(archive.size);
    let mut builder = Builder {
        intake: Intake::new(store, spec.limits),
        spec,
        select: Globs::parse(&spec.select)?,
        tree: Tree::new(),
    };
    match open(store.open_blob(archive)?)? {
        Opened::Zip => zipped::each_entry(store.open_seekable(archive)?, limit, &mut |name, member| {
            builder.add(name, member)
        })?,
        Opened::Stream(stream) => {
            let mut stream = Metered::new(stream, limit);
            let mut is_first = true;
            each_tar_entry(&mut stream, &mut |name, member| {
                is_first = false;
                builder.add(name, member)
            })
            // What is no tar at all fails at its first header.
            .map_err(|error| match error {
                ArchiveError::Damaged { .. } if is_first => ArchiveError::Format,
                other => other,
            })?;
        }
    }
    if builder.tree.is_empty() {
        return Err(ArchiveError::Nothing);
    }
    Ok(Unpacked {
        tree: builder.tree,
        unused: builder.select.unused(),
    })
}

struct Builder<'a> {
    intake: Intake<'a>,
    spec: &'a UnpackSpec,
    select: Globs,
    tree: Tree,
}

impl Builder<'_> {
    fn add(&mut self, name: &[u8], member: Member<'_>) -> Result<(), ArchiveError> {
        let is_directory = matches!(member, Member::Directory);
        let (spec, select) = (self.spec, &self.select);
        let mut place = None;
        let taken = self.intake.take(name, member, &mut |path| {
            place = match strip(path, spec.strip) {
                Some(stripped) => stripped.strip_prefix(&spec.subdir),
                // Where files are selected, by their stripped paths, one without such a path is not.
                None if is_directory || !select.is_empty() => None,
                None => return Err(fault(name, EntryFault::Shallow { strip: spec.strip })),
            };
            // Directories are wanted as parents only when something is selected.
            Ok(place.as_ref().is_some_and(|place| {
                !place.is_root() && (select.is_empty() || (!is_directory && select.matches(place.as_str())))
            }))
        })?;
        let (Some((_, taken)), Some(place)) = (taken, place) else {
            return Ok(());
        };
        let entry = match taken {
            Taken::Directory => Entry::Directory,
            Taken::File { digest, executable } => Entry::File { digest, executable },
            Taken::Symlink { target } if target.starts_with('/') => {
                return Err(fault(name, EntryFault::AbsoluteLink { target }));
            }
            Taken::Symlink { target } if leaves(&place, &target) => {
                return Err(fault(name, EntryFault::LeavingLink { target }));
            }
            Taken::Symlink { target } => Entry::Symlink { target },
        };
        self.tree
            .insert(place, entry)
            .map_err(|source| fault(name, EntryFault::Conflict { source }))
    }
}

/// The path without its first components; nothing if it has no more than those.
fn strip(path: &TreePath, count: u32) -> Option<TreePath> {
    let mut rest = path.as_str();
    for _ in 0..count {
        rest = rest.split_once('/')?.1;
    }
    TreePath::parse(rest).ok()
}
