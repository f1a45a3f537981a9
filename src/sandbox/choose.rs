//! Which sandbox: the one asked for, or the first that works.

use std::sync::Arc;

use super::{Native, Sandbox, SandboxError};
use crate::model::HostPath;

/// What `--sandbox` takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Choice {
    /// Native if it works here, else Docker if it does.
    #[default]
    Auto,
    /// Linux namespaces.
    Native,
    /// A Docker or Podman daemon.
    Docker,
}

/// What the sandboxes need to know of this machine.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The `pbs` program itself.
    pub helper: HostPath,
    /// Where the Docker daemon listens (`DOCKER_HOST`), if not in the usual place.
    pub docker: Option<String>,
}

/// Gives the sandbox of that choice, after a quick look whether it works.
pub async fn choose(choice: Choice, settings: &Settings) -> Result<Arc<dyn Sandbox>, SandboxError> {
    if choice == Choice::Docker {
        return Err(SandboxError::Unusable {
            sandbox: "docker",
            reason: "not there yet".to_owned(),
            hint: "use `--sandbox native`".to_owned(),
        });
    }
    let native = Native {
        helper: settings.helper.clone(),
    };
    native.probe().await?;
    Ok(Arc::new(native))
}
