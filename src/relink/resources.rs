//! Resources, which only executables for Windows have.

use camino::{Utf8Path, Utf8PathBuf};

use super::{RelinkError, Request};
use crate::link::{Icon, Resources, write_resources};
use crate::model::{Arch, ObjectFormat};

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
