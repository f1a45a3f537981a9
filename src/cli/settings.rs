//! What the surroundings say: environment, working directory, terminal, machine. Read once, here.
//!
//! Owns the registry of environment variables: what is not in [`VARIABLES`] is not read.

use std::io::IsTerminal as _;
use std::num::NonZeroUsize;

use camino::Utf8PathBuf;

use crate::bucket::Given;
use crate::model::{HostPath, Secret};
use crate::sign::Password;

/// An environment variable that we read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub what: &'static str,
}

/// Every environment variable that `pbs` reads, and what it does.
pub const VARIABLES: &[Variable] = &[
    Variable {
        name: "PBS_STORE",
        what: "directory of the store, unless `--store` is given (default: ~/.cache/pbs)",
    },
    Variable {
        name: "PBS_RECIPES",
        what: "directory that holds recipes/, patches/ and docker/, unless `--recipes` is given",
    },
    Variable {
        name: "PBS_FETCH_FROM",
        what: "where `pbs fetch` finds what is published, unless `--from` is given",
    },
    Variable {
        name: "PBS_FETCH_KEY",
        what: "the publisher's public keys for `pbs fetch`, with spaces between, unless `--key` is given",
    },
    Variable {
        name: "PBS_LOG",
        what: "developers' diagnostics on standard error, such as `debug` or `pbs::engine=trace`",
    },
    Variable {
        name: "PBS_NO_PROGRESS",
        what: "when set: plain lines instead of moving bars",
    },
    Variable {
        name: "NO_COLOR",
        what: "when set: plain lines, and no colours in help",
    },
    Variable {
        name: "TERM",
        what: "`dumb`: plain lines instead of moving bars",
    },
    Variable {
        name: "PBS_KEY_PASSWORD",
        what: "the password of the key that `pbs publish` signs with, or makes",
    },
    Variable {
        name: "AWS_ACCESS_KEY_ID",
        what: "who asks for what is in buckets (`s3://`), with AWS_SECRET_ACCESS_KEY",
    },
    Variable {
        name: "AWS_SECRET_ACCESS_KEY",
        what: "its secret",
    },
    Variable {
        name: "AWS_SESSION_TOKEN",
        what: "what belongs to credentials that expire",
    },
    Variable {
        name: "AWS_PROFILE",
        what: "the profile of ~/.aws that says all this, unless the variables do (default: `default`)",
    },
    Variable {
        name: "AWS_SHARED_CREDENTIALS_FILE",
        what: "the credentials of profiles (default: ~/.aws/credentials)",
    },
    Variable {
        name: "AWS_CONFIG_FILE",
        what: "the settings of profiles: region, endpoint_url (default: ~/.aws/config)",
    },
    Variable {
        name: "AWS_REGION",
        what: "the region of buckets (default: the profile's, then `us-east-1`)",
    },
    Variable {
        name: "AWS_DEFAULT_REGION",
        what: "the same where AWS_REGION is not set",
    },
    Variable {
        name: "AWS_ENDPOINT_URL_S3",
        what: "the server that buckets are on (default: AWS)",
    },
    Variable {
        name: "AWS_ENDPOINT_URL",
        what: "the same where AWS_ENDPOINT_URL_S3 is not set",
    },
    Variable {
        name: "PBS_REGISTRY_USER",
        what: "who one is for OCI registries (default: what docker's config.json says)",
    },
    Variable {
        name: "PBS_REGISTRY_PASSWORD",
        what: "the password, or token, that goes with PBS_REGISTRY_USER",
    },
    Variable {
        name: "PBS_CA_FILE",
        what: "certificate authorities (PEM) that `pbs publish` and `pbs fetch` trust besides the system's",
    },
    Variable {
        name: "DOCKER_CONFIG",
        what: "the directory of docker's config.json, whose `auths` are used (default: ~/.docker)",
    },
    Variable {
        name: "DOCKER_HOST",
        what: "where the Docker Engine listens (default: its usual socket)",
    },
    Variable {
        name: "HOME",
        what: "where ~/.cache/pbs, ~/.aws and ~/.docker are",
    },
    Variable {
        name: "CARGO_HOME",
        what: "where cargo keeps what it downloads (default: ~/.cargo)",
    },
    Variable {
        name: "RUSTUP_HOME",
        what: "where rustup keeps toolchains, and they rust-lld (default: ~/.rustup)",
    },
    Variable {
        name: "PATH",
        what: "where the machine's clients for mirrors are looked for (apt-get, cargo, pip), and linkers",
    },
];

