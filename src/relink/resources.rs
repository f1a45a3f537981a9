//! What may be asked of executables for which system; and resources, which only those for Windows have.

use camino::{Utf8Path, Utf8PathBuf};

use super::{Kind, RelinkError, Request};
use crate::link::{Icon, Resources, Runtime, write_resources};
use crate::manifest::Manifest;
use crate::model::{Arch, ObjectFormat, TreePath};

/// Whether all that is asked for is there for the target's system.
pub(super) fn check(
    request: &Request<'_>,
    manifest: &Manifest,
    format: ObjectFormat,
) -> Result<(), RelinkError> {
    let target = manifest.target_triple.to_string();
    if let Some(option) = request.windows.asked().filter(|_| format != ObjectFormat::Coff) {
        return Err(RelinkError::OnlyWindows { option, target });
    }
    if request.windows.runtime == Runtime::System && !has_system_runtime(manifest) {
        return Err(RelinkError::NoSystemRuntime);
    }
    if let Some(option) = request.macos.asked().filter(|_| format != ObjectFormat::MachO) {
        return Err(RelinkError::OnlyMacos { option, target });
    }
    if request.report && format == ObjectFormat::MachO {
        return Err(RelinkError::NoReport { target });
    }
    match (request.kind, format) {
        (Kind::Executable, _) | (_, ObjectFormat::Elf) => Ok(()),
        (_, ObjectFormat::Coff | ObjectFormat::MachO) => Err(RelinkError::OnlyExecutables { target }),
    }
}

/// Whether what objects need of `vcruntime140.dll` can be had from the system.
fn has_system_runtime(manifest: &Manifest) -> bool {
    let Ok(library) = TreePath::parse(Runtime::SYSTEM_LIBRARY) else {
        return false;
    };
    let start = manifest.pbs.interpreter.start.as_ref();
    start.is_some_and(|start| manifest.pbs.files.contains_key(&start.directory.join(&library)))
}

/// Writes the object with the resources beside the output; nothing where the system knows none.
pub(super) fn resources(
    request: &Request<'_>,
    format: ObjectFormat,
    arch: Arch,
    scratch: &Utf8Path,
) -> Result<Option<Utf8PathBuf>, RelinkError> {
    if format != ObjectFormat::Coff {
        return Ok(None);
    }
    let failed = |path: &Utf8Path| {
        let path = path.to_owned();
        move |source| RelinkError::Io { path, source }
    };
    let icon = request.windows.icon.as_ref().map(|path| {
        let file = fs_err::read(path).map_err(|source| RelinkError::ReadIcon {
            path: path.clone(),
            source,
        })?;
        Icon::read(&file).map_err(|source| RelinkError::Icon {
            path: path.clone(),
            source,
        })
    });
    let resources = Resources {
        icon: icon.transpose()?,
        version: request.windows.version.clone(),
    };
    let name = request.output.file_name().unwrap_or_default();
    let path = scratch.join("resources.obj");
    fs_err::write(&path, write_resources(arch, &resources, name)?).map_err(failed(request.output))?;
    Ok(Some(path))
}
