//! HTTP downloads as plain readers: limits, time-outs, resumption, and a memory for dead hosts.
//!
//! Owns every outgoing HTTP request of `fetch`; beside `registry/http.rs` the only file that
//! names `reqwest`. It must never write a file or decide which place is tried next.
//!
//! The functions block; they must not be called from asynchronous code.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::{CONTENT_RANGE, ETAG, HeaderValue, IF_RANGE, RANGE};
use reqwest::{Client, Proxy, Response, StatusCode, Url, redirect};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How long and how often.
#[derive(Clone, Copy, Debug)]
pub struct HttpLimits {
    /// For name look-up, connection and TLS together.
    pub connect: Duration,
    /// For the next bytes to come.
    pub idle: Duration,
    /// How often a transfer that breaks off is taken up again, the first time included.
    pub attempts: u32,
    /// The pause before it is taken up again.
    pub pause: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            idle: Duration::from_secs(60),
            attempts: 4,
            pause: Duration::from_secs(1),
        }
    }
}

/// Which proxy serves which address, beside what the environment says.
pub(crate) type ProxyRule = dyn Fn(&str, &str) -> Option<String> + Send + Sync;

/// What a client of its own differs in from the environment's settings.
#[derive(Default)]
pub struct Route {
    /// Scheme and host → proxy; nothing asks the environment.
    pub proxy: Option<Box<ProxyRule>>,
    /// Certificate authorities to trust besides the system's, PEM.
    pub authorities: Vec<u8>,
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route")
            .field("proxy", &self.proxy.is_some())
            .finish_non_exhaustive()
    }
}

/// What a body must measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BodySize {
    /// So many bytes.
    Exactly(u64),
    /// So many bytes or fewer.
    AtMost(u64),
}

impl BodySize {
    const fn most(self) -> u64 {
        match self {
            Self::Exactly(size) | Self::AtMost(size) => size,
        }
    }
}

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
    /// Nothing came for too long, each time.
    #[error("nothing came for {seconds} s after {received} bytes")]
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
    /// Whether the transfer may go on where it stopped.
    const fn is_interruption(&self) -> bool {
        matches!(
            self,
            Self::Truncated { .. } | Self::Broken { .. } | Self::Stalled { .. }
        )
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

/// Makes requests. Cheap to clone; clones share the memory for dead hosts.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
    limits: HttpLimits,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    runtime: Option<tokio::runtime::Runtime>,
    /// Hosts no connection could be made to.
    dead: Mutex<BTreeMap<String, ()>>,
    cancelled: CancellationToken,
}