/// Everything that is taken from the surroundings.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// `PBS_STORE`.
    pub store: Option<Utf8PathBuf>,
    /// `PBS_RECIPES`.
    pub recipes: Option<Utf8PathBuf>,
    /// `PBS_FETCH_FROM`.
    pub fetch_from: Option<String>,
    /// `PBS_FETCH_KEY`.
    pub fetch_key: Option<String>,
    /// `PBS_LOG`.
    pub log: Option<String>,
    /// `PBS_KEY_PASSWORD`.
    pub key_password: Option<Password>,
    /// `AWS_…`: how buckets are reached.
    pub buckets: Given,
    /// `PBS_REGISTRY_USER`.
    pub registry_user: Option<String>,
    /// `PBS_REGISTRY_PASSWORD`.
    pub registry_password: Option<Secret>,
    /// `PBS_CA_FILE`.
    pub ca_file: Option<Utf8PathBuf>,
    /// `DOCKER_CONFIG`.
    pub docker_config: Option<Utf8PathBuf>,
    /// `DOCKER_HOST`.
    pub docker_host: Option<String>,
    /// `HOME`.
    pub home: Option<Utf8PathBuf>,
    /// `CARGO_HOME`.
    pub cargo_home: Option<Utf8PathBuf>,
    /// `RUSTUP_HOME`.
    pub rustup_home: Option<Utf8PathBuf>,
    /// This program, which is started again inside of sandboxes.
    pub program: HostPath,
    /// `PATH`.
    pub path: Option<String>,
    /// Whether moving bars may be drawn on standard error.
    pub screen: Screen,
    /// Whether standard input and output are both a terminal, so that a person can be talked to.
    pub interactive: bool,
    /// The working directory.
    pub working_dir: Utf8PathBuf,
    /// How many cores this process may use.
    pub cores: NonZeroUsize,
}

/// What standard error is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Screen {
    /// A terminal that can move its cursor.
    Terminal,
    /// Anything else, or a terminal whose owner wants plain lines.
    Lines,
}

