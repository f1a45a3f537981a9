//! Places in buckets, whichever server holds them: what both servers of the tests have in common.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use pbs::bucket::{BucketAddress, Given};
use pbs::fetch::HttpLimits;
use pbs::publish::{
    Destination, Outcome, Pace, PublishError, Request, S3, Surroundings, publish, read_secret_key_file,
};
use pbs::store::Store;
use tokio_util::sync::CancellationToken;

use super::place::Place;

/// A lease that lasts, also on a machine that is busy with other tests.
pub(super) const CALM: Pace = Pace {
    renew: Duration::from_millis(1_000),
    stale: Duration::from_millis(60_000),
    poll: Duration::from_millis(50),
};

/// A lease that is soon nobody's.
pub(super) const BRIEF: Pace = Pace {
    renew: Duration::from_millis(300),
    stale: Duration::from_millis(4_000),
    poll: Duration::from_millis(50),
};

const LIMITS: HttpLimits = HttpLimits {
    connect: Duration::from_secs(5),
    idle: Duration::from_secs(20),
    attempts: 3,
    pause: Duration::from_millis(5),
};

/// Whoever publishes to a bucket from within the test.
pub(super) struct Publisher {
    pub(super) destination: S3,
    heard: Arc<Mutex<Vec<String>>>,
    pub(super) cancelled: CancellationToken,
}

impl Publisher {
    pub(super) fn new(given: &Given, address: &str) -> Self {
        Self::with(given, address, CALM)
    }

    pub(super) fn with(given: &Given, address: &str, pace: Pace) -> Self {
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let told = Arc::clone(&heard);
        let cancelled = CancellationToken::new();
        let around = Surroundings {
            here: Utf8Path::new("/"),
            buckets: given,
            limits: LIMITS,
            cancelled: cancelled.clone(),
            notice: Arc::new(move |text: &str| told.lock().unwrap().push(text.to_owned())),
            authorities: Vec::new(),
            registries: pbs::registry::Access::default(),
        };
        let address = BucketAddress::parse(address).unwrap();
        Self {
            destination: S3::open(&address, &around, pace).unwrap(),
            heard,
            cancelled,
        }
    }

    /// Why something was tried again.
    pub(super) fn heard(&self) -> String {
        self.heard.lock().unwrap().join("\n")
    }

    pub(super) fn publish(&self, place: &Place, archives: &[Utf8PathBuf]) -> Result<Outcome, PublishError> {
        publish_to(&self.destination, place, archives)
    }
}

pub(super) fn publish_to(
    destination: &dyn Destination,
    place: &Place,
    archives: &[Utf8PathBuf],
) -> Result<Outcome, PublishError> {
    let store = Store::open(&place.root().join("store")).unwrap();
    let key = read_secret_key_file(&place.root().join("first.key"), None).unwrap();
    let request = Request {
        archives,
        key: &key,
        next_keys: &[],
        previous_keys: &[],
        locks: &BTreeMap::new(),
        address: None,
    };
    publish(destination, &store, &request, &mut |_| ControlFlow::Continue(()))
}

/// An error with its causes and its hint.
pub(super) fn told(error: &PublishError) -> String {
    format!(
        "{}; {}",
        pbs::model::on_one_line(error),
        error.hint().unwrap_or_default()
    )
}
