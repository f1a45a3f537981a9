//! Why a step, or the whole work, could not be done, and whose matter that is.

use camino::Utf8PathBuf;

use super::distribution::NoManifest;
use super::schedule::UnknownStep;
use crate::archive::{ArchiveError, PatchError};
use crate::fetch::FetchError;
use crate::manifest::{DeriveError, LayoutError, ObserveError, ReadFactsError};
use crate::model::{Digest, MergeError, ParsePathError, TreeDigest};
use crate::msbuild::SurveyError;
use crate::plan::StepId;
use crate::recipe::SetupError;
use crate::sandbox::{Exit, SandboxError};
use crate::store::StoreError;
use crate::verify::relink::RelinkError;
use crate::verify::{Report, VerifyError};

/// Whose matter an error is. The command line turns it into an exit code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Class {
    /// The input or an artifact is wrong: recipe, flags, patch, verification.
    Input,
    /// A step's command failed.
    Step,
    /// This machine, or the network, is not able.
    Environment,
    /// A person interrupted it.
    Interrupted,
}

/// The work ended before the wanted outputs were made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// Steps failed.
    #[error("{}", headline(.failures))]
    Failed {
        /// Each of them, in the order in which they failed.
        failures: Vec<StepFailure>,
    },
    /// Cancelled from outside.
    #[error("interrupted; what was finished is kept")]
    Interrupted,
    /// The plan does not have what was asked for.
    #[error(transparent)]
    Unknown(#[from] UnknownStep),
    /// The store cannot do its work.
    #[error("failed to use the store")]
    Store(#[from] StoreError),
    /// There are commands to run and nothing to run them in.
    #[error("there is no sandbox for the steps to run in")]
    Sandbox(#[source] SandboxError),
    /// What a step would do cannot be told.
    #[error("failed to look at step `{step}`")]
    Survey {
        /// The step.
        step: StepId,
        /// Why.
        #[source]
        source: Box<StepError>,
    },
    /// An archive cannot be put where it was asked for.
    #[error("the archives cannot be written")]
    Io(#[from] std::io::Error),
}

fn headline(failures: &[StepFailure]) -> String {
    match failures {
        [one] => format!("step `{}` failed", one.step),
        many => format!("{} steps failed", many.len()),
    }
}

impl EngineError {
    /// Whose matter it is.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            // What a person must look at first: a command that failed hides nothing else.
            Self::Failed { failures } => failures
                .iter()
                .map(|failure| failure.error.class())
                .min_by_key(|class| match class {
                    Class::Interrupted => 0,
                    Class::Step => 1,
                    Class::Input => 2,
                    Class::Environment => 3,
                })
                .unwrap_or(Class::Step),
            Self::Interrupted => Class::Interrupted,
            Self::Unknown(_) => Class::Input,
            Self::Survey { source, .. } => source.class(),
            Self::Sandbox(_) | Self::Store(_) | Self::Io(_) => Class::Environment,
        }
    }
}

/// A step that failed, with all that a person needs to go on.
#[derive(Debug, thiserror::Error)]
#[error("step `{step}` failed")]
pub struct StepFailure {
    /// Which step.
    pub step: StepId,
    /// What it is for.
    pub why: String,
    /// What happened.
    #[source]
    pub error: StepError,
    /// The complete log, if the step came to write one.
    pub log: Option<Utf8PathBuf>,
    /// Its last lines.
    pub tail: Vec<String>,
    /// Whether `pbs shell` can enter it.
    pub enterable: Enterable,
    /// What the recipe says about failures of this step.
    pub hint: Option<String>,
}

/// Whether a step has a sandbox that a person can enter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Enterable {
    /// It runs a command.
    Yes,
    /// It happens inside the driver.
    No,
}

