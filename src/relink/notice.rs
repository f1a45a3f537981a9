//! What is said while an executable is made.

use std::fmt;

use crate::wheel::{LibcVersion, MacosVersion, Why};

/// Something that a person may want to know.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Notice {
    /// Much is embedded, which takes a while.
    Large {
        /// How many modules.
        modules: usize,
        /// In bytes, before anything is compressed.
        size: u64,
    },
    /// A wheel is embedded.
    Wheel {
        /// The project.
        project: String,
        /// Its version.
        version: String,
        /// How many modules it has.
        modules: usize,
        /// In bytes, before anything is compiled or compressed.
        size: u64,
    },
    /// The standard library has modules of a wheel.
    Shadowed {
        /// The wheel.
        wheel: String,
        /// The modules and packages.
        modules: Vec<String>,
    },
    /// Files of a wheel have no place.
    LeftOut {
        /// The wheel.
        wheel: String,
        /// Where they would go: `scripts`, `data`, `headers`.
        scheme: String,
        /// How many there are.
        count: usize,
    },
    /// A file of a wheel would tell `site` what to do when the interpreter starts.
    Path {
        /// The wheel.
        wheel: String,
        /// The file: `NAME.pth`.
        path: String,
    },
    /// Two wheels have another file of one path.
    File {
        /// The path.
        path: String,
        /// The wheel whose file is embedded.
        first: String,
        /// The other.
        second: String,
    },
    /// Sources of a wheel that are no Python.
    NoPython {
        /// The wheel.
        wheel: String,
        /// How many there are.
        count: usize,
        /// The first of them, with line.
        first: String,
        /// What is wrong with it.
        message: String,
    },
    /// The executable needs a later C library than the interpreter does.
    Libc {
        /// The library's version.
        version: LibcVersion,
        /// The wheel that needs it.
        wheel: String,
    },
    /// The executable runs on later releases of macOS only than the interpreter does.
    Macos {
        /// The oldest release.
        version: MacosVersion,
        /// The wheel that needs it.
        wheel: String,
    },
    /// A requirement of a wheel that no wheel meets.
    Lack {
        /// The wheel's project.
        project: String,
        /// What it requires.
        requirement: String,
        /// Why it is not met.
        why: Why,
    },
    /// A library of a wheel needs one that is in no wheel and not on every system.
    Library {
        /// The wheel.
        wheel: String,
        /// The library.
        path: String,
        /// What it needs.
        needed: String,
    },
    /// A library of a wheel is needed by a name that it does not say of itself.
    Nameless {
        /// The wheel.
        wheel: String,
        /// The library.
        path: String,
        /// What others call it.
        name: String,
    },
    /// A library of a wheel that the target's loader does not read.
    Foreign {
        /// The wheel.
        wheel: String,
        /// The library.
        path: String,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Large { modules, size } => write!(f, "embedding {modules} modules, {size} bytes"),
            Self::Wheel {
                project,
                version,
                modules,
                size,
            } => write!(f, "{project} {version}: {modules} modules, {size} bytes"),
            Self::Shadowed { wheel, modules } => write!(
                f,
                "`{wheel}`: `{}` is left out, as the standard library has it and comes first",
                modules.join("`, `")
            ),
            Self::LeftOut { wheel, scheme, count } => write!(
                f,
                "`{wheel}`: {count} files of `{scheme}` are left out, as they would not be imported"
            ),
            Self::Path { wheel, path } => write!(
                f,
                "warning: `{wheel}`: `{path}` is of no effect: nothing is installed when the executable starts"
            ),
            Self::File { path, first, second } => write!(
                f,
                "warning: `{first}` and `{second}` have different files `{path}`; that of the first is embedded"
            ),
            Self::NoPython {
                wheel,
                count,
                first,
                message,
            } => write!(
                f,
                "`{wheel}`: {count} files are no Python of this version and stay as they are, `{first}` first: {message}"
            ),
            Self::Libc {
                version: (major, minor),
                wheel,
            } => write!(
                f,
                "the executable needs version {major}.{minor} of the C library or later, because of `{wheel}`"
            ),
            Self::Macos {
                version: (major, minor),
                wheel,
            } => write!(
                f,
                "the executable needs macOS {major}.{minor} or later, because of `{wheel}`"
            ),
            Self::Lack {
                project,
                requirement,
                why: Why::Absent,
            } => write!(
                f,
                "warning: {project} requires `{requirement}`, which no wheel is"
            ),
            Self::Lack {
                project,
                requirement,
                why: Why::Version(version),
            } => write!(
                f,
                "warning: {project} requires `{requirement}`, and the wheel is of {version}"
            ),
            Self::Lack {
                project,
                requirement,
                why: Why::Unclear,
            } => write!(
                f,
                "warning: {project} requires `{requirement}`, which is not understood"
            ),
            Self::Library { wheel, path, needed } => write!(
                f,
                "warning: `{wheel}`: `{path}` needs `{needed}`, which is in no wheel; it must be on the machine that runs it"
            ),
            Self::Nameless { wheel, path, name } => write!(
                f,
                "warning: `{wheel}`: `{path}` does not say that it is `{name}`, so what needs it will not be loaded"
            ),
            Self::Foreign { wheel, path } => write!(
                f,
                "warning: `{wheel}`: `{path}` is no library that this target loads"
            ),
        }
    }
}

/// Who hears what is said.
#[derive(Clone, Copy)]
pub struct Ear<'a>(pub &'a dyn Fn(&Notice));

impl fmt::Debug for Ear<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ear")
    }
}
