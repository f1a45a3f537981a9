//! Why a body did not come.

use reqwest::StatusCode;

/// Why a body did not come.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The address is none.
    #[error("`{url}` is not an HTTP address")]
    Address {
        /// As written.
        url: String,
    },
    /// No connection.
    #[error("host `{host}` cannot be reached")]
    Unreachable {
        /// Who.
        host: String,
        /// Why.
        source: reqwest::Error,
    },
    /// No connection a moment ago, so none was tried.
    #[error("host `{host}` could not be reached before")]
    KnownUnreachable {
        /// Who.
        host: String,
    },
    /// Something else went wrong before the body began.
    #[error("the request failed")]
    Request {
        /// Why.
        source: reqwest::Error,
    },
    /// The server answered, but not with the thing.
    #[error("the server answered {status}")]
    Status {
        /// The status.
        status: StatusCode,
    },
    /// The server sends to somewhere that is not asked.
    #[error("the server redirects to `{to}`, which is not followed")]
    Redirect {
        /// Where to.
        to: String,
    },
    /// The announced length is a wrong one.
    #[error("the server announces {announced} bytes instead of {expected}")]
    Announced {
        /// What the server says.
        announced: u64,
        /// What it must be.
        expected: u64,
    },
    /// More came than can be right.
    #[error("the body is longer than {expected} bytes")]
    TooLong {
        /// What it must be.
        expected: u64,
    },
    /// The body ended early, each time.
    #[error("the body ended after {received} of {expected} bytes")]
    Truncated {
        /// How far it got.
        received: u64,
        /// What it must be.
        expected: u64,
    },
    /// The connection broke, each time.
    #[error("reading broke off after {received} bytes")]
    Broken {
        /// How far it got.
        received: u64,
        /// Why.
        source: reqwest::Error,
    },
    /// The connection broke before an answer came, each time.
    #[error("the connection broke before an answer came")]
    NoAnswer {
        /// Why.
        source: reqwest::Error,
    },
    /// No answer came for too long, each time.
    #[error("no answer came for {seconds} s")]
    LateAnswer {
        /// The limit.
        seconds: f32,
    },
    /// Next to nothing came for too long, each time.
    #[error("next to nothing came for {seconds} s, {received} bytes in all")]
    Stalled {
        /// The limit.
        seconds: f32,
        /// How far it got.
        received: u64,
    },
    /// A resumed transfer went on at another place than asked for.
    #[error("the server resumed at another place than byte {received}")]
    Resumed {
        /// Where it should have gone on.
        received: u64,
    },
    /// The driver is stopping.
    #[error("cancelled")]
    Cancelled,
    /// The client could not be set up.
    #[error("the HTTP client could not be set up")]
    Setup {
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl HttpError {
    /// Whether it may go better a moment later: the transfer broke off, or the server is not able just now.
    pub(crate) fn is_temporary(&self) -> bool {
        match self {
            Self::Truncated { .. }
            | Self::Broken { .. }
            | Self::NoAnswer { .. }
            | Self::LateAnswer { .. }
            | Self::Stalled { .. } => true,
            Self::Status { status } => matches!(status.as_u16(), 408 | 425 | 429 | 500 | 502..=504),
            _ => false,
        }
    }

    /// Whether the server's certificate is not believed, or is of somebody else.
    #[must_use]
    pub fn is_untrusted(&self) -> bool {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(self);
        while let Some(error) = cause {
            // What an I/O error wraps is not among its sources, but theirs are; one may wrap another.
            let mut inner = error;
            while let Some(wrapped) = inner.downcast_ref::<std::io::Error>().and_then(|io| io.get_ref()) {
                inner = wrapped;
            }
            let tls = inner.downcast_ref::<rustls::Error>();
            if matches!(tls, Some(rustls::Error::InvalidCertificate(_))) {
                return true;
            }
            cause = error.source();
        }
        false
    }

    /// Whether a server said that it has no such thing (or not for us).
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status } => Some(status.as_u16()),
            _ => None,
        }
    }
}
