//! What is made of the objects: an executable, or what a program links that starts Python when it wants it.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::{RelinkError, Request};
use crate::link::{
    ArchiveMember, HostNeeds, LinkPlan, Localised, MADE, OwnFiles, PlanError, PrepareError, command,
    functions_of, header, localise, movable, partial_args, render_ld, write_archive,
};
use crate::manifest::{LauncherRecord, Manifest};
use crate::model::{ObjectFormat, Os, TreePath};

/// What is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Kind {
    /// An executable.
    #[default]
    Executable,
    /// A static library, and a C header.
    StaticLibrary,
    /// One object, and a C header.
    Object,
}

impl Kind {
    /// The file that is written where nobody names one.
    #[must_use]
    pub fn default_output(self, os: Os) -> &'static str {
        match self {
            Self::Executable if os == Os::Windows => "python.exe",
            Self::Executable => "python",
            Self::StaticLibrary => "libpbs.a",
            Self::Object => "pbs.o",
        }
    }
}

/// What a program needs that links an embedded interpreter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Embedding {
    /// The C header, beside the output.
    pub header: Utf8PathBuf,
    /// What it is linked with.
    pub needs: HostNeeds,
}

/// A link that is under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) manifest: &'a Manifest,
    /// The directory in which the manifest stands.
    pub(super) python: &'a Utf8Path,
    /// A directory beside the output.
    pub(super) scratch: &'a Utf8Path,
    /// The format of the objects.
    pub(super) format: ObjectFormat,
}

impl Place<'_> {
    /// What the linker is told.
    pub(super) fn arguments(
        &self,
        plan: &mut LinkPlan,
        files: &OwnFiles<'_>,
    ) -> Result<Vec<String>, RelinkError> {
        let at = |path: &TreePath| self.python.join(path.as_str()).into_string();
        if self.request.kind == Kind::Executable {
            let words = command(self.format, plan, at, files);
            let format = self.format.to_string();
            return Ok(words.ok_or(PrepareError::Format { format })?);
        }
        let launcher = self.launcher()?;
        let path = self.header();
        if fs_err::read(&path).is_ok_and(|text| !text.starts_with(MADE.as_bytes())) {
            return Err(RelinkError::Header { path });
        }
        plan.objects.retain(|object| *object != launcher.main_object);
        let mut core = None;
        let build = self.manifest.build_info.as_ref();
        let library = build.and_then(|build| build.core.static_lib.as_ref());
        if let Some(library) = library.filter(|_| !plan.position_independent) {
            let ours: BTreeSet<_> = launcher.objs.iter().chain([&launcher.inflate_object]).collect();
            let content = fs_err::read(at(library)).map_err(|source| self.failed(source))?;
            let taken = movable(plan, &|object| !ours.contains(object), library, &content)?;
            let written = self.scratch.join("core.a");
            fs_err::write(&written, taken).map_err(|source| self.failed(source))?;
            core = Some(written);
        }
        let core = core.as_ref().map(|core| core.as_str());
        Ok(render_ld(&partial_args(plan, at, files, core)))
    }

    /// Makes of the object that was linked what a program can link, and writes the header. Nothing for an executable.
    pub(super) fn embedding(
        &self,
        plan: &LinkPlan,
        linked: &Utf8Path,
    ) -> Result<Option<Embedding>, RelinkError> {
        let output = self.request.output;
        let kind = self.request.kind;
        if kind == Kind::Executable {
            return Ok(None);
        }
        let failed = |source| self.failed(source);
        let own = self.python.join(self.launcher()?.header.as_str());
        let own = fs_err::read_to_string(own).map_err(failed)?;
        let functions = functions_of(&own);
        let Localised {
            object,
            public,
            wanted,
        } = localise(fs_err::read(linked).map_err(failed)?, &|name| {
            functions.contains(name) || is_api(name)
        })?;
        if let Some(name) = wanted
            .into_iter()
            .find(|name| is_api(name) || name.starts_with("pbs_"))
        {
            return Err(RelinkError::Unresolved { name });
        }
        if kind == Kind::StaticLibrary {
            let member = ArchiveMember {
                name: "python.o",
                object: &object,
                symbols: &public,
            };
            fs_err::write(linked, write_archive(&[member])?).map_err(failed)?;
        } else {
            fs_err::write(linked, object).map_err(failed)?;
        }
        let needs = HostNeeds {
            file: output.file_name().unwrap_or_default().to_owned(),
            system: plan.system.clone(),
            position_independent: plan.position_independent,
        };
        let written = self.scratch.join("pbs.h");
        fs_err::write(&written, header(&own, &needs)).map_err(failed)?;
        let path = self.header();
        fs_err::rename(&written, &path).map_err(failed)?;
        Ok(Some(Embedding { header: path, needs }))
    }

    /// Where the header stands.
    fn header(&self) -> Utf8PathBuf {
        let output = self.request.output;
        let file = output.file_name().unwrap_or_default();
        output.with_file_name(header_name(self.request.kind, file))
    }

    fn launcher(&self) -> Result<&LauncherRecord, RelinkError> {
        let launcher = self.manifest.pbs.interpreter.launcher.as_ref();
        Ok(launcher.ok_or(PrepareError::Plan(PlanError::NoLauncher))?)
    }

    pub(super) fn failed(&self, source: std::io::Error) -> RelinkError {
        RelinkError::Io {
            path: self.request.output.to_owned(),
            source,
        }
    }
}

/// Whether a name is of Python's C API, which programs and extension modules use. The functions that make the modules
/// are not: the table of modules has them.
fn is_api(name: &str) -> bool {
    (name.starts_with("Py") || name.starts_with("_Py")) && !name.starts_with("PyInit_")
}

/// The name of the header beside `libNAME.a` or `NAME.o`: `NAME.h`.
fn header_name(kind: Kind, file: &str) -> String {
    let (before, after) = match kind {
        Kind::StaticLibrary => ("lib", ".a"),
        _ => ("", ".o"),
    };
    let stem = file.strip_prefix(before).unwrap_or(file);
    format!("{}.h", stem.strip_suffix(after).unwrap_or(stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_named_as_what_they_are_of() {
        assert_eq!(header_name(Kind::StaticLibrary, "libshop.a"), "shop.h");
        assert_eq!(header_name(Kind::StaticLibrary, "shop.a"), "shop.h");
        assert_eq!(header_name(Kind::Object, "shop.o"), "shop.h");
        assert_eq!(header_name(Kind::Object, "shop"), "shop.h");
    }

    #[test]
    fn the_api_stays_and_modules_are_hidden() {
        for (name, api) in [
            ("Py_IsInitialized", true),
            ("_PyRuntime", true),
            ("PyExc_ValueError", true),
            ("PyInit__ssl", false),
            ("inflate", false),
            ("pbs_bundle", false),
        ] {
            assert_eq!(is_api(name), api, "{name}");
        }
    }
}
