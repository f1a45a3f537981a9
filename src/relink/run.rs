//! Runs the link of an interpreter.

use camino::{Utf8Path, Utf8PathBuf};

use super::RelinkError;
use crate::link::{ElfFiles, Linker, Prepared, elf_args, prepare, render_ld};
use crate::manifest::{Manifest, Selected, Selection};
use crate::model::TreeDigest;
use crate::store::Store;

/// An interpreter that was linked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Relinked {
    /// The extension modules that stayed and went, each with its reason.
    pub selected: Selected,
    /// The executable's size in bytes.
    pub size: u64,
}

/// So many lines of what a linker says are shown: the first, as later ones follow from them.
const SHOWN: usize = 20;

/// Links an interpreter with the selected extension modules of a distribution in the store, and writes it to `output`.
///
/// The file appears there when it is complete; where the link fails, what was there before stays.
pub fn relink(
    store: &Store,
    distribution: &TreeDigest,
    manifest: &Manifest,
    selection: &Selection,
    linker: &Linker,
    output: &Utf8Path,
) -> Result<Relinked, RelinkError> {
    let failed = |source| RelinkError::Io {
        path: output.to_owned(),
        source,
    };
    let Prepared {
        selected,
        plan,
        inittab: table,
    } = prepare(manifest, selection)?;
    if output.is_dir() {
        let path = output.to_owned();
        return Err(RelinkError::Directory { path });
    }
    let folder = output.parent().filter(|parent| !parent.as_str().is_empty());
    let folder = folder.unwrap_or_else(|| Utf8Path::new("."));
    fs_err::create_dir_all(folder).map_err(failed)?;
    // Beside the output, so that it can be moved there at once.
    let scratch = tempfile::Builder::new()
        .prefix(".pbs-link-")
        .tempdir_in(folder)
        .map_err(failed)?;
    let scratch_dir = Utf8PathBuf::from_path_buf(scratch.path().to_owned())
        .map_err(|_| failed(std::io::ErrorKind::InvalidFilename.into()))?;
    let (inittab, executable) = (scratch_dir.join("inittab.o"), scratch_dir.join("python"));
    fs_err::write(&inittab, table).map_err(failed)?;
    let standing = store.materialise(distribution)?;
    let python = standing.dir.as_path().join("python");
    let arguments = render_ld(&elf_args(
        &plan,
        |path| python.join(path.as_str()).into_string(),
        &ElfFiles {
            output: executable.as_str(),
            inittab: inittab.as_str(),
        },
    ));
    let words = linker
        .leading
        .iter()
        .map(|word| (*word).to_owned())
        .chain(arguments);
    let done = duct::cmd(linker.program.as_str(), words)
        .stdin_null()
        .stderr_to_stdout()
        .stdout_capture()
        .unchecked()
        .run()
        .map_err(failed)?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stdout);
        return Err(RelinkError::Failed {
            linker: linker.name.clone(),
            status: done.status.to_string(),
            said: said.lines().take(SHOWN).map(str::to_owned).collect(),
        });
    }
    let size = fs_err::metadata(&executable).map_err(failed)?.len();
    fs_err::rename(&executable, output).map_err(failed)?;
    Ok(Relinked { selected, size })
}
