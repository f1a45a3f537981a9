//! The fetcher: the store first, then local directories, then the world, place by place.
//!
//! Owns the order in which places are tried and the list of reasons when all are in vain. It
//! never lets bytes with another digest into the store.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;

use super::apt::Apt;
use super::http::{Http, HttpLimits};
use super::places::{Attempt, Offer};
use super::progress::{NoProgress, Progress};
use super::take::Stop;
use super::{Failure, FetchError, debian};
use crate::model::{Digest, HostPath};
use crate::store::Store;

/// Whether the world may be asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Network {
    /// It may.
    #[default]
    Allowed,
    /// `--offline`: only the store, local directories and cargo's cache.
    Offline,
}

/// What a fetcher is made of.
#[derive(Clone, Debug)]
pub struct FetchOptions {
    /// Whether the world may be asked.
    pub network: Network,
    /// Directories that may hold what is wanted: `--source-dir`.
    pub source_dirs: Vec<HostPath>,
    /// The checkout that the recipes are in.
    pub checkout: Option<HostPath>,
    /// `$CARGO_HOME`, or `.cargo` in the home directory.
    pub cargo_home: Option<HostPath>,
    /// How many files come at a time where many are wanted.
    pub parallel: usize,
    /// Who listens.
    pub progress: Arc<dyn Progress>,
    /// Ends every transfer.
    pub cancelled: CancellationToken,
    /// Address of the snapshot archive.
    pub snapshot: String,
    /// Time-outs and retries.
    pub http: HttpLimits,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            network: Network::Allowed,
            source_dirs: Vec::new(),
            checkout: None,
            cargo_home: None,
            parallel: 6,
            progress: Arc::new(NoProgress),
            cancelled: CancellationToken::new(),
            snapshot: debian::SNAPSHOT.to_owned(),
            http: HttpLimits::default(),
        }
    }
}

/// Gets things by digest. Cheap to clone, usable from many threads; its functions block.
#[derive(Clone, Debug)]
pub struct Fetcher {
    pub(super) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    store: Store,
    pub(super) options: FetchOptions,
    pub(super) http: Http,
    /// What apt says, asked at most once.
    pub(super) apt: OnceLock<(Apt, Http)>,
}

impl Fetcher {
    /// A fetcher into `store`.
    pub fn new(store: Store, options: FetchOptions) -> Result<Self, FetchError> {
        let http = Http::new(options.http, options.cancelled.clone())?;
        Ok(Self {
            inner: Arc::new(Inner {
                store,
                options,
                http,
                apt: OnceLock::new(),
            }),
        })
    }

    /// The store it fills.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// What it was made with.
    #[must_use]
    pub fn options(&self) -> &FetchOptions {
        &self.inner.options
    }

    fn is_cancelled(&self) -> bool {
        self.inner.options.cancelled.is_cancelled()
    }

    /// Tries every offer, nearest first, until one gives a file that `accept` takes.
    pub(crate) fn first<T>(
        &self,
        name: &str,
        offers: &[Offer<'_>],
        mut accept: impl FnMut(usize, Digest) -> Result<T, Stop>,
    ) -> Result<T, FetchError> {
        let mut failures = Vec::new();
        // Offers whose very bytes came, and were not what is meant: nobody else has better ones.
        let mut refused = BTreeSet::new();
        for stage in [Self::in_store, Self::in_directories, Self::in_world] {
            for (index, offer) in offers.iter().enumerate() {
                if refused.contains(&index) {
                    continue;
                }
                for attempt in stage(self, offer) {
                    if self.is_cancelled() {
                        return Err(FetchError::Cancelled {
                            name: name.to_owned(),
                        });
                    }
                    let Attempt { place, how } = attempt;
                    let made = self.make(name, offer, &place, how);
                    let came = made.is_ok();
                    let reason = match made.and_then(|digest| accept(index, digest)) {
                        Ok(value) => return Ok(value),
                        Err(Stop::Fatal(error)) => return Err(error),
                        Err(Stop::Next(reason)) => reason,
                    };
                    tracing::debug!(name, place, %reason, "a place was in vain");
                    let is_final = came && !reason.is_damage();
                    failures.push(Failure { place, reason });
                    if is_final {
                        refused.insert(index);
                        break;
                    }
                }
            }
        }
        if self.is_cancelled() {
            return Err(FetchError::Cancelled {
                name: name.to_owned(),
            });
        }
        Err(FetchError::Nowhere {
            name: name.to_owned(),
            failures,
        })
    }
}
