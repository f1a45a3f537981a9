//! Why a registry did not do what was asked, and whose matter that is.

use camino::Utf8PathBuf;

use crate::fetch::HttpError;

/// Why a registry did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// No answer came.
    #[error("failed to {doing}")]
    Http {
        /// What was being done.
        doing: &'static str,
        /// Why.
        #[source]
        source: HttpError,
    },
    /// It answered something else.
    #[error("failed to {doing}: the registry answered {status}{said}")]
    Status {
        /// What was being done.
        doing: &'static str,
        /// The status.
        status: u16,
        /// What it said of it, after a colon.
        said: String,
    },
    /// Nobody is allowed who does not say who they are.
    #[error("failed to {doing}: `{host}` wants credentials, and there are none")]
    NoCredentials {
        /// What was being done.
        doing: &'static str,
        /// The registry.
        host: String,
    },
    /// The credentials are where we do not look.
    #[error(
        "failed to {doing}: the credentials for `{host}` are kept by docker's helper `{helper}`, which is not asked"
    )]
    Helper {
        /// What was being done.
        doing: &'static str,
        /// The registry.
        host: String,
        /// The helper.
        helper: String,
    },
    /// The credentials are wrong, or expired.
    #[error("failed to {doing}: `{host}` does not accept the credentials of `{user}`")]
    Unaccepted {
        /// What was being done.
        doing: &'static str,
        /// The registry, or who gives its tokens.
        host: String,
        /// The name.
        user: String,
    },
    /// Whoever asks may not.
    #[error("failed to {doing}: {who} may not{said}")]
    Forbidden {
        /// What was being done.
        doing: &'static str,
        /// Who.
        who: String,
        /// What the registry said of it, after a colon.
        said: String,
    },
    /// Credentials would be sent to where others can read them.
    #[error("`{host}` sends to `{realm}` for tokens, where credentials would not be safe")]
    Realm {
        /// The registry.
        host: String,
        /// Where to.
        realm: String,
    },
    /// It is something else.
    #[error("`{host}` is no registry: it answers {status} to what every registry knows")]
    NoRegistry {
        /// Whoever was asked.
        host: String,
        /// The status.
        status: u16,
    },
    /// Something else has the tag.
    #[error("`{reference}` is not what `pbs publish` puts there")]
    Strange {
        /// What.
        reference: String,
    },
    /// A blob is not what its digest says.
    #[error("`{reference}` is damaged: the registry gives other bytes than its digest says")]
    Damaged {
        /// What.
        reference: String,
    },
    /// An upload was begun too often.
    #[error("the registry does not take `{name}` to its end")]
    Upload {
        /// What.
        name: String,
        /// Why not, the last time.
        #[source]
        source: Box<Self>,
    },
    /// A file is not what it was a moment ago.
    #[error("`{path}` changed while it was being published")]
    Moving {
        /// The file.
        path: Utf8PathBuf,
    },
    /// A file of this machine cannot be read.
    #[error("failed to read what is to be published")]
    Read(#[source] std::io::Error),
    /// Docker's file cannot be used.
    #[error("`{path}` should say who you are, and cannot be used: {why}")]
    DockerConfig {
        /// The file.
        path: Utf8PathBuf,
        /// What is wrong with it; nothing of what stands in it.
        why: String,
    },
}

impl RegistryError {
    /// The status of an answer that was none.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } | Self::NoRegistry { status, .. } => Some(*status),
            Self::NoCredentials { .. } | Self::Helper { .. } | Self::Unaccepted { .. } => Some(401),
            Self::Forbidden { .. } => Some(403),
            Self::Http { source, .. } => source.status(),
            Self::Upload { source, .. } => source.status(),
            _ => None,
        }
    }

    /// Whether a person interrupted it.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        match self {
            Self::Http { source, .. } => matches!(source, HttpError::Cancelled),
            Self::Upload { source, .. } => source.is_cancelled(),
            _ => false,
        }
    }

    /// Whether what is there, or what is to be put there, is wrong, and not the way to it.
    #[must_use]
    pub const fn is_wrong_content(&self) -> bool {
        matches!(
            self,
            Self::Strange { .. } | Self::Damaged { .. } | Self::Moving { .. }
        )
    }

    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        let credentials = "set PBS_REGISTRY_USER and PBS_REGISTRY_PASSWORD, or log in with `docker login`";
        Some(match self {
            Self::Http {
                source: HttpError::Cancelled,
                ..
            } => return None,
            Self::Http { source, .. } if source.is_untrusted() => UNTRUSTED,
            Self::Http { .. } => {
                "is the network there, and the address right? what is there stays: try again"
            }
            Self::NoCredentials { .. } => credentials,
            Self::Helper { .. } => "set PBS_REGISTRY_USER and PBS_REGISTRY_PASSWORD",
            Self::Unaccepted { .. } => {
                "are they expired? PBS_REGISTRY_USER and PBS_REGISTRY_PASSWORD come before docker's config.json"
            }
            Self::Forbidden { .. } => "ask for the right to use this repository, or give other credentials",
            Self::Realm { .. } => "use the registry's https address",
            Self::NoRegistry { .. } => "is the host right, and the port?",
            Self::Strange { .. } => "somebody else uses this repository: name one of its own",
            Self::Damaged { .. } => "try again, and tell whoever runs the registry if it stays so",
            Self::Status { status: 429, .. } => {
                "too many ask it at once: wait, then go on; what is there stays"
            }
            Self::Status { status: 500.., .. } => {
                "the registry is not well: wait, then go on; what is there stays"
            }
            Self::Status { status: 400, .. } => {
                "is it https? `oci+https://` and `oci+http://` say which of the two it is"
            }
            Self::Status { .. } => "does the registry keep to OCI's distribution specification 1.1?",
            Self::Upload { source, .. } => return source.hint(),
            Self::Moving { .. } => "publish again when nobody writes to it",
            Self::Read(_) => "may it be read?",
            Self::DockerConfig { .. } => "mend it, or set PBS_REGISTRY_USER and PBS_REGISTRY_PASSWORD",
        })
    }
}

/// What to do about certificates.
pub(crate) const UNTRUSTED: &str = "PBS_CA_FILE names a PEM file of a certificate authority to trust beside \
                                    the system's; if it is trusted, the certificate is of another host or expired";
