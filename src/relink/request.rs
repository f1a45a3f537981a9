//! What is asked for: an interpreter or an application, in which form.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::Ear;
use crate::bundle::Keep;
use crate::link::{Console, Linker, Runtime, VersionInfo};
use crate::manifest::Selection;
use crate::sign::Certificate;
use crate::wheel::Takes;

/// What is to be linked.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The extension modules.
    pub selection: &'a Selection,
    /// The linker.
    pub linker: &'a Linker,
    /// What is made.
    pub kind: super::Kind,
    /// The file that is written.
    pub output: &'a Utf8Path,
    /// Whether the names of functions and data are left out.
    pub strip: bool,
    /// Whether it is told what is in the executable.
    pub report: bool,
    /// What only executables for Windows have.
    pub windows: &'a Windows,
    /// What only executables for macOS have.
    pub macos: &'a Macos,
    /// What is embedded; `None` for an interpreter that finds its standard library in a directory.
    pub single: Option<&'a SingleFile>,
    /// Who hears what is said meanwhile.
    pub ear: Ear<'a>,
}

/// What only executables for Windows have.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Windows {
    /// Whether the process has a console.
    pub console: Console,
    /// From where it has what compilers count on.
    pub runtime: Runtime,
    /// An `.ico` file that the system shows for it.
    pub icon: Option<Utf8PathBuf>,
    /// What the system tells of it.
    pub version: Option<VersionInfo>,
}

impl Windows {
    /// The option by which something of it was asked for.
    pub(super) fn asked(&self) -> Option<&'static str> {
        match self {
            Self {
                console: Console::None,
                ..
            } => Some("--gui"),
            Self {
                runtime: Runtime::System,
                ..
            } => Some("--static-crt"),
            Self { icon: Some(_), .. } => Some("--icon"),
            Self { version: Some(_), .. } => Some("--version-info"),
            _ => None,
        }
    }
}

/// What only executables for macOS have.
#[derive(Debug, Default)]
pub struct Macos {
    /// The name in the signature; `None` takes the output's.
    pub identifier: Option<String>,
    /// By which it is signed; without one anybody could have made the signature.
    pub certificate: Option<Certificate>,
}

impl Macos {
    /// The option by which something of it was asked for.
    pub(super) fn asked(&self) -> Option<&'static str> {
        match self {
            Self {
                certificate: Some(_), ..
            } => Some("--sign"),
            Self {
                identifier: Some(_), ..
            } => Some("--identifier"),
            _ => None,
        }
    }
}

/// A single-file executable.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SingleFile {
    /// Files of the application's own.
    pub app: Option<App>,
    /// The module that runs, or `module:function`; `None` where the application says it, or for an interpreter.
    pub run: Option<String>,
    /// What is kept of modules.
    pub keep: Keep,
    /// Whether content is compressed.
    pub compress: bool,
    /// Whether the module `site` is imported at the start.
    pub site: bool,
    /// Whether environment variables of Python's are honoured.
    pub environment: bool,
    /// When an application takes its command line for Python's.
    pub as_python: AsPython,
    /// Level of optimisation: 0 keeps assertions, 2 leaves docstrings out of what is compiled here.
    pub optimize: u8,
    /// Wheels, and directories of them, that the application needs.
    pub requirements: Vec<Utf8PathBuf>,
    /// What another executable takes that the same is linked into: wheels that are only for that one are left to it.
    pub other: Option<Takes>,
    /// Packages and modules of the standard library and of wheels that are left out, with all that is in them.
    pub exclude: BTreeSet<String>,
    /// Packages and modules that are wanted, with all that is in them, though nothing seems to import them or they
    /// are left out otherwise, as those of tests are.
    pub include: BTreeSet<String>,
    /// Whether only that of the standard library is embedded which something can import.
    pub reached: bool,
    /// What `-X` would be told.
    pub x_options: Vec<String>,
    /// What `-W` would be told.
    pub warnings: Vec<String>,
}

/// The application's own files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum App {
    /// One file.
    Script(Utf8PathBuf),
    /// A package, or a directory that `sys.path` could name.
    Directory(Utf8PathBuf),
}

/// When an application takes its command line for Python's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum AsPython {
    /// Never.
    Never,
    /// When a process of multiprocessing starts it.
    #[default]
    Workers,
    /// And when its first argument is `-c` or `-m`.
    Options,
}

impl AsPython {
    /// As the launcher is told.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Workers => "workers",
            Self::Options => "options",
        }
    }
}
