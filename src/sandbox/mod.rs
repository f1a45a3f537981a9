//! L2 · where a command runs without network, at fixed paths. A choice of sandbox, never of result.

mod choose;
mod error;
mod fake;
mod limits;
mod native;
mod spec;

pub use choose::{Choice, Settings, choose};
pub use error::SandboxError;
pub use fake::{Ending, Fake, Leaving, Script};
pub use native::{Native, sandbox_child_main};
pub use spec::*;
