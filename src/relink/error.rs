//! Why an interpreter cannot be linked.

use camino::Utf8PathBuf;

use crate::engine::Class;
use crate::link::{NoLinker, PrepareError};
use crate::manifest::SelectError;
use crate::model::ObjectFormat;
use crate::report::ReportError;

/// Why an interpreter cannot be linked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RelinkError {
    /// Nothing can be linked.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// Something cannot be embedded.
    #[error(transparent)]
    Gather(#[from] super::GatherError),
    /// What is embedded cannot be written.
    #[error(transparent)]
    Bundle(#[from] crate::bundle::WriteBundleError),
    /// What is embedded cannot be written as an object.
    #[error(transparent)]
    Embed(#[from] crate::link::WriteEmbedError),
    /// Something is asked for that only Windows has.
    #[error("`{option}` is of executables for Windows, and this distribution is for `{target}`")]
    OnlyWindows {
        /// What was asked for.
        option: &'static str,
        /// The distribution's target.
        target: String,
    },
    /// There is no library by which the system's C runtime is linked in the place of the redistributable one.
    #[error(
        "this distribution has no `{}`, by which `--static-crt` links",
        crate::link::Runtime::SYSTEM_LIBRARY
    )]
    NoSystemRuntime,
    /// Something is asked for that only macOS has.
    #[error("`{option}` is of executables for macOS, and this distribution is for `{target}`")]
    OnlyMacos {
        /// What was asked for.
        option: &'static str,
        /// The distribution's target.
        target: String,
    },
    /// Nobody reads the map of a linker for the target yet.
    #[error(
        "it cannot be told yet what is in an executable for `{target}`: maps of its linkers are not read"
    )]
    NoReport {
        /// The distribution's target.
        target: String,
    },
    /// Two distributions of which one file is to be made are for the same processor.
    #[error("both distributions are for `{target}`, and one file is to be for both processors of macOS")]
    SameProcessor {
        /// Their target.
        target: String,
    },
    /// Two distributions of which one file is to be made are not of the same Python.
    #[error("one distribution is of Python {first} and the other of {second}, or of another build of it")]
    OtherPython {
        /// The version of the first.
        first: String,
        /// The version of the second.
        second: String,
    },
    /// Two executables cannot be made one file.
    #[error("failed to make `{path}` of both executables")]
    Universal {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        #[source]
        source: crate::link::WriteUniversalError,
    },
    /// Programs for the target cannot link the interpreter.
    #[error("only executables are linked for `{target}` yet: no linker there makes one object of many")]
    OnlyExecutables {
        /// The distribution's target.
        target: String,
    },
    /// An icon cannot be read.
    #[error("failed to read the icon `{path}`")]
    ReadIcon {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file is no icon.
    #[error("`{path}` cannot be the icon")]
    Icon {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        #[source]
        source: crate::link::IconError,
    },
    /// What was linked for macOS cannot be signed.
    #[error("failed to sign `{path}`")]
    Sign {
        /// The executable.
        path: Utf8PathBuf,
        /// Why.
        #[source]
        source: crate::link::ReadCommandsError,
    },
    /// What was linked for macOS cannot be signed by a certificate.
    #[error("failed to sign `{path}` by the certificate")]
    Certificate {
        /// The executable.
        path: Utf8PathBuf,
        /// Why.
        #[source]
        source: crate::sign::CertificateError,
    },
    /// The resources of an executable for Windows cannot be written.
    #[error(transparent)]
    Resources(#[from] crate::link::WriteResourcesError),
    /// It cannot be told what is in the executable.
    #[error("failed to tell what is in `{path}`")]
    Report {
        /// The executable.
        path: Utf8PathBuf,
        /// Why.
        #[source]
        source: ReportError,
    },
    /// There are no objects that a program could link.
    #[error(transparent)]
    Movable(#[from] crate::link::MovableError),
    /// What was linked cannot be kept from clashing with a program.
    #[error(transparent)]
    Localise(#[from] crate::link::LocaliseError),
    /// What was linked cannot be written as a static library.
    #[error(transparent)]
    Archive(#[from] crate::link::WriteArchiveError),
    /// Nothing gives what is needed.
    #[error("the distribution's objects need `{name}`, which none of them has")]
    Unresolved {
        /// The function or variable.
        name: String,
    },
    /// There is no linker.
    #[error(transparent)]
    Linker(#[from] NoLinker),
    /// The executable cannot stand where it is wanted.
    #[error("`{path}` is a directory")]
    Directory {
        /// Where it was wanted.
        path: Utf8PathBuf,
    },
    /// The header would replace a file that somebody wrote.
    #[error("`{path}` would be replaced by the header, and is none that `pbs link` made")]
    Header {
        /// Where the header would stand.
        path: Utf8PathBuf,
    },
    /// The linker cannot be run, or files cannot be written.
    #[error("failed to link `{path}`")]
    Io {
        /// What was to be written.
        path: Utf8PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The linker failed.
    #[error("`{linker}` could not link it ({status})")]
    Failed {
        /// Which linker.
        linker: String,
        /// How it ended.
        status: String,
        /// What it said, from its beginning.
        said: Vec<String>,
    },
}

impl RelinkError {
    /// Whose matter it is.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Linker(NoLinker::Missing { .. }) | Self::Io { .. } => Class::Environment,
            _ => Class::Input,
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Linker(NoLinker::Missing {
                format: Some(ObjectFormat::Coff | ObjectFormat::MachO),
                ..
            }) => Some(
                "install one (Debian and Fedora have it in the package `lld`; Rust brings rust-lld), or name one with \
                 `--linker PATH`"
                    .to_owned(),
            ),
            Self::Linker(NoLinker::Missing { .. }) => Some(
                "install one (Debian and Fedora have packages `lld` and `mold`; GNU ld is in `binutils`; Rust brings rust-lld), \
                 or name one with `--linker PATH`"
                    .to_owned(),
            ),
            Self::Linker(NoLinker::Unknown { .. }) => {
                Some("the path of another that takes the same arguments is understood as well".to_owned())
            }
            Self::Prepare(PrepareError::Select(SelectError::Unknown { .. })) => {
                Some("`pbs inspect DIST` lists the extension modules".to_owned())
            }
            Self::Report { .. } => {
                Some("maps of lld, rust-lld, mold and GNU ld are understood; another one may be named with `--linker`".to_owned())
            }
            Self::OnlyWindows { .. } | Self::OnlyMacos { .. } => Some("leave it out".to_owned()),
            Self::NoSystemRuntime => Some(
                "it was made before there was one, or with Microsoft's own files (`--sysroot`): leave the option out, and \
                 ship vcruntime140.dll beside the executable"
                    .to_owned(),
            ),
            Self::NoReport { .. } => Some(
                "leave `--report` and `--sizes` out; `pbs inspect EXECUTABLE` tells how large its sections are".to_owned(),
            ),
            Self::SameProcessor { .. } => Some(
                "name the distribution for the other processor with `--universal`: there is one for ARM64 and one for x86-64"
                    .to_owned(),
            ),
            Self::OtherPython { .. } => Some("take two of one release".to_owned()),
            Self::OnlyExecutables { .. } => Some(
                "leave `--kind` out; a program can start the executable, or load Python's library of the installation"
                    .to_owned(),
            ),
            Self::Icon { .. } => Some(
                "an icon is an `.ico` file; ImageMagick and Pillow make one of a picture in several sizes".to_owned(),
            ),
            Self::Gather(error) => error.hint().map(str::to_owned),
            Self::Header { .. } => Some("name another file with `--output`: the header is named after it".to_owned()),
            Self::Directory { .. } => Some("name a file with `--output FILE`".to_owned()),
            Self::Failed { .. } => Some(
                "`pbs verify DIST` tells whether the distribution is damaged; another linker may be named with `--linker`"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    /// What stands between the error and the hint.
    #[must_use]
    pub fn details(&self) -> Vec<String> {
        match self {
            Self::Linker(NoLinker::Missing { looked_for, .. }) => {
                let mut lines = vec!["looked for:".to_owned()];
                lines.extend(looked_for.iter().map(|place| format!("  {place}")));
                lines
            }
            Self::Failed { said, .. } | Self::Gather(super::GatherError::Interpreter { said, .. }) => {
                said.clone()
            }
            _ => Vec::new(),
        }
    }
}
