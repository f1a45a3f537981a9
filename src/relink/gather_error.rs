//! Why something cannot be embedded.

use camino::Utf8PathBuf;

use crate::bundle::AddError;

/// Why something cannot be embedded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatherError {
    /// A file cannot be read.
    #[error("failed to read `{path}`")]
    Read {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The manifest does not say what has to be known.
    #[error("the manifest's `{field}` is missing or means nothing")]
    Manifest {
        /// The field.
        field: &'static str,
    },
    /// A module or package that is not there.
    #[error("there is no module `{name}` to embed{}", nearest.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    Unknown {
        /// What was asked for.
        name: String,
        /// The module with the most similar name.
        nearest: Option<String>,
    },
    /// A command of a wheel where a module should be.
    #[error("`{name}` is no module that runs; `{wheel}` has a command of that name, which runs `{target}`")]
    Script {
        /// What was asked for.
        name: String,
        /// The wheel.
        wheel: String,
        /// What the command runs.
        target: String,
    },
    /// A wheel.
    #[error(transparent)]
    Requirement(#[from] super::RequirementError),
    /// A package that cannot be run.
    #[error("`{package}` cannot be run: it has no `__main__`")]
    NoMain {
        /// The package.
        package: String,
    },
    /// A package with a name that cannot be imported.
    #[error("the directory `{path}` is a package, and its name is none that can be imported")]
    Package {
        /// The directory.
        path: Utf8PathBuf,
    },
    /// Files that do not fit together.
    #[error(transparent)]
    Add(#[from] AddError),
    /// An extension module that is a file, for a system that loads none from memory.
    #[error("`{path}` is an extension module, and this target's system loads those from files alone")]
    Extension {
        /// Where it would stand in the executable.
        path: String,
    },
    /// A source that is no Python.
    #[error("{path}:{line}: {message}")]
    Syntax {
        /// The source, as the executable will name it.
        path: String,
        /// The line, from 1; 0 where it is the whole file.
        line: u64,
        /// What is wrong with it.
        message: String,
    },
    /// The interpreter cannot compile.
    #[error("the distribution's interpreter `{path}` failed to compile the application")]
    Interpreter {
        /// The interpreter.
        path: Utf8PathBuf,
        /// What it said.
        said: Vec<String>,
    },
    /// The interpreter's answer makes no sense.
    #[error("what the distribution's interpreter made of the application cannot be read")]
    Answer,
}

impl GatherError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unknown { .. } => Some("`pbs inspect DIST` lists what a distribution has"),
            Self::Script { .. } => Some("name what it runs: `--module MODULE:FUNCTION`"),
            Self::Requirement(error) => error.hint(),
            Self::NoMain { .. } => {
                Some("name what runs with `--module MODULE` or `--module MODULE:FUNCTION`")
            }
            Self::Package { .. } => Some("rename it, or name the directory in which it stands"),
            Self::Add(AddError::Twice { .. } | AddError::Same { .. }) => {
                Some("rename one of them, or leave the standard library's out with `--exclude-package`")
            }
            Self::Extension { .. } => Some(
                "leave it out of the application and let that import it from a directory that its `sys.path` names",
            ),
            Self::Interpreter { .. } | Self::Add(AddError::Magic { .. }) => {
                Some("`pbs verify DIST` tells whether the distribution is damaged")
            }
            _ => None,
        }
    }
}
