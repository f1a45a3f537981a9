//! Publishers to a registry whose lease fails them: nothing is lost, whatever the timing.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use camino::Utf8PathBuf;
use pbs::index::{Address, Index};
use pbs::model::{Digest, TreePath};
use pbs::publish::{
    Content, Destination, DestinationError, Event, Held, Lease, Oci, Outcome, PublishError, Put, Request,
    publish, read_secret_key_file,
};
use pbs::store::Store;

use super::place::Place;
use crate::distribution::needs_cc;
use crate::registry::{Registry, client, needs_registry, read_back};

const LEASE: Lease = Lease {
    length: Duration::from_millis(1500),
    renewal: Duration::from_millis(300),
    settling: Duration::from_millis(50),
    poll: Duration::from_millis(50),
};

/// What is done in the moment before the tag of the index moves, and behind it.
type Moment<'a> = &'a (dyn Fn() -> Result<(), DestinationError> + Sync);

/// A registry where everybody has the lease.
struct Unleased<'a> {
    oci: Oci,
    before: Moment<'a>,
    behind: Moment<'a>,
}

impl std::fmt::Debug for Unleased<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.oci.fmt(f)
    }
}

#[derive(Debug)]
struct Everybody;

impl Held for Everybody {}

impl Destination for Unleased<'_> {
    fn shown(&self) -> String {
        self.oci.shown()
    }

    fn address(&self) -> Option<Address> {
        None
    }

    fn hold(&self, _: &mut dyn FnMut(&str) -> ControlFlow<()>) -> Result<Box<dyn Held>, DestinationError> {
        Ok(Box::new(Everybody))
    }

    fn get(&self, path: &TreePath) -> Result<Option<Vec<u8>>, DestinationError> {
        self.oci.get(path)
    }

    fn size(&self, path: &TreePath) -> Result<Option<u64>, DestinationError> {
        self.oci.size(path)
    }

    fn put_new(&self, path: &TreePath, content: Content<'_>) -> Result<Put, DestinationError> {
        self.oci.put_new(path, content)
    }

    fn replace(&self, path: &TreePath, bytes: &[u8]) -> Result<(), DestinationError> {
        self.oci.replace(path, bytes)
    }

    fn replace_unchanged(
        &self,
        path: &TreePath,
        was: Option<&[u8]>,
        bytes: &[u8],
    ) -> Result<(), DestinationError> {
        (self.before)()?;
        self.oci.replace_unchanged(path, was, bytes)?;
        (self.behind)()
    }

    fn announced(&self, from: u64, known: &[Digest]) -> Result<Option<Vec<Vec<u8>>>, DestinationError> {
        self.oci.announced(from, known)
    }
}

fn oci(to: &str) -> Oci {
    let client = client(to);
    // Every manifest refers to it; whoever takes the lease puts it.
    client.put_configuration().unwrap();
    Oci::new(client, crate::registry::client(to), LEASE)
}

fn publish_to(
    destination: &dyn Destination,
    place: &Place,
    archive: &Utf8PathBuf,
) -> Result<Outcome, PublishError> {
    publish_and_count(destination, place, archive, &AtomicUsize::new(0))
}

/// The same; counts how often somebody else came in between.
fn publish_and_count(
    destination: &dyn Destination,
    place: &Place,
    archive: &Utf8PathBuf,
    overtaken: &AtomicUsize,
) -> Result<Outcome, PublishError> {
    let store = Store::open(&place.root().join("store")).unwrap();
    let key = read_secret_key_file(&place.root().join("first.key"), None).unwrap();
    let request = Request {
        archives: std::slice::from_ref(archive),
        key: &key,
        next_keys: &[],
        previous_keys: &[],
        locks: &BTreeMap::new(),
        address: None,
    };
    publish(destination, &store, &request, &mut |event| {
        if matches!(event, Event::Overtaken) {
            overtaken.fetch_add(1, Ordering::SeqCst);
        }
        ControlFlow::Continue(())
    })
}

fn never() -> Result<(), DestinationError> {
    Ok(())
}

fn is_changed(error: &PublishError) -> bool {
    let PublishError::Destination { source, .. } = error else {
        return false;
    };
    matches!(source, DestinationError::Changed { .. })
}

