//! L2 · where a command runs without network, at fixed paths. A choice of sandbox, never of result.

mod spec;

pub use spec::*;

/// Why a sandbox could not run a command at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// This machine cannot have such a sandbox.
    #[error("the {sandbox} sandbox is not usable here: {reason}")]
    Unusable {
        /// `native` or `docker`.
        sandbox: &'static str,
        /// What is missing.
        reason: String,
        /// What a person can do.
        hint: String,
    },
}
