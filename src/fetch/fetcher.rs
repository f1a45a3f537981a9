//! The fetcher: the store first, then local directories, then the world, place by place.
//!
//! Owns the order in which places are tried and the list of reasons when all are in vain. It
//! never lets bytes with another digest into the store.

use std::collections::BTreeSet;
use std::convert;
use std::io::Read;
use std::sync::{Arc, OnceLock};

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;

use super::apt::Apt;
use super::client::ClientError;
use super::error::chain;
use super::http::{BodySize, Http, HttpError, HttpLimits};
use super::measured::{Flaw, MOST, Measured};
use super::progress::{NoProgress, Progress, Transfer};
use super::{Failure, FetchError, Reason, crates, debian, dir, pypi};
use crate::model::{Digest, HostPath, Pin};
use crate::plan::Origin;
use crate::store::{Store, StoreError};

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
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    options: FetchOptions,
    http: Http,
    /// What apt says, asked at most once.
    apt: OnceLock<(Apt, Http)>,
}

/// A file that is wanted, and who may have it.
#[derive(Clone, Debug)]
pub(crate) struct Offer<'a> {
    /// What its content must be.
    pub(crate) pin: Pin,
    /// Its plain name.
    pub(crate) file: String,
    /// Who to ask.
    pub(crate) from: From<'a>,
}

/// Who may have a file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum From<'a> {
    /// A place of a recipe.
    Origin(&'a Origin),
    /// A binary package: its path below the archive's root, and a moment of the snapshot archive.
    Package { filename: &'a str, moment: &'a str },
}

/// One way to get a file, after everything the machine knows has been looked up.
enum Way {
    Url(String),
    /// Through apt's settings.
    Mirror(String),
    /// Through the snapshot archive's list of a source package.
    Snapshot {
        source: String,
        version: String,
        file: String,
    },
    Crate {
        name: String,
        version: String,
    },
    Pypi {
        project: String,
        version: String,
        file: String,
    },
}

/// One thing to try.
struct Attempt {
    /// Where, for people.
    place: String,
    how: How,
}

enum How {
    Stored(Digest),
    File(Utf8PathBuf),
    Way(Way),
    /// Nobody is asked, for this reason.
    Nobody(Reason),
}

impl Attempt {
    fn file(path: Utf8PathBuf) -> Self {
        Self {
            place: format!("`{path}`"),
            how: How::File(path),
        }
    }
}

/// Why one attempt ended.
pub(crate) enum Stop {
    /// The next place may have it.
    Next(Reason),
    /// No other place can help.
    Fatal(FetchError),
}

impl<E: Into<Reason>> convert::From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Next(error.into())
    }
}

