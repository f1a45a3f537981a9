//! One `.deb`: an ar archive whose member `data.tar.*` holds the files.

use std::io::Read;

use super::globs::Globs;
use super::intake::{Intake, Taken, each_tar_entry};
use super::limits::Metered;
use super::stream::{Opened, open};
use super::{ArchiveError, UnpackLimits};
use crate::model::{Digest, TreePath};
use crate::store::Store;

/// The entries of a package in its order, contents in the store, except those that `remove` names.
pub(super) fn read_deb(
    store: &Store,
    deb: &Digest,
    remove: &Globs,
) -> Result<Vec<(TreePath, Taken)>, ArchiveError> {
    read(store, deb, remove).map_err(|error| match error {
        store @ ArchiveError::Store(_) => store,
        other => match store.open_seekable(deb) {
            Ok(_) => other,
            Err(damaged) => damaged.into(),
        },
    })
}

fn read(store: &Store, deb: &Digest, remove: &Globs) -> Result<Vec<(TreePath, Taken)>, ArchiveError> {
    let limits = UnpackLimits::default();
    let mut archive = ar::Archive::new(store.open_blob(deb)?);
    let mut entries = Vec::new();
    let mut has_data = false;
    while let Some(member) = archive.next_entry() {
        let mut member = member.map_err(ArchiveError::read)?;
        if !member.header().identifier().starts_with(b"data.tar") {
            continue;
        }
        has_data = true;
        let Opened::Stream(stream) = open(&mut member)? else {
            return Err(ArchiveError::Format);
        };
        let mut stream = Metered::new(stream, limits.bytes_for(deb.size));
        let mut intake = Intake::new(store, limits);
        each_tar_entry(&mut stream as &mut dyn Read, &mut |name, member| {
            let taken = intake.take(name, member, &mut |path| Ok(!remove.matches(path.as_str())))?;
            entries.extend(taken);
            Ok(())
        })?;
    }
    if !has_data {
        return Err(ArchiveError::Format);
    }
    Ok(entries)
}
