//! The parts of an executable: the first level of its sizes.

use serde::Serialize;

/// A part of an executable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The interpreter without its extension modules, by directory and object.
    Interpreter,
    /// Extension modules, each with its objects.
    Extensions,
    /// Components whose static libraries are linked, each with its libraries and their members.
    Libraries,
    /// The start files and the parts of the C library and the compiler's that are linked statically.
    StartFiles,
    /// What starts the interpreter, imports from memory, and finds things there.
    Launcher,
    /// The embedded standard library, by package or module.
    StandardLibrary,
    /// Embedded wheels, by project.
    Wheels,
    /// The embedded application, by package or module.
    Application,
    /// Embedded texts of licences.
    Licenses,
    /// The names of functions and data, and what debuggers read beside them: `--strip` leaves them out.
    Symbols,
    /// What the linker made, and what cannot be told apart in its output: tables of symbols, strings that objects share,
    /// unwind tables, padding.
    Linker,
    /// Input that is not of the distribution.
    Other,
}

impl Part {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 12] = [
        Self::Interpreter,
        Self::Extensions,
        Self::Libraries,
        Self::StartFiles,
        Self::Launcher,
        Self::StandardLibrary,
        Self::Wheels,
        Self::Application,
        Self::Licenses,
        Self::Symbols,
        Self::Linker,
        Self::Other,
    ];

    /// As people read it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Interpreter => "interpreter",
            Self::Extensions => "extension modules",
            Self::Libraries => "libraries",
            Self::StartFiles => "start files",
            Self::Launcher => "launcher",
            Self::StandardLibrary => "standard library",
            Self::Wheels => "wheels",
            Self::Application => "application",
            Self::Licenses => "licences",
            Self::Symbols => "names for debuggers",
            Self::Linker => "made by the linker",
            Self::Other => "other",
        }
    }
}