#[test]
fn without_a_lease_nothing_is_lost() {
    needs_cc!();
    needs_registry!();
    let (registry, place) = (Registry::open(), Place::new());
    let to = registry.address();
    let options = [
        "noopt",
        "debug",
        "lto",
        "pgo",
        "lto+pgo",
        "debug+lto",
        "debug+pgo",
        "debug+lto+pgo",
    ];
    let archives = options.map(|options| place.archive(options));
    for (round, pair) in archives.chunks(2).enumerate() {
        let both = Barrier::new(2);
        let overtaken = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for archive in pair {
                let (both, overtaken, place, to) = (&both, &overtaken, &place, &to);
                scope.spawn(move || {
                    let first = AtomicUsize::new(0);
                    // Both move the tag in the same moment, the first time.
                    let before = || {
                        if first.fetch_add(1, Ordering::SeqCst) == 0 {
                            both.wait();
                        }
                        Ok(())
                    };
                    let destination = Unleased {
                        oci: oci(to),
                        before: &before,
                        behind: &never,
                    };
                    // Whoever finds that it changed under their hands begins again, as the hint says.
                    while let Err(error) = publish_and_count(&destination, place, archive, overtaken) {
                        assert!(is_changed(&error), "{}", pbs::model::on_one_line(&error));
                        overtaken.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        let index = read_back(&client(&to), &place.public()).unwrap();
        assert_eq!(index.artifacts.len(), 2 * (round + 1));
        // Both began from one index: else there was nothing to lose.
        assert!(overtaken.into_inner() > 0);
    }
}

/// One overwrites what another one has published, long after it looked, and dies.
#[test]
fn what_the_dead_wrote_over_comes_back() {
    needs_cc!();
    needs_registry!();
    let (registry, place) = (Registry::open(), Place::new());
    let to = registry.address();
    let [first, late, quick, next] = ["noopt", "debug", "lto", "pgo"].map(|options| place.archive(options));
    publish_to(&oci(&to), &place, &first).unwrap();
    // Its announcement is there, and it has looked; then another one publishes and ends.
    let client = client(&to);
    let before = client.manifest(Index::NAME).unwrap().unwrap().0;
    let dies = || {
        let mine = client.manifest(Index::NAME).unwrap().unwrap().0;
        client.put_manifest(Index::NAME, &before).unwrap();
        publish_to(&oci(&to), &place, &quick).unwrap();
        assert_eq!(
            read_back(&client, &place.public()).unwrap().artifacts.len(),
            3,
            "what is announced is taken"
        );
        client.put_manifest(Index::NAME, &mine).unwrap();
        Err(DestinationError::Interrupted)
    };
    let destination = Unleased {
        oci: oci(&to),
        before: &never,
        behind: &dies,
    };
    publish_to(&destination, &place, &late).unwrap_err();
    let lost = read_back(&client, &place.public()).unwrap();
    assert_eq!(
        (lost.artifacts.len(), lost.serial),
        (2, 2),
        "it did write over it"
    );
    let outcome = publish_to(&oci(&to), &place, &next).unwrap();
    let index = read_back(&client, &place.public()).unwrap();
    assert_eq!(index.artifacts.len(), 4);
    assert_eq!((index.serial, outcome.serial), (4, 4), "above all that were seen");
}

#[test]
fn a_tag_that_moved_is_noticed() {
    needs_cc!();
    needs_registry!();
    let (registry, place) = (Registry::open(), Place::new());
    let to = registry.address();
    let [first, second, third] = ["noopt", "debug", "lto"].map(|options| place.archive(options));
    publish_to(&oci(&to), &place, &first).unwrap();
    let others = || {
        publish_to(&oci(&to), &place, &second).unwrap();
        Ok(())
    };
    let destination = Unleased {
        oci: oci(&to),
        before: &others,
        behind: &never,
    };
    let error = publish_to(&destination, &place, &third).unwrap_err();
    assert!(is_changed(&error), "{}", pbs::model::on_one_line(&error));
    publish_to(&oci(&to), &place, &third).unwrap();
    assert_eq!(
        read_back(&client(&to), &place.public()).unwrap().artifacts.len(),
        3
    );
}

#[test]
fn the_lease_of_a_killed_publisher_ends() {
    needs_cc!();
    needs_registry!();
    let (registry, place) = (Registry::open(), Place::new());
    let to = registry.address();
    let large = place.ballast("noopt", 30_000_000);
    let mut process = place.start(&[&large], &["--to", &to]);
    // It uploads.
    let uploads = registry
        .root()
        .join("blobs/docker/registry/v2/repositories/team/python/_uploads");
    let is_busy = || {
        uploads
            .read_dir()
            .is_ok_and(|mut entries| entries.next().is_some())
    };
    while client(&to).manifest("_Lock").unwrap().is_none() || !is_busy() {
        assert!(process.try_wait().unwrap().is_none(), "it was too fast");
        std::thread::sleep(Duration::from_millis(1));
    }
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(read_back(&client(&to), &place.public()).is_none());
    let (destination, mut seen) = (oci(&to), String::new());
    let held = destination.hold(&mut |holder| {
        holder.clone_into(&mut seen);
        ControlFlow::Continue(())
    });
    let held = held.unwrap();
    assert!(
        seen.starts_with(&format!("process {} on ", process.id())),
        "{seen}"
    );
    // As long as it is renewed, nobody else has it.
    let mut looks = 0;
    let waited = oci(&to).hold(&mut |holder| {
        assert!(
            holder.starts_with(&format!("process {} on ", std::process::id())),
            "{holder}"
        );
        looks += 1;
        std::thread::sleep(LEASE.renewal);
        if looks == 10 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert!(matches!(waited, Err(DestinationError::Interrupted)), "{waited:?}");
    drop(held);
    publish_to(&destination, &place, &large).unwrap();
    assert_eq!(read_back(&client(&to), &place.public()).unwrap().serial, 1);
}
