//! The edge where every error becomes a text, hints and a class.

use crate::attest::AttestError;
use crate::diff::CompareError;
use crate::engine::{
    Class, EngineError, EnterError, Enterable, ExamineError, LoadError, StepError, StepFailure,
};
use crate::fetch::{FetchError, LockError};
use crate::obtain::{KeyError, ObtainError, OriginError};
use crate::plan::LowerError;
use crate::publish::PublishError;
use crate::recipe::{RecipeErrors, ResolveError};
use crate::relink::RelinkError;
use crate::sandbox::SandboxError;
use crate::store::StoreError;
use crate::ui::Failure;
use crate::workspace::WorkspaceError;

use super::settings::SettingsError;

/// A command failed.
#[derive(Clone, Debug)]
pub(super) struct CliError {
    /// Decides the exit code.
    pub(super) class: Class,
    /// What is printed; several where several things failed.
    pub(super) failures: Vec<Failure>,
}

impl CliError {
    /// One failure.
    #[must_use]
    pub(super) fn new(class: Class, failure: Failure) -> Self {
        Self {
            class,
            failures: vec![failure],
        }
    }

    /// The input is wrong, in words of the command itself.
    #[must_use]
    pub(super) fn input(message: impl Into<String>) -> Self {
        let failure = Failure {
            chain: vec![message.into()],
            ..Failure::default()
        };
        Self::new(Class::Input, failure)
    }

    /// All has been said on standard output; what is left is the exit code.
    #[must_use]
    pub(super) fn told(class: Class) -> Self {
        Self {
            class,
            failures: Vec::new(),
        }
    }

    /// The same with a hint.
    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Some(last) = self.failures.last_mut() {
            last.hints.push(hint.into());
        }
        self
    }
}

impl std::convert::From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        Self::new(Class::Environment, Failure::of(&error))
    }
}

impl std::convert::From<SettingsError> for CliError {
    fn from(error: SettingsError) -> Self {
        Self::new(Class::Environment, Failure::of(&error))
    }
}

impl std::convert::From<WorkspaceError> for CliError {
    fn from(error: WorkspaceError) -> Self {
        Self::new(Class::Input, Failure::of(&error).hint(error.hint()))
    }
}

impl std::convert::From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let mut failure = Failure::of(&error);
        failure.hints.extend(error.hint().map(str::to_owned));
        Self::new(Class::Environment, failure)
    }
}

impl std::convert::From<SandboxError> for CliError {
    fn from(error: SandboxError) -> Self {
        let mut failure = Failure::of(&error);
        failure.hints.extend(error.hint());
        Self::new(Class::Environment, failure)
    }
}

impl std::convert::From<EngineError> for CliError {
    fn from(error: EngineError) -> Self {
        let class = error.class();
        let failures = match &error {
            EngineError::Failed { failures } => failures.iter().map(step_failure).collect(),
            EngineError::Store(store) => {
                let mut failure = Failure::of(&error);
                failure.hints.extend(store.hint().map(str::to_owned));
                vec![failure]
            }
            EngineError::Sandbox(sandbox) => {
                let mut failure = Failure::of(&error);
                failure.hints.extend(sandbox.hint());
                vec![failure]
            }
            EngineError::Io(_) => vec![
                Failure::of(&error)
                    .hint("is there space, and may files be made there? `--out DIR` names another directory"),
            ],
            _ => vec![Failure::of(&error)],
        };
        Self { class, failures }
    }
}

/// Step and what it is for; what happened; the end of the log; where all of it is; how to go on.
fn step_failure(failed: &StepFailure) -> Failure {
    let mut failure = Failure::of(failed);
    if let Some(first) = failure.chain.first_mut() {
        *first = format!("step `{}` failed: {}", failed.step, failed.why);
    }
    // The log of a verification is its report, which follows.
    if !failed.tail.is_empty() && !matches!(failed.error, StepError::Verify(_)) {
        failure
            .details
            .push(format!("the last {} lines of its log:", failed.tail.len()));
        failure
            .details
            .extend(failed.tail.iter().map(|line| format!("  | {line}")));
    }
    if let Some(log) = &failed.log {
        failure.details.push(format!("the whole log: {log}"));
    }
    if let StepError::Verify(report) = &failed.error {
        failure.details.extend(report.render().lines().map(str::to_owned));
    }
    failure.hints.extend(failed.error.hint());
    if failed.enterable == Enterable::Yes {
        failure.hints.push(format!(
            "`pbs shell {}` opens a shell in its sandbox",
            failed.step
        ));
    }
    // The recipe knows why its step may fail, but not what a machine may lack.
    if !failed.error.is_of_store() {
        failure.hints.extend(failed.hint.clone());
    }
    failure
}