/// What happened to a step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// Its command ended badly.
    #[error("the command {}", ending(*.0))]
    Exit(Exit),
    /// Its command cannot be run at all.
    #[error("failed to run the command")]
    Sandbox(#[from] SandboxError),
    /// Content could not be read or kept.
    #[error("failed to use the store")]
    Store(#[from] StoreError),
    /// A file outside the store's content.
    #[error("failed to prepare or collect the step's files")]
    Io(#[from] std::io::Error),
    /// An output was made again and is gone again.
    #[error("the output of `{producer}` was made again, and blob {blob} is gone again")]
    GoneTwice {
        /// The step whose output it is.
        producer: StepId,
        /// The blob.
        blob: Digest,
    },
    /// A step that needs an input the plan does not give it.
    #[error("the step has no input `{role}`")]
    NoInput {
        /// The role.
        role: String,
    },
    /// A part of an input that is not there.
    #[error("the output of `{from}` has no `{path}`")]
    NoSubtree {
        /// The step.
        from: StepId,
        /// The path in its output.
        path: String,
    },
    /// A file that an input must have.
    #[error("the input `{role}` has no file `{path}`")]
    NoFile {
        /// The input.
        role: String,
        /// The file.
        path: String,
    },
    /// A directory that was given, and is not kept any more.
    #[error("the given sysroot {tree} is not in the store any more")]
    GivenGone {
        /// What was in it.
        tree: TreeDigest,
    },
    /// A source or a package cannot be had.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// A patch does not fit.
    #[error(transparent)]
    Patch(#[from] PatchError),
    /// The rules of CPython's source and our table of extension modules do not fit.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// CPython's project files do not say how it is built, or not so that it is understood.
    #[error(transparent)]
    Projects(#[from] SurveyError),
    /// The distribution cannot be laid out.
    #[error("failed to lay out the distribution")]
    Layout(#[from] LayoutError),
    /// The distribution cannot be read.
    #[error("failed to look at the distribution")]
    Observe(#[from] ObserveError),
    /// What the build says of itself cannot be read.
    #[error("failed to read what the build says of itself")]
    Facts(#[from] ReadFactsError),
    /// The build, the tree and the recipes disagree.
    #[error(transparent)]
    Derive(#[from] DeriveError),
    /// The manifest cannot be read.
    #[error("failed to read the manifest")]
    Manifest(#[from] NoManifest),
    /// An archive cannot be written or read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A distribution cannot be verified.
    #[error(transparent)]
    CannotVerify(#[from] VerifyError),
    /// No relink can be planned.
    #[error("failed to plan how the objects are linked again")]
    Relink(#[from] RelinkError),
    /// A distribution that breaks rules.
    #[error("the distribution breaks rules of verification: {}", .0.broken_rules().into_iter().collect::<Vec<_>>().join(", "))]
    Verify(Box<Report>),
    /// Two parts of an output are in each other's way.
    #[error("failed to put the output together")]
    Merge(#[from] MergeError),
    /// A name that cannot stand in a tree.
    #[error(transparent)]
    Path(#[from] ParsePathError),
    /// The driver has a bug.
    #[error("the driver panicked: {0}")]
    Panic(String),
}

fn ending(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("exited with status {code}"),
        Exit::Signal(signal) => format!("was killed by signal {signal}"),
        Exit::TimedOut => "took longer than the recipe allows and was killed".to_owned(),
        Exit::Cancelled => "was cancelled".to_owned(),
    }
}

impl StepError {
    /// Whose matter it is.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Exit(Exit::Cancelled) | Self::Fetch(FetchError::Cancelled { .. }) => Class::Interrupted,
            // What a command left in `/out` is its own doing.
            Self::Exit(_) | Self::Panic(_) | Self::Store(StoreError::Entry { .. }) => Class::Step,
            Self::Fetch(error) if error.is_wrong_content() => Class::Input,
            Self::Patch(PatchError::Store(_)) | Self::Archive(ArchiveError::Store(_)) => Class::Environment,
            Self::NoInput { .. }
            | Self::NoSubtree { .. }
            | Self::NoFile { .. }
            | Self::GivenGone { .. }
            | Self::Patch(_)
            | Self::Setup(_)
            | Self::Projects(_)
            | Self::Layout(_)
            | Self::Facts(_)
            | Self::Derive(_)
            | Self::Manifest(_)
            | Self::Archive(_)
            | Self::Relink(_)
            | Self::Verify(_)
            | Self::Merge(_)
            | Self::Path(_) => Class::Input,
            Self::Sandbox(_)
            | Self::Store(_)
            | Self::Io(_)
            | Self::Fetch(_)
            | Self::Observe(_)
            | Self::CannotVerify(_)
            | Self::GoneTwice { .. } => Class::Environment,
        }
    }

    /// What a person can do about it, as far as the error itself knows.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Sandbox(error) => error.hint(),
            Self::Store(error) => error.hint().map(str::to_owned),
            Self::Fetch(error) => error.hint().map(str::to_owned),
            Self::Patch(error) => error.hint().map(str::to_owned),
            Self::Setup(error) => Some(error.hint().to_owned()),
            Self::Projects(error) => Some(error.hint().to_owned()),
            Self::Archive(error) => error.hint().map(str::to_owned),
            Self::GivenGone { .. } => Some("give `--sysroot DIR` again".to_owned()),
            _ => None,
        }
    }

    /// Whether the store or its disk failed, and not the step.
    #[must_use]
    pub fn is_of_store(&self) -> bool {
        match self {
            Self::Store(StoreError::Entry { .. }) => false,
            Self::Store(_)
            | Self::Patch(PatchError::Store(_))
            | Self::Archive(ArchiveError::Store(_))
            | Self::Fetch(FetchError::Store { .. }) => true,
            Self::Fetch(FetchError::Root { source, .. }) => source.is_of_store(),
            _ => false,
        }
    }

    /// The blob whose loss is the cause, if one is.
    pub(crate) fn lost_blob(&self) -> Option<Digest> {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(self);
        while let Some(error) = cause {
            if let Some(StoreError::Blob { digest, .. }) = error.downcast_ref::<StoreError>() {
                return Some(*digest);
            }
            cause = error.source();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::BlobState;

    #[test]
    fn finds_the_lost_blob_in_a_chain() {
        let digest = Digest::of(b"x");
        let lost = StoreError::Blob {
            digest,
            state: BlobState::Missing,
        };
        assert_eq!(StepError::from(lost).lost_blob(), Some(digest));
        assert_eq!(StepError::Exit(Exit::Code(1)).lost_blob(), None);
    }
}
