//! What is asked for: an interpreter or an application, in which form.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use crate::bundle::Keep;
use crate::link::Linker;
use crate::manifest::Selection;

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
    /// What is embedded; `None` for an interpreter that finds its standard library in a directory.
    pub single: Option<&'a SingleFile>,
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
    /// Packages and modules of the standard library that are left out, with all that is in them.
    pub exclude: BTreeSet<String>,
    /// Packages that are left out otherwise and are wanted: those of tests.
    pub include: BTreeSet<String>,
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
