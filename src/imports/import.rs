//! What the source of one module imports.

use std::fmt;

/// How certain it is that an import is done once its module is loaded; the greatest is the most certain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Certainty {
    /// Inside of a function, and the code goes on where the module is missing.
    LazyOptional,
    /// Not when the module is loaded but maybe later: inside of a function.
    Lazy,
    /// When the module is loaded, but the code goes on where the imported module is missing.
    Optional,
    /// When the module is loaded.
    Always,
}

impl Certainty {
    /// Whether the code goes on where the imported module is missing.
    #[must_use]
    pub fn is_optional(self) -> bool {
        matches!(self, Self::Optional | Self::LazyOptional)
    }

    /// Whether the import is not done when the module is loaded.
    #[must_use]
    pub fn is_lazy(self) -> bool {
        matches!(self, Self::Lazy | Self::LazyOptional)
    }
}

impl fmt::Display for Certainty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LazyOptional => "when called, if it is there",
            Self::Lazy => "when called",
            Self::Optional => "if it is there",
            Self::Always => "always",
        })
    }
}

/// One import, absolute.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// The line it begins in, from 1.
    pub line: usize,
    /// What is imported.
    pub imported: Imported,
    /// How certain it is.
    pub certainty: Certainty,
}

/// What an import names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Imported {
    /// `import a.b`, or a call with a literal that does the same.
    Module {
        /// Its absolute name.
        name: String,
    },
    /// `from a import b, c`.
    From {
        /// The absolute name of the module after `from`.
        module: String,
        /// The names after `import`; each may be a submodule or not.
        names: Vec<String>,
    },
    /// `from a import *`.
    Star {
        /// The absolute name of the module.
        module: String,
    },
    /// A relative import that leads out of its top-level package.
    BeyondTop {
        /// As it was written: `...a`.
        written: String,
    },
    /// A call whose argument only running it would tell.
    Dynamic,
}

/// What the source of one module says about imports.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scan {
    /// Its imports, by line. Those that cannot be done with the given interpreter are not among them.
    pub imports: Vec<Import>,
    /// The literal names in `__all__`, which `from … import *` of a package imports where they are modules.
    pub exports: Vec<String>,
    /// The literal names that it puts into `sys.modules`, so that importing these reads no file.
    pub provides: Vec<String>,
}
