//! Why a bucket did not do what it was asked for, and whose matter that is.

use crate::fetch::HttpError;

/// Why a bucket did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BucketError {
    /// Nobody is said to ask.
    #[error("there are no credentials for it")]
    NoCredentials,
    /// One half of what says who asks.
    #[error("`{missing}` is not set, and the other half of the credentials is")]
    HalfCredentials {
        /// The variable.
        missing: &'static str,
    },
    /// A profile that is in no file.
    #[error("there is no profile `{name}`")]
    NoProfile {
        /// The profile.
        name: String,
    },
    /// A file of profiles cannot be read.
    #[error("the profiles cannot be read")]
    Profile {
        /// Why not; names the file.
        #[source]
        source: std::io::Error,
    },
    /// The endpoint is no address.
    #[error("the endpoint `{endpoint}` is no address")]
    Endpoint {
        /// As written.
        endpoint: String,
    },
    /// Credentials that no request can be signed with.
    #[error("the request cannot be signed")]
    Sign,
    /// The server did not answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The server answered that it does not do it.
    #[error("the server refuses it: {status} {code}{}{message}", if message.is_empty() { "" } else { ": " })]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The word that says why, such as `AccessDenied`; nothing where there is none.
        code: String,
        /// The same in a sentence; nothing where there is none.
        message: String,
    },
    /// The bucket is somewhere else.
    #[error("the bucket is in the region `{region}`, and `{asked}` was asked")]
    Region {
        /// Where it is.
        region: String,
        /// Which region was asked.
        asked: String,
    },
    /// The server answered something that makes no sense.
    #[error("the server's answer has no {what}")]
    Nonsense {
        /// What is missing in it.
        what: &'static str,
    },
    /// The server writes whatever is there.
    #[error("the server does not keep to conditions (`{condition}`)")]
    Unconditional {
        /// The condition that it did not keep to.
        condition: &'static str,
    },
    /// Somebody else has taken over.
    #[error("the right to publish was lost: it could not be kept for {seconds} s, or somebody took it")]
    Lost {
        /// How long it lasts without news.
        seconds: u64,
    },
}

impl BucketError {
    /// The word of the server that says why.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Refused { code, .. } => code,
            _ => "",
        }
    }

    /// The status that the server answered with.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether a person interrupted it.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Http(HttpError::Cancelled))
    }

    /// Whether what was named is wrong, and nothing around it.
    #[must_use]
    pub fn is_input(&self) -> bool {
        matches!(self, Self::Endpoint { .. } | Self::NoProfile { .. }) || self.code() == "NoSuchBucket"
    }

    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        let hint = match self {
            Self::NoCredentials => {
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; for a profile that logs in \
                 otherwise, `aws configure export-credentials --format env` prints them"
            }
            Self::HalfCredentials { .. } => "set both, or neither to use a profile",
            Self::NoProfile { .. } => {
                "AWS_PROFILE names it; `~/.aws/credentials` and `~/.aws/config` list them"
            }
            Self::Profile { .. } => "may it be read?",
            Self::Endpoint { .. } => "AWS_ENDPOINT_URL is such as `https://s3.example.org`",
            Self::Sign => "are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY what they should be?",
            Self::Http(_) => "is the network there, and AWS_ENDPOINT_URL right?",
            Self::Refused { status, code, .. } => return refused(*status, code),
            Self::Region { .. } => "set AWS_REGION to it",
            Self::Nonsense { .. } => "does AWS_ENDPOINT_URL name a server that speaks S3?",
            Self::Unconditional { .. } => {
                "two who publish at once could lose what one of them adds, so nothing was published: publish to a \
                 directory and copy it there, `index.json` last"
            }
            Self::Lost { .. } => "publish again; `pbs publish` goes on where it ended",
        };
        Some(hint)
    }
}

/// What can be done where a server refuses.
fn refused(status: u16, code: &str) -> Option<&'static str> {
    Some(match (status, code) {
        (_, "NoSuchBucket") => {
            "make the bucket first, or name another; AWS_ENDPOINT_URL says on which server"
        }
        (_, "InvalidAccessKeyId") => "AWS_ACCESS_KEY_ID is not known there: is it of this server?",
        (_, "SignatureDoesNotMatch") => "AWS_SECRET_ACCESS_KEY does not belong to AWS_ACCESS_KEY_ID",
        (_, "ExpiredToken" | "TokenRefreshRequired" | "ExpiredTokenException") => {
            "the credentials have expired: log in again"
        }
        (_, "InvalidToken") => {
            "AWS_SESSION_TOKEN does not belong to the other credentials: unset it, or log in again"
        }
        (_, "RequestTimeTooSkewed") => "this machine's clock is wrong: set it",
        (_, "AuthorizationHeaderMalformed") => "is AWS_REGION the bucket's region?",
        (403, _) => {
            "publishing needs s3:GetObject, s3:PutObject, s3:ListBucket (without it, what is not there looks \
             forbidden) and s3:AbortMultipartUpload"
        }
        (429 | 500.., _) => "the server is not well: wait, and publish again; it goes on where it ended",
        _ => return None,
    })
}
