//! What is in a bundle.

use std::collections::BTreeMap;

/// The modules, files and options of a single-file executable.
///
/// Paths are relative, with `/` between components. At run time they stand below the executable's own path, as if it
/// were a directory.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Bundle {
    /// Modules by full name.
    pub modules: BTreeMap<String, Module>,
    /// Files by path: sources of modules, and whatever modules read.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What the launcher is told: see `recipes/cpython/launcher/run.c`.
    pub options: BTreeMap<String, String>,
}

impl Bundle {
    /// Code and files, in bytes, before anything is compressed.
    #[must_use]
    pub fn size(&self) -> u64 {
        let code = self.modules.values().filter_map(|module| module.code.as_ref());
        let sizes = code
            .map(|code| code.0.len())
            .chain(self.files.values().map(Vec::len));
        sizes.map(|size| size as u64).sum()
    }
}

/// A module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Module {
    /// What it is.
    pub kind: ModuleKind,
    /// Where its source or library is, or would be; of a namespace, its directory.
    pub path: String,
    /// Its bytecode.
    pub code: Option<Code>,
}

/// A marshalled code object, without the header of a `.pyc` file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Code(pub Vec<u8>);

/// What a module is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ModuleKind {
    /// A module of one source.
    Module,
    /// A package with an `__init__`.
    Package,
    /// A package without one.
    Namespace,
    /// A shared library.
    Extension,
    /// A package whose `__init__` is a shared library.
    ExtensionPackage,
}

impl ModuleKind {
    /// Whether it has modules in it.
    #[must_use]
    pub fn is_package(self) -> bool {
        matches!(self, Self::Package | Self::Namespace | Self::ExtensionPackage)
    }

    /// Whether it is a shared library.
    #[must_use]
    pub fn is_extension(self) -> bool {
        matches!(self, Self::Extension | Self::ExtensionPackage)
    }
}

/// What is kept of a module written in Python.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Keep {
    /// Bytecode to run and source to show.
    #[default]
    Both,
    /// Bytecode: tracebacks show no lines, `inspect.getsource` finds nothing.
    Bytecode,
    /// Source: smaller, and compiled whenever it is imported.
    Source,
}
