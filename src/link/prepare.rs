//! Manifest and selection → all that a link needs beside the distribution and a linker.

use super::{Form, LinkPlan, PlanError, WriteInittabError, plan, write_inittab};
use crate::manifest::{Manifest, SelectError, Selected, Selection, select};
use crate::model::{Arch, ObjectFormat};

/// A link that only has to be run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prepared {
    /// The extension modules that stay and go.
    pub selected: Selected,
    /// What is linked.
    pub plan: LinkPlan,
    /// The object with the table of modules.
    pub inittab: Vec<u8>,
    /// The format of the objects.
    pub format: ObjectFormat,
    /// The processor that all of it is for.
    pub arch: Arch,
}

/// Why nothing can be linked.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The objects are of a format that cannot be linked yet.
    #[error("objects of the format `{format}` cannot be linked yet")]
    Format {
        /// The format.
        format: String,
    },
    /// The triple names no processor that we know.
    #[error("`{triple}` names no known processor")]
    Processor {
        /// The triple.
        triple: String,
    },
    /// The selection is impossible.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// What is to be linked is not in the distribution.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The table of modules cannot be written.
    #[error(transparent)]
    Inittab(#[from] WriteInittabError),
}

/// Prepares the link of an interpreter with the selected extension modules.
pub fn prepare(manifest: &Manifest, selection: &Selection, form: Form) -> Result<Prepared, PrepareError> {
    let selected = select(manifest, selection)?;
    let plan = plan(manifest, &selected, form)?;
    let format = object_format(manifest)?;
    let arch = manifest
        .target_triple
        .arch()
        .ok_or_else(|| PrepareError::Processor {
            triple: manifest.target_triple.to_string(),
        })?;
    let inittab = write_inittab(format, arch, &plan.inittab)?;
    Ok(Prepared {
        selected,
        plan,
        inittab,
        format,
        arch,
    })
}

/// The format of a distribution's objects; an error where it cannot be linked.
pub fn object_format(manifest: &Manifest) -> Result<ObjectFormat, PrepareError> {
    let build = manifest.build_info.as_ref().ok_or(PlanError::NoObjects)?;
    let said = build.object_file_format.as_str();
    let format = ObjectFormat::ALL.iter().find(|format| format.as_str() == said);
    match format {
        Some(format) => Ok(*format),
        None => Err(PrepareError::Format {
            format: said.to_owned(),
        }),
    }
}
