//! Runs the link of an interpreter.

use camino::Utf8PathBuf;

use super::gather::gather;
use super::kind::{self, Embedding};
use super::{RelinkError, Request};
use crate::bundle::write_bundle;
use crate::link::{ElfFiles, Form, Prepared, prepare, write_embed};
use crate::manifest::{Manifest, Selected};
use crate::model::TreeDigest;
use crate::store::Store;

/// An interpreter that was linked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Relinked {
    /// The extension modules that stayed and went, each with its reason.
    pub selected: Selected,
    /// The executable's size in bytes.
    pub size: u64,
    /// What of it is embedded, in bytes.
    pub embedded: u64,
    /// Modules that are embedded, and those of them that have no bytecode and are compiled when they are imported.
    pub modules: (usize, usize),
    /// What a program needs that links it; nothing for an executable.
    pub embedding: Option<Embedding>,
}

/// So many lines of what a linker says are shown: the first, as later ones follow from them.
const SHOWN: usize = 20;

/// Links an interpreter with the selected extension modules of a distribution in the store, and writes it.
///
/// The file appears when it is complete; where the link fails, what was there before stays.
pub fn relink(
    store: &Store,
    distribution: &TreeDigest,
    manifest: &Manifest,
    request: &Request<'_>,
) -> Result<Relinked, RelinkError> {
    let Request {
        selection,
        linker,
        output,
        ..
    } = *request;
    let failed = |source| RelinkError::Io {
        path: output.to_owned(),
        source,
    };
    let form = request.single.map_or(Form::Installed, |single| Form::SingleFile {
        compressed: single.compress,
    });
    let Prepared {
        selected,
        mut plan,
        inittab: table,
    } = prepare(manifest, selection, form)?;
    if output.is_dir() {
        let path = output.to_owned();
        return Err(RelinkError::Directory { path });
    }
    let folder = output.parent().filter(|parent| !parent.as_str().is_empty());
    let folder = folder.unwrap_or_else(|| camino::Utf8Path::new("."));
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

    let mut embedded = 0;
    let mut modules = (0, 0);
    let mut bundle_object = None;
    if let Some(single) = request.single {
        let bundle = gather(&python, manifest, &selected, single)?;
        let uncompiled = |module: &&crate::bundle::Module| {
            module.code.is_none() && bundle.files.contains_key(&module.path) && module.path.ends_with(".py")
        };
        modules = (
            bundle.modules.len(),
            bundle.modules.values().filter(uncompiled).count(),
        );
        let bytes = write_bundle(&bundle, single.compress)?;
        drop(bundle);
        embedded = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let arch = manifest.target_triple.arch();
        let arch = arch.ok_or_else(|| crate::link::PrepareError::Processor {
            triple: manifest.target_triple.to_string(),
        })?;
        let object = scratch_dir.join("bundle.o");
        fs_err::write(&object, write_embed(arch, &bytes, single.compress)?).map_err(failed)?;
        bundle_object = Some(object);
    }

    let place = kind::Place {
        request,
        manifest,
        python: &python,
        scratch: &scratch_dir,
    };
    let files = ElfFiles {
        output: executable.as_str(),
        inittab: inittab.as_str(),
        bundle: bundle_object.as_deref().map(camino::Utf8Path::as_str),
        stripped: request.strip,
    };
    let arguments = place.arguments(&mut plan, &files)?;
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
    let embedding = place.embedding(&plan, &executable)?;
    let size = fs_err::metadata(&executable).map_err(failed)?.len();
    fs_err::rename(&executable, output).map_err(failed)?;
    Ok(Relinked {
        selected,
        size,
        embedded,
        modules,
        embedding,
    })
}
