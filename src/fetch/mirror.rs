//! `pbs sources`: lists, prefetches, and fills a directory for machines without a network.
//!
//! Owns the layout of a mirror directory: files named `<sha256>-<name>`, `index.json`, `README.md`.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use camino::Utf8Path;
use indexmap::IndexMap;
use serde::Serialize;

use super::parallel::in_parallel;
use super::places::file_name;
use super::source::package_pin;
use super::{FetchError, Fetcher, dir};
use crate::model::{Digest, Pin};
use crate::plan::{Fetch, LockedPackage, Origin, Plan, Root, StepKind};
use crate::store::{StoreError, digest_of, write_whole};

/// One thing that builds need from the world.
#[derive(Clone, Copy, Debug)]
pub enum Need<'a> {
    /// A source.
    Source(&'a Fetch),
    /// A package of a worker root.
    Package(&'a Root, &'a LockedPackage),
}

/// A need as it is listed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ListedSource {
    /// `zlib-1.3.1`, or a package's file.
    pub name: String,
    /// Where it can be had, in order of preference.
    pub places: Vec<ListedPlace>,
}

/// A place as it is listed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ListedPlace {
    /// Who to ask.
    pub place: String,
    /// What it gives.
    pub digest: Pin,
}

/// A file of a mirror directory, as `index.json` has it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct MirroredFile {
    /// Its name in the directory.
    pub file: String,
    /// What it is: `zlib-1.3.1`.
    pub name: String,
    /// Its SHA-256 sum.
    pub sha256: String,
    /// Its length in bytes.
    pub size: u64,
    /// Where it comes from in the first place.
    pub upstream: String,
}

#[derive(Serialize)]
struct Index<'a> {
    version: u32,
    files: &'a [MirroredFile],
}

const README: &str = "# Sources for `pbs`\n\n\
    Written by `pbs sources mirror`; `index.json` says what each file is. Files are found by the SHA-256 sum\n\
    in front of their name and checked when they are used:\n\n\
    ```sh\npbs build --source-dir DIR --offline\n```\n";

impl<'a> Need<'a> {
    /// All packages of a worker root.
    pub fn packages(root: &'a Root) -> impl Iterator<Item = Self> {
        root.packages
            .iter()
            .map(move |package| Self::Package(root, package))
    }

    /// Everything that plans need, each thing once, in the plans' order.
    pub fn of_plans(plans: impl IntoIterator<Item = &'a Plan>) -> Vec<Self> {
        let mut needs: IndexMap<(String, String), Self> = IndexMap::new();
        let mut add = |need: Self| {
            let digests: Vec<_> = need
                .listed()
                .places
                .iter()
                .map(|place| place.digest.to_string())
                .collect();
            needs
                .entry((need.name().to_owned(), digests.join(" ")))
                .or_insert(need);
        };
        for step in plans.into_iter().flat_map(|plan| plan.steps.values()) {
            match &step.kind {
                StepKind::Fetch(fetch) => add(Self::Source(fetch)),
                StepKind::Root(root) => Self::packages(root).for_each(&mut add),
                _ => {}
            }
        }
        needs.into_values().collect()
    }

    /// How people call it.
    #[must_use]
    pub fn name(&self) -> &'a str {
        match self {
            Self::Source(fetch) => &fetch.name,
            Self::Package(_, package) => package.file_name(),
        }
    }

    /// As it is listed.
    #[must_use]
    pub fn listed(&self) -> ListedSource {
        let places = match self {
            Self::Source(fetch) => fetch
                .places
                .iter()
                .map(|place| ListedPlace {
                    place: describe(&place.origin),
                    digest: place.archive,
                })
                .collect(),
            Self::Package(_, package) => package_pin(package)
                .map(|digest| ListedPlace {
                    place: describe_package(package),
                    digest,
                })
                .into_iter()
                .collect(),
        };
        ListedSource {
            name: self.name().to_owned(),
            places,
        }
    }

    /// Its archive in the store, the plain name, and the address of the first place.
    fn fetch(&self, fetcher: &Fetcher) -> Result<(Digest, String, String), FetchError> {
        match self {
            Self::Source(fetch) => {
                let got = fetcher.fetch_archive(fetch)?;
                let place = fetch.places.get(got.place);
                let file = place.map_or_else(|| fetch.name.clone(), |place| file_name(&place.origin));
                let upstream = fetch.places.first().map(|place| describe(&place.origin));
                Ok((got.archive, file, upstream.unwrap_or_default()))
            }
            Self::Package(root, package) => {
                let digest = fetcher.fetch_package(package, &root.image, &root.snapshot)?;
                Ok((digest, package.file_name().to_owned(), describe_package(package)))
            }
        }
    }
}

