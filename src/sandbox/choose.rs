//! Which sandbox: the one asked for, or the first that works.

use std::sync::Arc;

use super::{Docker, Native, Sandbox, SandboxError};
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
    /// Where the container engine listens (`DOCKER_HOST`), if not in a usual place.
    pub docker: Option<String>,
}

/// Gives the sandbox of that choice, after a quick look whether it works.
pub async fn choose(choice: Choice, settings: &Settings) -> Result<Arc<dyn Sandbox>, SandboxError> {
    match choice {
        Choice::Native => native(settings).await,
        Choice::Docker => docker(settings).await,
        Choice::Auto => match native(settings).await {
            Ok(sandbox) => Ok(sandbox),
            Err(native) => docker(settings).await.map_err(|docker| SandboxError::NoneUsable {
                native: Box::new(native),
                docker: Box::new(docker),
            }),
        },
    }
}

async fn native(settings: &Settings) -> Result<Arc<dyn Sandbox>, SandboxError> {
    let native = Native {
        helper: settings.helper.clone(),
    };
    native.probe().await?;
    Ok(Arc::new(native))
}

async fn docker(settings: &Settings) -> Result<Arc<dyn Sandbox>, SandboxError> {
    let docker = Docker::connect(settings.docker.as_deref(), settings.helper.clone()).await?;
    Ok(Arc::new(docker))
}
