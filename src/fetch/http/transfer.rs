//! One request, and how far a transfer got over all its requests.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{CONTENT_RANGE, ETAG, HeaderValue, IF_RANGE, LOCATION, RANGE, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};
use tokio::time::Instant;

use super::body::Sender;
use super::route::RefusedRedirect;
use super::{BodySize, Http, HttpError};

/// How far a transfer got, over all its attempts.
#[derive(Default)]
pub(super) struct State {
    pub(super) received: u64,
    etag: Option<HeaderValue>,
    /// How long the server wants to be left alone.
    pub(super) asked_to_wait: Option<Duration>,
}

impl State {
    /// So many bytes are there already, from an earlier transfer.
    pub(super) fn from(received: u64) -> Self {
        Self {
            received,
            ..Self::default()
        }
    }

    /// Checks the head of a response; answers how many bytes of its body we have already.
    fn begin(&mut self, response: &Response, size: BodySize) -> Result<u64, HttpError> {
        match response.status() {
            StatusCode::OK => {
                if let (BodySize::Exactly(expected), Some(announced)) = (size, response.content_length())
                    && announced != expected
                {
                    return Err(HttpError::Announced { announced, expected });
                }
                self.etag = response
                    .headers()
                    .get(ETAG)
                    // A weak one may not be used to resume.
                    .filter(|etag| !etag.as_bytes().starts_with(b"W/"))
                    .cloned();
                Ok(self.received)
            }
            StatusCode::PARTIAL_CONTENT if self.received > 0 => {
                let from = format!("bytes {}-", self.received);
                let range = response.headers().get(CONTENT_RANGE);
                if range.is_some_and(|range| range.as_bytes().starts_with(from.as_bytes())) {
                    Ok(0)
                } else {
                    Err(HttpError::Resumed {
                        received: self.received,
                    })
                }
            }
            status if status.is_redirection() => {
                let to = response.headers().get(LOCATION).map(HeaderValue::as_bytes);
                let to = String::from_utf8_lossy(to.unwrap_or_default()).into_owned();
                Err(HttpError::Redirect { to })
            }
            status => {
                let seconds = response.headers().get(RETRY_AFTER);
                let seconds = seconds.and_then(|value| value.to_str().ok()?.trim().parse().ok());
                self.asked_to_wait = seconds.map(Duration::from_secs);
                Err(HttpError::Status { status })
            }
        }
    }

    const fn end(&self, size: BodySize) -> Result<(), HttpError> {
        match size {
            BodySize::Exactly(expected) if self.received < expected => Err(HttpError::Truncated {
                received: self.received,
                expected,
            }),
            _ => Ok(()),
        }
    }
}

impl Http {
    /// One request; `state` says how far earlier ones got.
    pub(super) async fn transfer(
        &self,
        (url, headers): (&Url, &[(String, String)]),
        size: BodySize,
        state: &mut State,
        sender: &Sender,
    ) -> Result<(), HttpError> {
        let mut request = self.client.get(url.clone());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if state.received > 0 {
            request = request.header(RANGE, format!("bytes={}-", state.received));
            if let Some(etag) = &state.etag {
                request = request.header(IF_RANGE, etag.clone());
            }
        }
        let limit = self.limits.connect + self.limits.idle;
        let mut response = match tokio::time::timeout(limit, request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(source)) if source.is_connect() => {
                let host = source.url().map_or_else(|| host_of(url), host_of);
                return Err(HttpError::Unreachable {
                    host,
                    source: source.without_url(),
                });
            }
            Ok(Err(source)) if source.is_redirect() || source.is_builder() => {
                return Err(match refused(&source) {
                    Some(to) => HttpError::Redirect { to },
                    None => HttpError::Request {
                        source: source.without_url(),
                    },
                });
            }
            Ok(Err(source)) => {
                return Err(HttpError::Broken {
                    received: state.received,
                    source: source.without_url(),
                });
            }
            Err(_) => return Err(self.stalled(state)),
        };
        let mut skip = state.begin(&response, size)?;
        let mut patience = Patience::new(self.limits.idle);
        loop {
            let piece = match tokio::time::timeout_at(patience.until, response.chunk()).await {
                Err(_) => return Err(self.stalled(state)),
                Ok(Err(source)) => {
                    return Err(HttpError::Broken {
                        received: state.received,
                        source: source.without_url(),
                    });
                }
                Ok(Ok(None)) => return state.end(size),
                Ok(Ok(Some(piece))) => piece,
            };
            patience.came(piece.len());
            let known = skip.min(piece.len() as u64);
            skip -= known;
            let piece = piece.slice(usize::try_from(known).unwrap_or(usize::MAX)..);
            if piece.is_empty() {
                continue;
            }
            state.received += piece.len() as u64;
            if state.received > size.most() {
                return Err(HttpError::TooLong {
                    expected: size.most(),
                });
            }
            let full = Instant::now();
            if sender.send(Ok(piece)).await.is_err() {
                return Ok(());
            }
            patience.until += full.elapsed();
        }
    }

    fn stalled(&self, state: &State) -> HttpError {
        HttpError::Stalled {
            seconds: self.limits.idle.as_secs_f32(),
            received: state.received,
        }
    }
}

/// So much must come within the time that nothing may come: who sends a byte now and then would keep us for ever.
const LEAST: usize = 16 << 10;

/// How long what comes next is waited for.
struct Patience {
    idle: Duration,
    until: Instant,
    /// What is still to come before there is new patience.
    due: usize,
}

impl Patience {
    fn new(idle: Duration) -> Self {
        Self {
            idle,
            until: Instant::now() + idle,
            due: LEAST,
        }
    }

    fn came(&mut self, bytes: usize) {
        self.due = self.due.saturating_sub(bytes);
        if self.due == 0 {
            *self = Self::new(self.idle);
        }
    }
}

/// Where a redirect led that our own rule refused.
fn refused(error: &reqwest::Error) -> Option<String> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<RefusedRedirect>() {
            return Some(refused.to.clone());
        }
        cause = error.source();
    }
    None
}

/// Whom an address asks.
pub(super) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
