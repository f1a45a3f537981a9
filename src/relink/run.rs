//! Runs the link of an interpreter.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::check::check;
use super::gather::{Gathered, finish, gather};
use super::kind::{self, Embedding};
use super::reach::follow;
use super::resources;
use super::{Notice, RelinkError, Request};
use crate::bundle::{Bundle, Module, write_bundle};
use crate::link::{
    Form, LinkPlan, Linker, OwnFiles, Prepared, member_names, object_format, prepare, write_embed,
};
use crate::manifest::{Manifest, Selected};
use crate::model::{Arch, ObjectFormat};
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
    /// What a program needs that links it; nothing for an executable.
    pub embedding: Option<Embedding>,
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
    let output = request.output;
    let failed = |source| RelinkError::Io {
        path: output.to_owned(),
        source,
    };
    let form = request.single.map_or(Form::Installed, |single| Form::SingleFile {
        compressed: single.compress,
    });
    // What cannot be is told before anything is read.
    let first = prepare(manifest, request.selection, form)?.selected;
    check(request, manifest, object_format(manifest)?)?;
    if output.is_dir() {
        let path = output.to_owned();
        return Err(RelinkError::Directory { path });
    }
    let scratch = beside(output).map_err(failed)?;
    let scratch_dir = Utf8PathBuf::from_path_buf(scratch.path().to_owned())
        .map_err(|_| failed(std::io::ErrorKind::InvalidFilename.into()))?;
    let (inittab, executable) = (scratch_dir.join("inittab.o"), scratch_dir.join("python"));

    let mut selection = request.selection.clone();
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
        mut plan,
        inittab: table,
        format,
        arch,
    } = prepare(manifest, &selection, form)?;
    fs_err::write(&inittab, table).map_err(failed)?;
    let (mut missing, mut dynamic) = (BTreeMap::new(), BTreeMap::new());
    if let (Some(followed), Some(gathered)) = (&followed, &gathered) {
        missing = followed.missing(&selected);
        dynamic = followed.dynamic(gathered);
    }

    let place = kind::Place {
        request,
        manifest,
        python,
        scratch: &scratch_dir,
        format,
    };
    let resources = resources::resources(request, format, arch, &scratch_dir)?;
    let embedded = match gathered {
        None => Embedded::default(),
        Some(gathered) => embed(gathered, &selected, arch, place)?,
    };
    let map = request.report.then(|| scratch_dir.join("map"));
    let files = OwnFiles {
        output: executable.as_str(),
        inittab: inittab.as_str(),
        bundle: embedded.object.as_deref().map(Utf8Path::as_str),
        resources: resources.as_deref().map(Utf8Path::as_str),
        console: request.windows.console,
        runtime: request.windows.runtime,
        stripped: request.strip,
        map: map.as_deref().map(Utf8Path::as_str),
    };
    let arguments = place.arguments(&mut plan, &files)?;
    run_linker(request.linker, arguments, place)?;
    if format == ObjectFormat::MachO {
        place.seal(&plan, &executable)?;
    }
    let embedding = place.embedding(&plan, &executable)?;
    let size = fs_err::metadata(&executable).map_err(failed)?.len();
    let report = match request.report {
        false => None,
        true => Some(account(&plan, &files, &embedded, &selected, place)?),
    };
    fs_err::rename(&executable, output).map_err(failed)?;
    Ok(Relinked {
        selected,
        size,
        embedded: u64::try_from(embedded.bytes.len()).unwrap_or(u64::MAX),
        modules: embedded.modules,
        missing,
        dynamic,
        report,
        embedding,
    })
}

/// A directory beside the output, so that what is complete can be moved there at once.
pub(super) fn beside(output: &Utf8Path) -> std::io::Result<tempfile::TempDir> {
    let folder = output.parent().filter(|parent| !parent.as_str().is_empty());
    let folder = folder.unwrap_or_else(|| Utf8Path::new("."));
    fs_err::create_dir_all(folder)?;
    tempfile::Builder::new().prefix(".pbs-link-").tempdir_in(folder)
}

/// From so many bytes on a person wonders what is going on.
const LARGE: u64 = 64 << 20;

/// What a single-file executable has in it.
#[derive(Default)]
struct Embedded {
    /// The object with it.
    object: Option<Utf8PathBuf>,
    bundle: Bundle,
    /// The bundle as it is in the object.
    bytes: Vec<u8>,
    /// See [`Relinked::modules`].
    modules: (usize, usize),
}