impl std::convert::From<EnterError> for CliError {
    fn from(error: EnterError) -> Self {
        match error {
            EnterError::Inputs(error) => error.into(),
            EnterError::NoSandbox { ref step } => {
                let hint = format!("`pbs explain {step}` says what becomes of it");
                Self::new(Class::Input, Failure::of(&error).hint(hint))
            }
            EnterError::Step { ref source, .. } => {
                let mut failure = Failure::of(&error);
                failure.hints.extend(source.hint());
                Self::new(source.class(), failure)
            }
        }
    }
}

impl std::convert::From<RelinkError> for CliError {
    fn from(error: RelinkError) -> Self {
        let mut failure = Failure::of(&error);
        failure.details = error.details();
        failure.hints.extend(error.hint());
        Self::new(error.class(), failure)
    }
}

impl std::convert::From<ObtainError> for CliError {
    fn from(error: ObtainError) -> Self {
        let mut failure = Failure::of(&error);
        failure.hints.extend(error.hint());
        Self::new(error.class(), failure)
    }
}

impl std::convert::From<OriginError> for CliError {
    fn from(error: OriginError) -> Self {
        Self::new(Class::Input, Failure::of(&error).hint(error.hint()))
    }
}

impl std::convert::From<KeyError> for CliError {
    fn from(error: KeyError) -> Self {
        Self::new(Class::Input, Failure::of(&error).hint(error.hint()))
    }
}

impl std::convert::From<LoadError> for CliError {
    fn from(error: LoadError) -> Self {
        let mut failure = Failure::of(&error);
        failure.hints.extend(error.hint());
        Self::new(error.class(), failure)
    }
}

impl std::convert::From<PublishError> for CliError {
    fn from(error: PublishError) -> Self {
        let mut failure = Failure::of(&error);
        failure.hints.extend(error.hint());
        Self::new(error.class(), failure)
    }
}

impl std::convert::From<AttestError> for CliError {
    fn from(error: AttestError) -> Self {
        let mut failure = Failure::of(&error);
        failure.hints.extend(error.hint());
        Self::new(error.class(), failure)
    }
}

impl std::convert::From<ExamineError> for CliError {
    fn from(error: ExamineError) -> Self {
        match error {
            ExamineError::Inputs(error) => error.into(),
            ExamineError::NoStep => Self::new(Class::Input, Failure::of(&error)),
            ExamineError::Step(ref step) => {
                let mut failure = Failure::of(&error);
                failure.hints.extend(step.hint());
                Self::new(step.class(), failure)
            }
        }
    }
}

impl std::convert::From<CompareError> for CliError {
    fn from(error: CompareError) -> Self {
        Self::new(Class::Environment, Failure::of(&error))
    }
}

impl std::convert::From<RecipeErrors> for CliError {
    fn from(errors: RecipeErrors) -> Self {
        // The rendered mistakes say everything themselves, hints included.
        let failure = Failure {
            details: errors.render().lines().map(str::to_owned).collect(),
            ..Failure::default()
        };
        Self::new(Class::Input, failure)
    }
}

impl std::convert::From<ResolveError> for CliError {
    fn from(error: ResolveError) -> Self {
        Self::new(Class::Input, Failure::of(&error).hint(error.hint()))
    }
}

impl std::convert::From<LowerError> for CliError {
    fn from(error: LowerError) -> Self {
        Self::new(Class::Input, Failure::of(&error).hint(error.hint()))
    }
}

impl std::convert::From<LockError> for CliError {
    fn from(error: LockError) -> Self {
        let mut failure = Failure::of(&error);
        failure.hints.extend(error.hint().map(str::to_owned));
        Self::new(Class::Environment, failure)
    }
}

impl std::convert::From<FetchError> for CliError {
    fn from(error: FetchError) -> Self {
        Self::from_fetch(&error)
    }
}

impl CliError {
    /// Something cannot be had.
    #[must_use]
    pub(super) fn from_fetch(error: &FetchError) -> Self {
        let mut failure = Failure::of(error);
        failure.hints.extend(error.hint().map(str::to_owned));
        let class = match error {
            FetchError::Cancelled { .. } => Class::Interrupted,
            _ if error.is_wrong_content() => Class::Input,
            _ => Class::Environment,
        };
        Self::new(class, failure)
    }
}
