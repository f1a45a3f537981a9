//! What may be asked of executables for which system.

use super::{Kind, RelinkError, Request};
use crate::link::Runtime;
use crate::manifest::Manifest;
use crate::model::{ObjectFormat, TreePath};

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
