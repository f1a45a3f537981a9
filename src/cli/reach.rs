//! What commands that go to other machines need to know: authorities and credentials.

use super::context::Context;
use super::fail::CliError;
use crate::engine::Class;
use crate::registry::{Access, Credentials};
use crate::ui::Failure;

impl Context {
    /// Certificate authorities to trust besides the system's, PEM.
    pub(super) fn authorities(&self) -> Result<Vec<u8>, CliError> {
        let Some(path) = &self.settings.ca_file else {
            return Ok(Vec::new());
        };
        let wrong = |failure: Failure| {
            CliError::new(Class::Environment, failure)
                .hint("PBS_CA_FILE names a file of certificates in PEM; unset it to trust the system's alone")
        };
        let bytes = fs_err::read(self.settings.working_dir.join(path));
        let bytes = bytes.map_err(|error| wrong(Failure::of(&error)))?;
        let begin = b"-----BEGIN CERTIFICATE-----";
        if bytes.windows(begin.len()).any(|window| window == begin) {
            return Ok(bytes);
        }
        Err(wrong(Failure {
            chain: vec![format!("`{path}` holds no certificate")],
            ..Failure::default()
        }))
    }

    /// Credentials for registries.
    pub(super) fn registries(&self) -> Result<Access, CliError> {
        let settings = &self.settings;
        let given = match (&settings.registry_user, &settings.registry_password) {
            (Some(user), Some(password)) => Some(Credentials {
                user: user.clone(),
                password: password.clone(),
            }),
            (None, None) => None,
            (user, _) => {
                let (there, missing) = match user {
                    Some(_) => ("PBS_REGISTRY_USER", "PBS_REGISTRY_PASSWORD"),
                    None => ("PBS_REGISTRY_PASSWORD", "PBS_REGISTRY_USER"),
                };
                let message = format!("{there} is set, and {missing} is not");
                return Err(CliError::input(message).hint("set both, or neither"));
            }
        };
        let of_home = settings.home.as_ref().map(|home| home.join(".docker"));
        let docker = settings.docker_config.clone().or(of_home);
        let docker = docker.map(|dir| settings.working_dir.join(dir).join("config.json"));
        Ok(Access { given, docker })
    }
}
