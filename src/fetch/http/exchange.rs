//! Requests that say something and get a small answer: what protocols need that write.

use std::fmt;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};

use super::body::Piece;
use super::transfer::host_of;
use super::{Again, Http, HttpError, LONGEST_WAIT, address};

/// A body that goes out more slowly than this (bytes a second) is given up.
const SLOWEST: u64 = 50_000;

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verb {
    /// `GET`.
    Get,
    /// `HEAD`.
    Head,
    /// `PUT`.
    Put,
    /// `POST`.
    Post,
    /// `PATCH`.
    Patch,
    /// `DELETE`.
    Delete,
}

impl Verb {
    /// As it stands in a request.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    const fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Head => Method::HEAD,
            Self::Put => Method::PUT,
            Self::Post => Method::POST,
            Self::Patch => Method::PATCH,
            Self::Delete => Method::DELETE,
        }
    }
}

/// A request. It may be sent several times: whoever asks must stand that.
pub struct Question<'a> {
    /// What is asked for.
    pub verb: Verb,
    /// Where. Never shown: it may hold secrets.
    pub url: &'a str,
    /// The headers, made anew each time, as signatures have a time.
    pub headers: &'a dyn Fn() -> Vec<(String, String)>,
    /// What is sent; copies share it.
    pub body: Piece,
    /// So many bytes may be in the answer.
    pub most: u64,
    /// Which answers say that it may be otherwise in a moment, beside the statuses that mean it.
    pub is_early: fn(&Answer) -> bool,
}

impl fmt::Debug for Question<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question")
            .field("verb", &self.verb)
            .field("body", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What a server answered, whatever that is.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    headers: HeaderMap,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header, if it is there and plain text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether the server is not able just now.
    fn is_temporary(&self) -> bool {
        matches!(self.status, 408 | 425 | 429 | 500 | 502..=504)
    }
}

impl Http {
    /// Sends a request and reads the whole answer. Tries again what breaks off, and what a server is not able
    /// to do just now; `again` is told the reason. The last answer is given whatever its status is.
    pub fn ask(&self, question: Question<'_>, again: &Again) -> Result<Answer, HttpError> {
        let Some(runtime) = &self.shared.runtime else {
            return Err(HttpError::Cancelled);
        };
        let url = address(question.url)?;
        let cancelled = &self.shared.cancelled;
        let (mut attempt, mut pause) = (1, self.limits.pause);
        loop {
            let outcome = runtime.block_on(async {
                tokio::select! {
                    () = cancelled.cancelled() => Err(HttpError::Cancelled),
                    outcome = self.once(&question, &url) => outcome,
                }
            });
            let is_last = attempt >= self.limits.attempts;
            let (reason, asked) = match outcome {
                Ok(answer) if (answer.is_temporary() || (question.is_early)(&answer)) && !is_last => {
                    let asked = answer
                        .header(RETRY_AFTER.as_str())
                        .and_then(|text| text.trim().parse().ok());
                    let asked = asked.map(Duration::from_secs).unwrap_or_default();
                    (format!("the server answered {}", answer.status), asked)
                }
                Err(error) if error.is_temporary() && !is_last => (error.to_string(), Duration::ZERO),
                done => return done,
            };
            let wait = asked.min(LONGEST_WAIT).max(pause);
            attempt += 1;
            pause *= 2;
            again(&format!(
                "{reason}; attempt {attempt} of {} in {:.0} s",
                self.limits.attempts,
                wait.as_secs_f32()
            ));
            runtime.block_on(async {
                tokio::select! {
                    () = cancelled.cancelled() => (),
                    () = tokio::time::sleep(wait) => (),
                }
            });
        }
    }

    async fn once(&self, question: &Question<'_>, url: &reqwest::Url) -> Result<Answer, HttpError> {
        let mut headers = HeaderMap::new();
        for (name, value) in (question.headers)() {
            let setup = |source: Box<dyn std::error::Error + Send + Sync>| HttpError::Setup { source };
            let name = HeaderName::try_from(name).map_err(|error| setup(error.into()))?;
            headers.insert(
                name,
                HeaderValue::try_from(value).map_err(|error| setup(error.into()))?,
            );
        }
        let body = question.body.clone();
        let sending = Duration::from_secs(body.len() as u64 / SLOWEST);
        let limit = self.limits.connect + self.limits.idle + sending;
        let request = self.client.request(question.verb.method(), url.clone());
        let sent = request.headers(headers).body(body).send();
        let mut response = match tokio::time::timeout(limit, sent).await {
            Ok(Ok(response)) => response,
            Ok(Err(source)) if source.is_connect() => {
                return Err(HttpError::Unreachable {
                    host: host_of(url),
                    source: source.without_url(),
                });
            }
            Ok(Err(source)) if source.is_redirect() || source.is_builder() => {
                return Err(HttpError::Request {
                    source: source.without_url(),
                });
            }
            Ok(Err(source)) => {
                return Err(HttpError::NoAnswer {
                    source: source.without_url(),
                });
            }
            Err(_) => {
                return Err(HttpError::LateAnswer {
                    seconds: limit.as_secs_f32(),
                });
            }
        };
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        loop {
            let piece = tokio::time::timeout(self.limits.idle, response.chunk()).await;
            let received = body.len() as u64;
            let piece = match piece {
                Ok(Ok(Some(piece))) => piece,
                Ok(Ok(None)) => {
                    return Ok(Answer {
                        status,
                        headers,
                        body,
                    });
                }
                Ok(Err(source)) => {
                    let source = source.without_url();
                    return Err(HttpError::Broken { received, source });
                }
                Err(_) => {
                    let seconds = self.limits.idle.as_secs_f32();
                    return Err(HttpError::Stalled { seconds, received });
                }
            };
            if received + piece.len() as u64 > question.most {
                return Err(HttpError::TooLong {
                    expected: question.most,
                });
            }
            body.extend_from_slice(&piece);
        }
    }
}