fn embed(
    gathered: Gathered,
    selected: &Selected,
    arch: Arch,
    place: kind::Place<'_>,
) -> Result<Embedded, RelinkError> {
    let kind::Place {
        request,
        manifest,
        python,
        scratch,
        format,
    } = place;
    let Some(single) = request.single else {
        return Ok(Embedded::default());
    };
    let bundle = finish(gathered, python, manifest, selected, single)?;
    let uncompiled = |module: &&Module| {
        module.code.is_none() && bundle.files.contains_key(&module.path) && module.path.ends_with(".py")
    };
    let modules = (
        bundle.modules.len(),
        bundle.modules.values().filter(uncompiled).count(),
    );
    let size = bundle.size();
    if size >= LARGE {
        let modules = bundle.modules.len();
        (request.ear.0)(&Notice::Large { modules, size });
    }
    let bytes = write_bundle(&bundle, single.compress)?;
    let object = scratch.join("bundle.o");
    fs_err::write(&object, write_embed(format, arch, &bytes, single.compress)?).map_err(|source| {
        RelinkError::Io {
            path: request.output.to_owned(),
            source,
        }
    })?;
    Ok(Embedded {
        object: Some(object),
        bundle,
        bytes,
        modules,
    })
}

/// What linkers for Windows are told by the environment.
const ENVIRONMENT: [&str; 3] = ["LINK", "_LINK_", "LIB"];

/// Runs a linker.
fn run_linker(linker: &Linker, arguments: Vec<String>, place: kind::Place<'_>) -> Result<(), RelinkError> {
    let leading = linker.leading.iter().map(|word| (*word).to_owned());
    let mut link = duct::cmd(linker.program.as_str(), leading.chain(arguments))
        // Where libraries are looked for before all other places.
        .dir(place.scratch)
        // GNU ld translates the headings of its map.
        .env("LC_ALL", "C");
    for name in ENVIRONMENT {
        link = link.env_remove(name);
    }
    let done = link
        .stdin_null()
        .stderr_to_stdout()
        .stdout_capture()
        .unchecked()
        .run()
        .map_err(|source| RelinkError::Io {
            path: place.request.output.to_owned(),
            source,
        })?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stdout);
    Err(RelinkError::Failed {
        linker: linker.name.clone(),
        status: done.status.to_string(),
        said: said.lines().take(SHOWN).map(str::to_owned).collect(),
    })
}

/// What is in the executable that was linked.
fn account(
    plan: &LinkPlan,
    files: &OwnFiles<'_>,
    embedded: &Embedded,
    selected: &Selected,
    place: kind::Place<'_>,
) -> Result<Report, RelinkError> {
    let output = place.request.output;
    let failed = |source| RelinkError::Io {
        path: output.to_owned(),
        source,
    };
    let map = files.map.map_or(Ok(Vec::new()), read_map_file).map_err(failed)?;
    let members = match place.format {
        ObjectFormat::Coff => members(plan, place.python).map_err(failed)?,
        ObjectFormat::Elf | ObjectFormat::MachO => BTreeMap::new(),
    };
    build_report(&Evidence {
        name: output.file_name().unwrap_or_default(),
        executable: &fs_err::read(files.output).map_err(failed)?,
        map: &String::from_utf8_lossy(&map),
        linker: &place.request.linker.name,
        files: LinkFiles {
            python: place.python.as_str(),
            inittab: files.inittab,
            bundle: files.bundle,
            members: &members,
        },
        manifest: place.manifest,
        selected,
        bundle: embedded
            .object
            .as_ref()
            .map(|_| (&embedded.bundle, embedded.bytes.as_slice())),
    })
    .map_err(|source| RelinkError::Report {
        path: output.to_owned(),
        source,
    })
}

/// Members of the static libraries → the libraries that have one of that name.
fn members(plan: &LinkPlan, python: &Utf8Path) -> std::io::Result<BTreeMap<String, Vec<String>>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for library in plan.archives.iter().chain([&plan.start.builtins]) {
        let content = fs_err::read(python.join(library.as_str()))?;
        for member in member_names(&content).map_err(std::io::Error::other)? {
            let libraries = found.entry(member).or_default();
            if libraries.last().map(String::as_str) != Some(library.as_str()) {
                libraries.push(library.as_str().to_owned());
            }
        }
    }
    Ok(found)
}

/// The map, empty where the linker did not write one.
fn read_map_file(path: &str) -> std::io::Result<Vec<u8>> {
    match fs_err::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}
