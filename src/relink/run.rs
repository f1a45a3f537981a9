//! Runs the link of an interpreter.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::gather::{finish, gather};
use super::reach::follow;
use super::{RelinkError, Request};
use crate::bundle::write_bundle;
use crate::link::{ElfFiles, Form, Prepared, elf_args, prepare, render_ld, write_embed};
use crate::manifest::{Manifest, Selected};
use crate::report::{Evidence, LinkFiles, Report, build_report};

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
    /// Extension modules that went though a module imports them when it is loaded → which.
    pub missing: BTreeMap<String, String>,
    /// Lines of the application's own files whose imports only running them would tell; where imports were followed.
    pub dynamic: BTreeMap<String, Vec<usize>>,
    /// What is in the executable, where it was asked for.
    pub report: Option<Report>,
}

/// So many lines of what a linker says are shown: the first, as later ones follow from them.
const SHOWN: usize = 20;

/// Links an interpreter with the selected extension modules of a distribution, and writes it. `python` is where the
/// manifest stands.
///
/// The file appears when it is complete; where the link fails, what was there before stays.
pub fn relink(
    python: &Utf8Path,
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
    // What cannot be is told before anything is read.
    let first = prepare(manifest, selection, form)?.selected;
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

    let mut selection = selection.clone();
    let mut gathered = request
        .single
        .map(|single| gather(python, manifest, &first, single, request.ear))
        .transpose()?;
    let followed = match (request.single, &mut gathered) {
        (Some(single), Some(gathered)) if single.reached => {
            Some(follow(manifest, gathered, single, &mut selection))
        }
        _ => None,
    };
    let Prepared {
        selected,
        plan,
        inittab: table,
    } = prepare(manifest, &selection, form)?;
    fs_err::write(&inittab, table).map_err(failed)?;
    let (mut missing, mut dynamic) = (BTreeMap::new(), BTreeMap::new());
    if let (Some(followed), Some(gathered)) = (&followed, &gathered) {
        missing = followed.missing(&selected);
        dynamic = followed.dynamic(gathered);
    }

    let mut embedded = 0;
    let mut modules = (0, 0);
    let mut bundle_object = None;
    // What is embedded and the same as bytes, for the report.
    let mut kept = None;
    if let (Some(single), Some(gathered)) = (request.single, gathered) {
        let bundle = finish(gathered, python, manifest, &selected, single)?;
        let uncompiled = |module: &&crate::bundle::Module| {
            module.code.is_none() && bundle.files.contains_key(&module.path) && module.path.ends_with(".py")
        };
        modules = (
            bundle.modules.len(),
            bundle.modules.values().filter(uncompiled).count(),
        );
        let bytes = write_bundle(&bundle, single.compress)?;
        embedded = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let arch = manifest.target_triple.arch();
        let arch = arch.ok_or_else(|| crate::link::PrepareError::Processor {
            triple: manifest.target_triple.to_string(),
        })?;
        let object = scratch_dir.join("bundle.o");
        fs_err::write(&object, write_embed(arch, &bytes, single.compress)?).map_err(failed)?;
        bundle_object = Some(object);
        kept = request.report.then_some((bundle, bytes));
    }
    let map = request.report.then(|| scratch_dir.join("map"));

    let arguments = render_ld(&elf_args(
        &plan,
        |path| python.join(path.as_str()).into_string(),
        &ElfFiles {
            output: executable.as_str(),
            inittab: inittab.as_str(),
            bundle: bundle_object.as_deref().map(Utf8Path::as_str),
            stripped: request.strip,
            map: map.as_deref().map(Utf8Path::as_str),
        },
    ));
    let words = linker
        .leading
        .iter()
        .map(|word| (*word).to_owned())
        .chain(arguments);
    let done = duct::cmd(linker.program.as_str(), words)
        // GNU ld translates the headings of its map.
        .env("LC_ALL", "C")
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
    let report = match &map {
        None => None,
        Some(map) => Some(
            build_report(&Evidence {
                name: output.file_name().unwrap_or_default(),
                executable: &fs_err::read(&executable).map_err(failed)?,
                map: &String::from_utf8_lossy(&read_map_file(map).map_err(failed)?),
                linker: &linker.name,
                files: LinkFiles {
                    python: python.as_str(),
                    inittab: inittab.as_str(),
                    bundle: bundle_object.as_deref().map(Utf8Path::as_str),
                },
                manifest,
                selected: &selected,
                bundle: kept.as_ref().map(|(bundle, bytes)| (bundle, bytes.as_slice())),
            })
            .map_err(|source| RelinkError::Report {
                path: output.to_owned(),
                source,
            })?,
        ),
    };
    fs_err::rename(&executable, output).map_err(failed)?;
    Ok(Relinked {
        selected,
        size,
        embedded,
        modules,
        missing,
        dynamic,
        report,
    })
}

/// The map, empty where the linker did not write one.
fn read_map_file(path: &Utf8Path) -> std::io::Result<Vec<u8>> {
    match fs_err::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}
