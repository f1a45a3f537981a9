//! Who may have a file, and in which ways it can be asked for on this machine.
//!
//! Owns turning a recipe's places into things to try. It asks nobody but apt's configuration.

use camino::Utf8PathBuf;

use super::apt::Apt;
use super::fetcher::{Fetcher, Network};
use super::http::Http;
use super::{Reason, crates, debian, dir};
use crate::model::{Digest, Pin};
use crate::plan::{CrateFile, DebianFile, Origin, PypiFile};

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
pub(super) enum Way<'a> {
    Url(String),
    /// Through apt's settings.
    Mirror(String),
    /// Through the snapshot archive's list of a source package.
    Snapshot(&'a DebianFile),
    Crate(&'a CrateFile),
    Pypi(&'a PypiFile),
}

/// One thing to try.
pub(super) struct Attempt<'a> {
    /// Where, for people.
    pub(super) place: String,
    /// What to do.
    pub(super) how: How<'a>,
}

/// What an attempt does.
pub(super) enum How<'a> {
    Stored(Digest),
    File(Utf8PathBuf),
    Way(Way<'a>),
    /// Nobody is asked, for this reason.
    Nobody(Reason),
}

impl Attempt<'_> {
    fn file(path: Utf8PathBuf) -> Self {
        Self {
            place: format!("`{path}`"),
            how: How::File(path),
        }
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
        Origin::Debian(DebianFile { file, .. }) | Origin::Pypi(PypiFile { file, .. }) => file.clone(),
        Origin::Crate(CrateFile { name, version }) => format!("{name}-{version}.crate"),
        Origin::Checkout(path) => path.rsplit('/').next().unwrap_or(path).to_owned(),
    }
}

impl Fetcher {
    pub(super) fn in_store<'a>(&self, offer: &Offer<'a>) -> Vec<Attempt<'a>> {
        // A store that cannot be read says so when the file is taken in.
        let found = self.store().find_pinned(&offer.pin).ok().flatten();
        let attempt = |digest| Attempt {
            place: format!("`{}` in the store", offer.file),
            how: How::Stored(digest),
        };
        found.map(attempt).into_iter().collect()
    }

    pub(super) fn in_directories<'a>(&self, offer: &Offer<'a>) -> Vec<Attempt<'a>> {
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
        if let (From::Origin(Origin::Crate(krate)), Some(home)) = (offer.from, &self.inner.options.cargo_home)
        {
            let files = crates::find_cached(home.as_path(), krate, &offer.pin);
            attempts.extend(files.into_iter().map(Attempt::file));
        }
        if let (From::Origin(Origin::Checkout(path)), Some(root)) = (offer.from, &self.inner.options.checkout)
        {
            attempts.push(Attempt::file(root.as_path().join(path)));
        }
        attempts
    }

    pub(super) fn in_world<'a>(&self, offer: &Offer<'a>) -> Vec<Attempt<'a>> {
        let offline = self.inner.options.network == Network::Offline;
        let attempt = |place: String, way: Way<'a>| Attempt {
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
            From::Origin(Origin::Debian(wanted)) => {
                let DebianFile {
                    source,
                    version,
                    file,
                    suite: _,
                } = wanted;
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
                attempts.push(attempt(format!("{what} in {snapshot}"), Way::Snapshot(wanted)));
            }
            From::Origin(Origin::Crate(krate)) => attempts.push(attempt(
                format!("crate {} {}", krate.name, krate.version),
                Way::Crate(krate),
            )),
            From::Origin(Origin::Pypi(wanted)) => attempts.push(attempt(
                format!("Python project {} {}", wanted.project, wanted.version),
                Way::Pypi(wanted),
            )),
            // It was looked for already, and is nowhere else.
            From::Origin(Origin::Checkout(_)) => {}
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
    pub(super) fn apt(&self) -> &(Apt, Http) {
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
}