/// The surroundings are not usable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum SettingsError {
    /// A variable that is not UTF-8.
    #[error("the environment variable `{name}` is not UTF-8")]
    NotUtf8 {
        /// Its name.
        name: &'static str,
    },
    /// Where this program is cannot be told.
    #[error("cannot find this program itself")]
    Program(#[source] std::io::Error),
    /// There is no working directory, or its path is not UTF-8.
    #[error("cannot use the working directory")]
    WorkingDir(#[source] std::io::Error),
}

impl Settings {
    /// Reads the surroundings of this process.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where environment and working directory are read"
    )]
    pub(super) fn read() -> Result<Self, SettingsError> {
        let working_dir = std::env::current_dir().map_err(SettingsError::WorkingDir)?;
        let working_dir = Utf8PathBuf::from_path_buf(working_dir).map_err(|path| {
            let shown = path.display().to_string();
            SettingsError::WorkingDir(std::io::Error::other(format!("`{shown}` is not UTF-8")))
        })?;
        let program = std::env::current_exe()
            .and_then(|path| {
                Utf8PathBuf::from_path_buf(path).map_err(|_| std::io::Error::other("its path is not UTF-8"))
            })
            .map_err(SettingsError::Program)?;
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let seen = Seen {
            working_dir,
            cores,
            program: HostPath(program),
            stderr_is_terminal: std::io::stderr().is_terminal(),
            interactive: std::io::stdin().is_terminal() && std::io::stdout().is_terminal(),
        };
        Self::of(seen, std::env::var_os)
    }

    /// Makes sense of what was seen.
    fn of(
        seen: Seen,
        read: impl Fn(&'static str) -> Option<std::ffi::OsString>,
    ) -> Result<Self, SettingsError> {
        let text = |name: &'static str| {
            debug_assert!(VARIABLES.iter().any(|variable| variable.name == name), "{name}");
            match read(name) {
                // An empty variable is a common way to say "not set".
                Some(value) if value.is_empty() => Ok(None),
                Some(value) => value
                    .into_string()
                    .map(Some)
                    .map_err(|_| SettingsError::NotUtf8 { name }),
                None => Ok(None),
            }
        };
        let path = |name: &'static str| text(name).map(|value| value.map(Utf8PathBuf::from));
        let home = path("HOME")?;
        let of_home = |file: &str| home.as_ref().map(|home| home.join(file));
        let buckets = Given {
            key_id: text("AWS_ACCESS_KEY_ID")?,
            secret_key: text("AWS_SECRET_ACCESS_KEY")?.map(Secret::new),
            session_token: text("AWS_SESSION_TOKEN")?.map(Secret::new),
            region: text("AWS_REGION")?.or(text("AWS_DEFAULT_REGION")?),
            endpoint: text("AWS_ENDPOINT_URL_S3")?.or(text("AWS_ENDPOINT_URL")?),
            profile: text("AWS_PROFILE")?,
            credentials_file: path("AWS_SHARED_CREDENTIALS_FILE")?.or_else(|| of_home(".aws/credentials")),
            config_file: path("AWS_CONFIG_FILE")?.or_else(|| of_home(".aws/config")),
        };
        let plain = text("PBS_NO_PROGRESS")?.is_some()
            || text("NO_COLOR")?.is_some()
            || text("TERM")?.as_deref() == Some("dumb");
        Ok(Self {
            store: path("PBS_STORE")?,
            recipes: path("PBS_RECIPES")?,
            fetch_from: text("PBS_FETCH_FROM")?,
            fetch_key: text("PBS_FETCH_KEY")?,
            log: text("PBS_LOG")?,
            key_password: text("PBS_KEY_PASSWORD")?.map(Password::new),
            buckets,
            registry_user: text("PBS_REGISTRY_USER")?,
            registry_password: text("PBS_REGISTRY_PASSWORD")?.map(Secret::new),
            ca_file: path("PBS_CA_FILE")?,
            docker_config: path("DOCKER_CONFIG")?,
            docker_host: text("DOCKER_HOST")?,
            home,
            cargo_home: path("CARGO_HOME")?,
            rustup_home: path("RUSTUP_HOME")?,
            program: seen.program,
            path: text("PATH")?,
            screen: match seen.stderr_is_terminal && !plain {
                true => Screen::Terminal,
                false => Screen::Lines,
            },
            interactive: seen.interactive,
            working_dir: seen.working_dir,
            cores: seen.cores,
        })
    }
}

/// What is not in the environment.
struct Seen {
    working_dir: Utf8PathBuf,
    cores: NonZeroUsize,
    program: HostPath,
    stderr_is_terminal: bool,
    interactive: bool,
}

/// The registry as a table for `--help`.
#[must_use]
pub(super) fn variables_table() -> String {
    let width = VARIABLES
        .iter()
        .map(|variable| variable.name.len())
        .max()
        .unwrap_or(0);
    VARIABLES
        .iter()
        .map(|variable| format!("  {:width$}  {}\n", variable.name, variable.what))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn seen() -> Seen {
        Seen {
            working_dir: "/here".into(),
            cores: NonZeroUsize::MIN,
            program: HostPath("/bin/pbs".into()),
            stderr_is_terminal: true,
            interactive: true,
        }
    }

    fn screen(variables: &[(&str, &str)]) -> Screen {
        let read = |name: &str| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| OsString::from(value))
        };
        Settings::of(seen(), read).unwrap().screen
    }

    #[test]
    fn bars_only_where_they_are_wanted() {
        assert_eq!(screen(&[]), Screen::Terminal);
        assert_eq!(screen(&[("NO_COLOR", "")]), Screen::Terminal);
        assert_eq!(screen(&[("NO_COLOR", "1")]), Screen::Lines);
        assert_eq!(screen(&[("PBS_NO_PROGRESS", "1")]), Screen::Lines);
        assert_eq!(screen(&[("TERM", "dumb")]), Screen::Lines);
    }

    #[test]
    fn names_the_variable_that_is_not_text() {
        use std::os::unix::ffi::OsStringExt as _;
        let read = |name: &'static str| (name == "PBS_STORE").then(|| OsString::from_vec(vec![0xff]));
        let error = Settings::of(seen(), read).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the environment variable `PBS_STORE` is not UTF-8"
        );
    }
}
