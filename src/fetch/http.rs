//! HTTP downloads as plain readers: limits, time-outs, resumption, and a memory for dead hosts.
//!
//! Owns every outgoing HTTP request of `fetch`; nobody else names `reqwest`. It must never write a
//! file or decide which place is tried next.
//!
//! The functions block; they must not be called from asynchronous code.

mod body;
mod error;
mod exchange;
mod route;
mod transfer;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::{Client, Url};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use body::Body;
pub use error::HttpError;
pub use exchange::{Answer, Question, Verb};
pub use route::Route;

pub(crate) use route::ProxyRule;

use body::Sender;
use route::client;
use transfer::{State, host_of};

/// How long and how often.
#[derive(Clone, Copy, Debug)]
pub struct HttpLimits {
    /// For name look-up, connection and TLS together.
    pub connect: Duration,
    /// For the next bytes to come, 16 KiB of them or all.
    pub idle: Duration,
    /// How often a transfer that breaks off, or that a server is not able to serve just now, is tried,
    /// the first time included.
    pub attempts: u32,
    /// The pause before it is tried again; twice as long each time.
    pub pause: Duration,
}

/// A server that asks to be left alone for longer is asked again after so long all the same.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Told why a transfer is tried again, in one line.
pub type Again = Arc<dyn Fn(&str) + Send + Sync>;

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
    dead: Mutex<BTreeSet<String>>,
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
    fn dead(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.dead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads an address.
fn address(url: &str) -> Result<Url, HttpError> {
    let address = Url::parse(url).ok();
    let address = address.filter(|address| matches!(address.scheme(), "http" | "https"));
    address.ok_or_else(|| HttpError::Address { url: url.to_owned() })
}

impl Http {
    /// A client that honours the environment's proxy variables and the system's certificates.
    pub fn new(limits: HttpLimits, cancelled: CancellationToken) -> Result<Self, HttpError> {
        Self::by(limits, cancelled, Route::default())
    }

    /// A client that goes its own way.
    pub fn by(limits: HttpLimits, cancelled: CancellationToken, route: Route) -> Result<Self, HttpError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("fetch")
            .enable_all()
            .build()
            .map_err(|source| HttpError::Setup {
                source: source.into(),
            })?;
        Ok(Self {
            client: client(limits, route)?,
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
        self.get_from(url, size, 0, Arc::new(|_: &str| ()))
    }

    /// The same without the first `from` bytes, which are there already. `size` counts them, too.
    ///
    /// The server is asked for the rest; one that does not know how gives all, and they are passed over. They
    /// may be of something else than what it has now: whoever puts the two together checks the whole.
    pub fn get_from(&self, url: &str, size: BodySize, from: u64, again: Again) -> Result<Body, HttpError> {
        self.get_with(url, Vec::new(), size, from, again)
    }

    /// The same with headers of one's own. `Authorization` goes to the address's own host only, wherever that
    /// redirects to.
    pub fn get_with(
        &self,
        url: &str,
        headers: Vec<(String, String)>,
        size: BodySize,
        from: u64,
        again: Again,
    ) -> Result<Body, HttpError> {
        let address = address(url)?;
        // Few pieces wait at a time: a slow disk must not fill the memory.
        let (sender, receiver) = mpsc::channel(8);
        let this = self.clone();
        if let Some(runtime) = &self.shared.runtime {
            runtime.spawn(async move {
                let cancelled = this.shared.cancelled.clone();
                let outcome = tokio::select! {
                    () = cancelled.cancelled() => Err(HttpError::Cancelled),
                    outcome = this.download((address, &headers), size, from, &sender, &again) => outcome,
                };
                if let Err(error) = outcome {
                    // Nobody listens any more if this fails.
                    let _ = sender.send(Err(error)).await;
                }
            });
        }
        Ok(Body::new(receiver))
    }

    /// Gets a small text.
    pub fn get_text(&self, url: &str, most: u64) -> Result<String, HttpError> {
        let bytes = self.get(url, BodySize::AtMost(most))?.whole()?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    async fn download(
        &self,
        (url, headers): (Url, &[(String, String)]),
        size: BodySize,
        from: u64,
        sender: &Sender,
        again: &Again,
    ) -> Result<(), HttpError> {
        let host = host_of(&url);
        if self.shared.dead().contains(&host) {
            return Err(HttpError::KnownUnreachable { host });
        }
        let mut state = State::from(from);
        let (mut attempt, mut pause) = (1, self.limits.pause);
        loop {
            let error = match self.transfer((&url, headers), size, &mut state, sender).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            if let HttpError::Unreachable { host, .. } = &error {
                self.shared.dead().insert(host.clone());
            }
            if !error.is_temporary() || attempt >= self.limits.attempts {
                return Err(error);
            }
            let asked = state.asked_to_wait.take().unwrap_or_default();
            let wait = asked.min(LONGEST_WAIT).max(pause);
            tracing::debug!(host, attempt, received = state.received, %error, "taking a transfer up again");
            attempt += 1;
            pause *= 2;
            again(&format!(
                "{error}; attempt {attempt} of {} in {:.0} s",
                self.limits.attempts,
                wait.as_secs_f32()
            ));
            tokio::time::sleep(wait).await;
        }
    }
}
