//! Files outside of the store that are there as a whole or not at all.

use std::io::{self, Write};

use camino::Utf8Path;

/// Writes a file that others may read: beside its place, synced, then moved there.
pub(crate) fn write_whole(
    to: &Utf8Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = to
        .parent()
        .filter(|dir| !dir.as_str().is_empty())
        .unwrap_or(Utf8Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".part-")
        .permissions(std::fs::Permissions::from_mode(0o644))
        .tempfile_in(dir)?;
    write(&mut file)?;
    file.as_file().sync_all()?;
    file.persist(to)?;
    Ok(())
}