impl Drop for Shared {
    fn drop(&mut self) {
        // A runtime must not be waited for in asynchronous code, and this may be dropped there.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Shared {
    fn dead(&self) -> MutexGuard<'_, BTreeMap<String, ()>> {
        self.dead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn client(limits: HttpLimits, route: Route) -> Result<Client, HttpError> {
    // Errs if one is installed already, by an earlier client: all the same to us.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .user_agent(concat!("pbs/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(limits.connect)
        .redirect(redirect::Policy::limited(8));
    if let Some(rule) = route.proxy {
        builder = builder.proxy(Proxy::custom(move |url| {
            rule(url.scheme(), url.host_str()?).and_then(|proxy| Url::parse(&proxy).ok())
        }));
    }
    let setup = |source: reqwest::Error| HttpError::Setup {
        source: source.into(),
    };
    if !route.authorities.is_empty() {
        let authorities = reqwest::Certificate::from_pem_bundle(&route.authorities).map_err(setup)?;
        builder = builder.tls_certs_merge(authorities);
    }
    builder.build().map_err(setup)
}

impl Http {
    /// A client that honours the environment's proxy variables and the system's certificates.
    pub fn new(limits: HttpLimits, cancelled: CancellationToken) -> Result<Self, HttpError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("fetch")
            .enable_all()
            .build()
            .map_err(|source| HttpError::Setup {
                source: source.into(),
            })?;
        Ok(Self {
            client: client(limits, Route::default())?,
            limits,
            shared: Arc::new(Shared {
                runtime: Some(runtime),
                dead: Mutex::default(),
                cancelled,
            }),
        })
    }

    /// A client that goes another way to the same world.
    pub fn with_route(&self, route: Route) -> Result<Self, HttpError> {
        Ok(Self {
            client: client(self.limits, route)?,
            limits: self.limits,
            shared: Arc::clone(&self.shared),
        })
    }

    /// Starts a GET; everything that goes wrong shows when the body is read.
    pub fn get(&self, url: &str, size: BodySize) -> Result<Body, HttpError> {
        let address = Url::parse(url)
            .ok()
            .filter(|address| matches!(address.scheme(), "http" | "https"))
            .ok_or_else(|| HttpError::Address { url: url.to_owned() })?;
        // Few pieces wait at a time: a slow disk must not fill the memory.
        let (sender, receiver) = mpsc::channel(8);
        let this = self.clone();
        if let Some(runtime) = &self.shared.runtime {
            runtime.spawn(async move {
                let cancelled = this.shared.cancelled.clone();
                let outcome = tokio::select! {
                    () = cancelled.cancelled() => Err(HttpError::Cancelled),
                    outcome = this.download(address, size, &sender) => outcome,
                };
                if let Err(error) = outcome {
                    // Nobody listens any more if this fails.
                    let _ = sender.send(Err(error)).await;
                }
            });
        }
        Ok(Body {
            receiver,
            piece: Piece::new(),
            failure: None,
        })
    }

    /// Gets a small text.
    pub fn get_text(&self, url: &str, most: u64) -> Result<String, HttpError> {
        let mut body = self.get(url, BodySize::AtMost(most))?;
        let mut bytes = Vec::new();
        match body.read_to_end(&mut bytes) {
            Ok(_) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => Err(body
                .failure()
                .unwrap_or_else(|| HttpError::Setup { source: error.into() })),
        }
    }

    async fn download(&self, url: Url, size: BodySize, sender: &Sender) -> Result<(), HttpError> {
        let host = host_of(&url);
        if self.shared.dead().contains_key(&host) {
            return Err(HttpError::KnownUnreachable { host });
        }
        let mut state = State {
            received: 0,
            etag: None,
        };
        let mut attempt = 1;
        loop {
            let error = match self.transfer(&url, size, &mut state, sender).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            if let HttpError::Unreachable { host, .. } = &error {
                self.shared.dead().insert(host.clone(), ());
            }
            if !error.is_interruption() || attempt >= self.limits.attempts {
                return Err(error);
            }
            tracing::debug!(%url, attempt, received = state.received, %error, "taking a transfer up again");
            attempt += 1;
            tokio::time::sleep(self.limits.pause).await;
        }
    }

    /// One request; `state` says how far earlier ones got.
    async fn transfer(
        &self,
        url: &Url,
        size: BodySize,
        state: &mut State,
        sender: &Sender,
    ) -> Result<(), HttpError> {
        let mut request = self.client.get(url.clone());
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
                return Err(HttpError::Request {
                    source: source.without_url(),
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
        loop {
            let piece = match tokio::time::timeout(self.limits.idle, response.chunk()).await {
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
            if sender.send(Ok(piece)).await.is_err() {
                return Ok(());
            }
        }
    }

    fn stalled(&self, state: &State) -> HttpError {
        HttpError::Stalled {
            seconds: self.limits.idle.as_secs_f32(),
            received: state.received,
        }
    }
}

fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

type Piece = tokio_util::bytes::Bytes;
type Sender = mpsc::Sender<Result<Piece, HttpError>>;

/// How far a transfer got, over all its attempts.
struct State {
    received: u64,
    etag: Option<HeaderValue>,
}

impl State {
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
            status => Err(HttpError::Status { status }),
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

/// The body of a response, read while it comes. Dropping it ends the transfer.
#[derive(Debug)]
pub struct Body {
    receiver: mpsc::Receiver<Result<Piece, HttpError>>,
    piece: Piece,
    failure: Option<HttpError>,
}

impl Body {
    /// Why reading failed.
    pub fn failure(&mut self) -> Option<HttpError> {
        self.failure.take()
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.receiver.blocking_recv() {
                Some(Ok(piece)) => self.piece = piece,
                Some(Err(error)) => {
                    let text = error.to_string();
                    self.failure = Some(error);
                    return Err(io::Error::other(text));
                }
                None => return Ok(0),
            }
        }
        let count = buffer.len().min(self.piece.len());
        buffer[..count].copy_from_slice(&self.piece.split_to(count));
        Ok(count)
    }
}
