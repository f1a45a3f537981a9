//! One attempt: asks one place, and takes what it gives into the store if it is what is wanted.

use std::convert;
use std::io::Read;
use std::sync::Arc;

use camino::Utf8Path;

use super::client::ClientError;
use super::fetcher::Fetcher;
use super::http::{Again, BodySize, Http, HttpError};
use super::measured::{Flaw, MOST, Measured};
use super::places::{How, Offer, Way};
use super::progress::{Progress, Transfer};
use super::{FetchError, Reason, crates, debian, pypi};
use crate::model::{Digest, on_one_line};
use crate::plan::DebianFile;
use crate::store::StoreError;

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

impl Fetcher {
    pub(super) fn make(
        &self,
        name: &str,
        offer: &Offer<'_>,
        place: &str,
        how: How<'_>,
    ) -> Result<Digest, Stop> {
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
            Err(Stop::Next(reason)) => progress.failed(transfer, &on_one_line(reason)),
            Err(Stop::Fatal(error)) => progress.failed(transfer, &on_one_line(error)),
        }
        outcome
    }

    fn go(&self, offer: &Offer<'_>, transfer: Transfer<'_>, way: &Way<'_>) -> Result<Digest, Stop> {
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
            Way::Snapshot(DebianFile {
                source,
                version,
                file,
                suite: _,
            }) => {
                let base = &self.inner.options.snapshot;
                let list = debian::source_files_url(base, source, version);
                let list = self.inner.http.get_text(&list, 1 << 20)?;
                let url = debian::find_source_file(base, &list, file)
                    .ok_or_else(|| Reason::NotInSnapshot { file: file.clone() })?;
                self.take_url(offer, transfer, &self.inner.http, &url)
            }
            Way::Crate(krate) => {
                let scratch = self.scratch(name)?;
                let Some(home) = &self.inner.options.cargo_home else {
                    return Err(ClientError::Nothing {
                        program: "cargo".to_owned(),
                        what: "a crate: its home directory is not known".to_owned(),
                    }
                    .into());
                };
                crates::download(scratch.dir.as_path(), krate, cancelled)?;
                let files = crates::find_cached(home.as_path(), krate, &offer.pin);
                let Some(file) = files.first() else {
                    return Err(ClientError::Nothing {
                        program: "cargo".to_owned(),
                        what: format!("`{}` of the expected size in `{}`", offer.file, home.as_path()),
                    }
                    .into());
                };
                self.take_file(name, offer, transfer.place, file)
            }
            Way::Pypi(wanted) => {
                let scratch = self.scratch(name)?;
                let file = pypi::download(scratch.dir.as_path(), wanted, cancelled)?;
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
        let again = tell_again(&self.inner.options.progress, transfer);
        let body = http.get_from(url, size, 0, again)?;
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
            Ok(digest) => return Ok(digest),
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
}

/// Tells the listener of a transfer when it is tried again.
pub(crate) fn tell_again(progress: &Arc<dyn Progress>, transfer: Transfer<'_>) -> Again {
    let progress = Arc::clone(progress);
    let Transfer { name, place, total } = transfer;
    let (name, place) = (name.to_owned(), place.to_owned());
    Arc::new(move |reason: &str| {
        let transfer = Transfer {
            name: &name,
            place: &place,
            total,
        };
        progress.again(transfer, reason);
    })
}

/// The store cannot take anything: no other place can help.
fn fatal(name: &str, source: StoreError) -> Stop {
    Stop::Fatal(FetchError::Store {
        name: name.to_owned(),
        source,
    })
}
