//! Why a wheel cannot be embedded.

use camino::Utf8PathBuf;

use crate::archive::ArchiveError;
use crate::wheel::{Misfit, ParseNameError, WheelError};

/// Why a wheel cannot be embedded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequirementError {
    /// It cannot be read.
    #[error("failed to read `{path}`")]
    Read {
        /// The wheel or directory.
        path: Utf8PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A directory has no wheels.
    #[error("there is no wheel in `{directory}`")]
    Empty {
        /// The directory.
        directory: Utf8PathBuf,
    },
    /// It is not named as a wheel is.
    #[error(transparent)]
    Name(#[from] ParseNameError),
    /// It is no zip archive.
    #[error("`{path}` is not a wheel: it is no zip archive")]
    NoZip {
        /// The wheel.
        path: Utf8PathBuf,
    },
    /// It is a damaged or dangerous zip archive.
    #[error("failed to unpack the wheel `{path}`")]
    Archive {
        /// The wheel.
        path: Utf8PathBuf,
        /// Why.
        #[source]
        source: ArchiveError,
    },
    /// It is not what it says.
    #[error("the wheel `{path}` is damaged or not what it says")]
    Content {
        /// The wheel.
        path: Utf8PathBuf,
        /// In what.
        #[source]
        source: WheelError,
    },
    /// It is made for something else.
    #[error("the wheel `{file}` is made for {misfit}: its tags are `{tags}`, the distribution takes {takes}")]
    Misfit {
        /// The wheel.
        file: String,
        /// In what it does not fit.
        misfit: Misfit,
        /// Its tags.
        tags: String,
        /// What would fit.
        takes: String,
    },
    /// It does not run with the distribution's version of Python.
    #[error("the wheel `{file}` asks for Python `{wanted}`, the distribution is Python {python}")]
    Python {
        /// The wheel.
        file: String,
        /// What it asks for.
        wanted: String,
        /// What the distribution is.
        python: String,
    },
    /// Two wheels are of one project.
    #[error("`{first}` and `{second}` are both of the project `{project}`")]
    Project {
        /// The project.
        project: String,
        /// The one.
        first: String,
        /// The other.
        second: String,
    },
    /// An executable for two processors would have a wheel for one of them.
    #[error("the wheel `{file}` is for one processor, and none of its project is there for the other")]
    OneProcessor {
        /// The wheel.
        file: String,
    },
    /// A module is there twice.
    #[error("`{first}` and `{second}` both have the module `{module}`")]
    Module {
        /// The module.
        module: String,
        /// The wheel that has it.
        first: String,
        /// The other wheel, or the application's file.
        second: String,
    },
}

impl RequirementError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => Some(
                "`pip download --only-binary :all: -d DIR PROJECT` downloads wheels, with all that they need; \
                 `--requirement DIR` takes all of a directory",
            ),
            Self::Name(_) | Self::Empty { .. } | Self::NoZip { .. } => Some(
                "`pip wheel -w DIR PROJECT-OR-DIRECTORY` builds one, `pip download --only-binary :all: -d DIR PROJECT` \
                 downloads what others built; `--requirement DIR` takes all of a directory",
            ),
            Self::Misfit {
                misfit: Misfit::Files,
                ..
            } => Some("an installation takes it: `pip install` with the interpreter of the install archive"),
            Self::Misfit { .. } | Self::Python { .. } => Some(
                "`pip download` takes `--python-version`, `--abi` and `--platform` for another Python than its own",
            ),
            Self::Archive { .. } | Self::Content { .. } => {
                Some("get it again, or build it again: an installer would not trust it either")
            }
            Self::OneProcessor { .. } => Some(
                "name one for each, or one for both (`universal2`); `pip download` takes `--platform macosx_…`",
            ),
            Self::Project { .. } => Some("name one of them"),
            Self::Module { .. } => {
                Some("leave the module out with `--exclude-package MODULE`, or one of the two")
            }
            Self::Read { .. } => None,
        }
    }
}
