//! L2 · where a command runs without network, at fixed paths. A choice of sandbox, never of result.

mod choose;
mod docker;
mod error;
mod fake;
mod helper;
mod limits;
mod native;
mod spec;
mod stop;

pub use choose::{Choice, Settings, choose};
pub use docker::{Docker, DockerError};
pub use error::SandboxError;
pub use fake::{Ending, Fake, Leaving, Script};
pub use helper::{SUBCOMMAND, sandbox_child_main};
pub use native::Native;
pub use spec::*;