/// The plain name of the file that a place gives.
pub(crate) fn file_name(origin: &Origin) -> String {
    match origin {
        Origin::Url(url) => {
            let path = url.split(['?', '#']).next().unwrap_or(url);
            path.trim_end_matches('/')
                .rsplit('/')
                .next()
                .unwrap_or(path)
                .to_owned()
        }
        Origin::Debian { file, .. } | Origin::Pypi { file, .. } => file.clone(),
        Origin::Crate { name, version } => format!("{name}-{version}.crate"),
    }
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

    fn in_store(&self, offer: &Offer<'_>) -> Vec<Attempt> {
        let found = self.find(&offer.pin);
        let attempt = |digest| Attempt {
            place: format!("`{}` in the store", offer.file),
            how: How::Stored(digest),
        };
        found.map(attempt).into_iter().collect()
    }

    /// The blob of a pin, if the store has it.
    fn find(&self, pin: &Pin) -> Option<Digest> {
        let noted = || {
            let note = self.store().note(&note_name(pin)).ok()??;
            String::from_utf8(note).ok()?.parse().ok()
        };
        let size = pin.size.or_else(noted)?;
        let digest = Digest { hash: pin.hash, size };
        self.store().has_blob(&digest).then_some(digest)
    }

    fn in_directories(&self, offer: &Offer<'_>) -> Vec<Attempt> {
        let mut attempts = Vec::new();
        for dir in &self.inner.options.source_dirs {
            let files = dir::candidates(dir.as_path(), &offer.pin, &offer.file);
            if files.is_empty() {
                attempts.push(Attempt {
                    place: format!("directory `{}`", dir.as_path()),
                    how: How::Nobody(Reason::NotInDirectory {
                        hex: offer.pin.hex(),
                        file: offer.file.clone(),
                    }),
                });
            }
            attempts.extend(files.into_iter().map(Attempt::file));
        }
        if let (From::Origin(Origin::Crate { name, version }), Some(home)) =
            (offer.from, &self.inner.options.cargo_home)
        {
            let files = crates::find_cached(home.as_path(), name, version, &offer.pin);
            attempts.extend(files.into_iter().map(Attempt::file));
        }
        attempts
    }

    fn in_world(&self, offer: &Offer<'_>) -> Vec<Attempt> {
        let offline = self.inner.options.network == Network::Offline;
        let attempt = |place: String, way: Way| Attempt {
            place,
            how: if offline {
                How::Nobody(Reason::Offline)
            } else {
                How::Way(way)
            },
        };
        let snapshot = &self.inner.options.snapshot;
        let mut attempts = Vec::new();
        match offer.from {
            From::Origin(Origin::Url(url)) => attempts.push(attempt(url.clone(), Way::Url(url.clone()))),
            From::Origin(Origin::Debian {
                source,
                version,
                file,
                ..
            }) => {
                let what = format!("file of Debian source {source} {version}");
                let urls = self.mirrors(offline, |mirror| Some(debian::source_url(mirror, source, file)));
                if urls.is_empty() {
                    attempts.push(Attempt {
                        place: what.clone(),
                        how: How::Nobody(if offline {
                            Reason::Offline
                        } else {
                            Reason::NoMirror
                        }),
                    });
                }
                for url in urls {
                    attempts.push(attempt(format!("{what} at {url}"), Way::Mirror(url)));
                }
                attempts.push(attempt(
                    format!("{what} in {snapshot}"),
                    Way::Snapshot {
                        source: source.clone(),
                        version: version.clone(),
                        file: file.clone(),
                    },
                ));
            }
            From::Origin(Origin::Crate { name, version }) => attempts.push(attempt(
                format!("crate {name} {version}"),
                Way::Crate {
                    name: name.clone(),
                    version: version.clone(),
                },
            )),
            From::Origin(Origin::Pypi {
                project,
                version,
                file,
            }) => attempts.push(attempt(
                format!("Python project {project} {version}"),
                Way::Pypi {
                    project: project.clone(),
                    version: version.clone(),
                    file: file.clone(),
                },
            )),
            From::Package { filename, moment } => {
                // Nearer than the snapshot archive, and as good while it still has the version.
                for url in self.mirrors(offline, |mirror| debian::package_url(mirror, filename)) {
                    attempts.push(attempt(url.clone(), Way::Mirror(url)));
                }
                let url = debian::snapshot_url(snapshot, moment, filename);
                attempts.push(attempt(url.clone(), Way::Url(url)));
            }
        }
        attempts
    }

    fn mirrors(&self, offline: bool, url: impl Fn(&str) -> Option<String>) -> Vec<String> {
        if offline {
            return Vec::new();
        }
        let (apt, _) = self.apt();
        apt.mirrors.iter().filter_map(|mirror| url(mirror)).collect()
    }

    /// What the machine's apt says; nothing if there is none.
    fn apt(&self) -> &(Apt, Http) {
        self.inner.apt.get_or_init(|| {
            let apt = Apt::discover(&self.inner.options.cancelled).unwrap_or_else(|error| {
                tracing::debug!(%error, "no apt on this machine");
                Apt::default()
            });
            let own = apt
                .route()
                .and_then(|route| self.inner.http.with_route(route).ok());
            (apt, own.unwrap_or_else(|| self.inner.http.clone()))
        })
    }

    fn make(&self, name: &str, offer: &Offer<'_>, place: &str, how: How) -> Result<Digest, Stop> {
        let way = match how {
            How::Stored(digest) => return Ok(digest),
            How::File(path) => return self.take_file(name, offer, place, &path),
            How::Nobody(reason) => return Err(Stop::Next(reason)),
            How::Way(way) => way,
        };
        let total = offer.pin.size.unwrap_or_default();
        let transfer = Transfer { name, place, total };
        let progress = &self.inner.options.progress;
        progress.started(transfer);
        let outcome = self.go(offer, transfer, &way);
        match &outcome {
            Ok(_) => progress.finished(transfer),
            Err(Stop::Next(reason)) => progress.failed(transfer, &chain(reason)),
            Err(Stop::Fatal(error)) => progress.failed(transfer, &chain(error)),
        }
        outcome
    }

    fn go(&self, offer: &Offer<'_>, transfer: Transfer<'_>, way: &Way) -> Result<Digest, Stop> {
        let name = transfer.name;
        let cancelled = &self.inner.options.cancelled;
        match way {
            Way::Url(url) => self.take_url(offer, transfer, &self.inner.http, url),
            Way::Mirror(url) => match url.strip_prefix("file:") {
                Some(path) => {
                    let path = format!("/{}", path.trim_start_matches('/'));
                    self.take_file(name, offer, transfer.place, Utf8Path::new(&path))
                }
                None => self.take_url(offer, transfer, &self.apt().1, url),
            },
            Way::Snapshot {
                source,
                version,
                file,
            } => {
                let base = &self.inner.options.snapshot;
                let list = debian::source_files_url(base, source, version);
                let list = self.inner.http.get_text(&list, 1 << 20)?;
                let url = debian::find_source_file(base, &list, file)
                    .ok_or_else(|| Reason::NotInSnapshot { file: file.clone() })?;
                self.take_url(offer, transfer, &self.inner.http, &url)
            }
            Way::Crate { name: krate, version } => {
                let scratch = self.scratch(name)?;
                let Some(home) = &self.inner.options.cargo_home else {
                    return Err(ClientError::Nothing {
                        program: "cargo".to_owned(),
                        what: "a crate: its home directory is not known".to_owned(),
                    }
                    .into());
                };
                crates::download(scratch.dir.as_path(), krate, version, cancelled)?;
                let files = crates::find_cached(home.as_path(), krate, version, &offer.pin);
                let Some(file) = files.first() else {
                    return Err(ClientError::Nothing {
                        program: "cargo".to_owned(),
                        what: format!("`{}` of the expected size in `{}`", offer.file, home.as_path()),
                    }
                    .into());
                };
                self.take_file(name, offer, transfer.place, file)
            }
            Way::Pypi {
                project,
                version,
                file,
            } => {
                let scratch = self.scratch(name)?;
                let file = pypi::download(scratch.dir.as_path(), project, version, file, cancelled)?;
                self.take_file(name, offer, transfer.place, &file)
            }
        }
    }

    /// A private directory on the store's disk.
    fn scratch(&self, name: &str) -> Result<crate::store::Scratch, Stop> {
        self.store().scratch().map_err(|source| fatal(name, source))
    }

    fn take_url(
        &self,
        offer: &Offer<'_>,
        transfer: Transfer<'_>,
        http: &Http,
        url: &str,
    ) -> Result<Digest, Stop> {
        let size = offer.pin.size.map_or(BodySize::AtMost(MOST), BodySize::Exactly);
        let body = http.get(url, size)?;
        match self.take(offer, transfer, body) {
            Ok(digest) => Ok(digest),
            // Says more than the error that came through the reader.
            Err((mut body, stop)) => Err(match body.failure() {
                Some(HttpError::Cancelled) => Stop::Fatal(FetchError::Cancelled {
                    name: transfer.name.to_owned(),
                }),
                Some(failure) => failure.into(),
                None => stop,
            }),
        }
    }

    fn take_file(&self, name: &str, offer: &Offer<'_>, place: &str, path: &Utf8Path) -> Result<Digest, Stop> {
        let total = offer.pin.size.unwrap_or_default();
        let file = fs_err::File::open(path).map_err(Reason::Read)?;
        self.take(offer, Transfer { name, place, total }, file)
            .map_err(|(_, stop)| stop)
    }

    /// Puts what `reader` gives into the store, if it is what is wanted.
    fn take<R: Read>(
        &self,
        offer: &Offer<'_>,
        transfer: Transfer<'_>,
        reader: R,
    ) -> Result<Digest, (R, Stop)> {
        let advanced = |done| self.inner.options.progress.advanced(transfer, done);
        let mut measured = Measured {
            inner: reader,
            most: offer.pin.size.unwrap_or(MOST),
            seen: 0,
            advanced: &advanced,
            flaw: None,
        };
        let outcome = self.store().put_reader_pinned(&mut measured, &offer.pin);
        let Measured {
            inner, most, flaw, ..
        } = measured;
        let error = match outcome {
            Ok(digest) => {
                return self
                    .remember(transfer.name, offer, digest)
                    .map_err(|stop| (inner, stop));
            }
            Err(error) => error,
        };
        let stop = match (flaw, error) {
            (Some(Flaw::TooMany), _) => Stop::from(Reason::Size {
                expected: most,
                actual: None,
            }),
            (Some(Flaw::Read(error)), _) => Reason::Read(error).into(),
            (None, StoreError::Unexpected { expected, actual }) => match expected.size {
                Some(size) if size != actual.size => Reason::Size {
                    expected: size,
                    actual: Some(actual.size),
                }
                .into(),
                _ => Reason::Content { expected, actual }.into(),
            },
            (None, error) => fatal(transfer.name, error),
        };
        Err((inner, stop))
    }

    /// The store finds a blob by digest and size: keeps the size of one whose pin leaves it open.
    fn remember(&self, name: &str, offer: &Offer<'_>, digest: Digest) -> Result<Digest, Stop> {
        if offer.pin.size.is_none() {
            let size = digest.size.to_string();
            self.store()
                .put_note(&note_name(&offer.pin), size.as_bytes())
                .map_err(|source| fatal(name, source))?;
        }
        Ok(digest)
    }
}

fn note_name(pin: &Pin) -> String {
    format!("size-{}", pin.hex())
}

/// The store cannot take anything: no other place can help.
fn fatal(name: &str, source: StoreError) -> Stop {
    Stop::Fatal(FetchError::Store {
        name: name.to_owned(),
        source,
    })
}
