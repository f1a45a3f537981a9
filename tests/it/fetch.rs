//! Fetching: every way in which a place can fail, and that the next one is tried.

mod http;
mod machine;
mod mirror;
mod source;

use std::error::Error as _;
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use pbs::fetch::{
    Apt, BodySize, FetchError, FetchOptions, Fetcher, Http, HttpError, HttpLimits, LockRequest, Need,
    Network, Progress, Transfer, lock_changes, render_lock, resolve,
};
use pbs::model::{Digest, Entry, HostPath, Pin, Tree, TreePath};
use pbs::plan::{
    CrateFile, DebianFile, Fetch, LockedPackage, Origin, Place, PypiFile, Root, SourceIdentity, StepKind,
    lower,
};
use pbs::recipe::{RecipeSet, Request};
use pbs::store::Store;
use pbs::workspace::read_workspace;
use tokio_util::sync::CancellationToken;

use crate::server::{Reply, Server};
use crate::support::{requires, variable};

const QUICK: HttpLimits = HttpLimits {
    connect: Duration::from_secs(2),
    idle: Duration::from_millis(200),
    attempts: 3,
    pause: Duration::from_millis(1),
};

fn content() -> Vec<u8> {
    (0..100_000u32).flat_map(|number| number.to_le_bytes()).collect()
}

struct Bench {
    dir: Utf8PathBuf,
    store: Store,
    _kept: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let kept = tempfile::tempdir().unwrap();
        let dir = Utf8PathBuf::from_path_buf(kept.path().to_owned()).unwrap();
        let store = Store::open(&dir.join("store")).unwrap();
        Self {
            dir,
            store,
            _kept: kept,
        }
    }

    fn fetcher(&self, change: impl FnOnce(&mut FetchOptions)) -> Fetcher {
        let mut options = FetchOptions {
            http: QUICK,
            ..FetchOptions::default()
        };
        change(&mut options);
        Fetcher::new(self.store.clone(), options).unwrap()
    }
}

fn url_place(url: String, archive: Pin) -> Place {
    Place {
        origin: Origin::Url(url),
        archive,
        strip: 1,
        subdir: TreePath::root(),
    }
}

/// A source whose archive is `archive`, at these addresses.
fn source(archive: &[u8], urls: impl IntoIterator<Item = String>) -> Fetch {
    let pin = Pin::from(Digest::of(archive));
    Fetch {
        name: "thing-1.0".into(),
        identity: SourceIdentity::Archive {
            digest: pin,
            strip: 1,
            select: Vec::new(),
        },
        places: urls.into_iter().map(|url| url_place(url, pin)).collect(),
    }
}