fn describe(origin: &Origin) -> String {
    match origin {
        Origin::Url(url) => url.clone(),
        Origin::Debian(wanted) => format!(
            "Debian {} source {} {}: {}",
            wanted.suite, wanted.source, wanted.version, wanted.file
        ),
        Origin::Crate(krate) => format!("crate {} {}", krate.name, krate.version),
        Origin::Pypi(wanted) => format!(
            "Python project {} {}: {}",
            wanted.project, wanted.version, wanted.file
        ),
        Origin::Checkout(path) => format!("`{path}` of the checkout"),
    }
}

fn describe_package(package: &LockedPackage) -> String {
    format!("Debian {} {}", package.suite, package.filename)
}

/// Gets everything into the store, several at a time; answers what could not be had.
pub fn fetch_all(fetcher: &Fetcher, needs: &[Need<'_>]) -> Vec<FetchError> {
    let outcomes = each(fetcher, needs, |need| need.fetch(fetcher));
    outcomes.into_iter().filter_map(Result::err).collect()
}

/// Does the same for everything, several at a time, until there is an error that everything else
/// would meet as well. That is told once.
fn each<T: Send>(
    fetcher: &Fetcher,
    needs: &[Need<'_>],
    work: impl Fn(&Need<'_>) -> Result<T, FetchError> + Sync,
) -> Vec<Result<T, FetchError>> {
    let is_over = AtomicBool::new(false);
    let outcomes = in_parallel(fetcher.options().parallel, needs, |need| {
        if is_over.load(Ordering::Relaxed) || fetcher.options().cancelled.is_cancelled() {
            return None;
        }
        match work(need) {
            Err(error) if error.is_of_all() && is_over.swap(true, Ordering::Relaxed) => None,
            outcome => Some(outcome),
        }
    });
    let rest = needs.iter().zip(&outcomes).find(|(_, outcome)| outcome.is_none());
    let rest = rest.map(|(need, _)| FetchError::Cancelled {
        name: need.name().to_owned(),
    });
    let mut outcomes: Vec<_> = outcomes.into_iter().flatten().collect();
    // What was not begun is no success.
    if outcomes.iter().all(Result::is_ok) {
        outcomes.extend(rest.map(Err));
    }
    outcomes
}

/// Fills `dir` with every archive; answers its files, or what could not be had.
pub fn mirror(
    fetcher: &Fetcher,
    needs: &[Need<'_>],
    dir: &Utf8Path,
) -> Result<Vec<MirroredFile>, Vec<FetchError>> {
    fs_err::create_dir_all(dir).map_err(|error| vec![io("create the mirror directory", error)])?;
    let outcomes = each(fetcher, needs, |need| {
        need.fetch(fetcher).and_then(|(digest, file, upstream)| {
            let file = dir::mirror_name(&Pin::from(digest), &file);
            write_blob(fetcher, need.name(), &digest, &dir.join(&file))?;
            Ok(MirroredFile {
                file,
                name: need.name().to_owned(),
                sha256: digest.hex(),
                size: digest.size,
                upstream,
            })
        })
    });
    let mut files = Vec::new();
    let mut errors = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(file) => files.push(file),
            Err(error) => errors.push(error),
        }
    }
    // Nothing more can be written; what is there is found by the next run.
    if errors.iter().any(FetchError::is_of_all) {
        return Err(errors);
    }
    files.sort();
    files.dedup();
    let index = serde_json::to_string_pretty(&Index {
        version: 1,
        files: &files,
    })
    .expect("strings and numbers are JSON");
    let write = |file: &str, text: &str| write_whole(&dir.join(file), |to| to.write_all(text.as_bytes()));
    let written = write("index.json", &(index + "\n")).and_then(|()| write("README.md", README));
    if let Err(error) = written {
        errors.push(io("write the mirror's index", error));
    }
    if errors.is_empty() { Ok(files) } else { Err(errors) }
}

fn io(doing: &'static str, source: io::Error) -> FetchError {
    FetchError::Io { doing, source }
}

/// Copies a blob out of the store, checked, unless the file is there already, as it should be.
fn write_blob(fetcher: &Fetcher, name: &str, digest: &Digest, to: &Utf8Path) -> Result<(), FetchError> {
    let there = fs_err::File::open(to).and_then(|mut file| digest_of(&mut file));
    if there.is_ok_and(|there| there == *digest) {
        return Ok(());
    }
    fetcher.store().export(digest, to).map_err(|source| match source {
        StoreError::Outside { source } => io("fill the mirror directory", source),
        source => FetchError::Store {
            name: name.to_owned(),
            source,
        },
    })
}
