//! Publications that end at any point: what readers see, and how it goes on.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

use camino::Utf8PathBuf;
use pbs::index::{Address, Index};
use pbs::model::TreePath;
use pbs::publish::{
    Content, Destination, DestinationError, Directory, Held, Outcome, PublishError, Put, Request, publish,
    read_secret_key_file,
};
use pbs::store::Store;

use super::place::Place;
use crate::distribution::needs_cc;

/// A directory that stops working after so many changes.
#[derive(Debug)]
struct Failing {
    directory: Directory,
    left: Cell<usize>,
}

impl Failing {
    fn may_change(&self) -> Result<(), DestinationError> {
        match self.left.get().checked_sub(1) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(DestinationError::Io {
                doing: "write",
                source: std::io::ErrorKind::StorageFull.into(),
            }),
        }
    }
}

impl Destination for Failing {
    fn shown(&self) -> String {
        self.directory.shown()
    }

    fn address(&self) -> Option<Address> {
        self.directory.address()
    }

    fn hold(
        &self,
        waiting: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Box<dyn Held>, DestinationError> {
        self.directory.hold(waiting)
    }

    fn get(&self, path: &TreePath) -> Result<Option<Vec<u8>>, DestinationError> {
        self.directory.get(path)
    }

    fn size(&self, path: &TreePath) -> Result<Option<u64>, DestinationError> {
        self.directory.size(path)
    }

    fn put_new(&self, path: &TreePath, content: Content<'_>) -> Result<Put, DestinationError> {
        self.may_change()?;
        self.directory.put_new(path, content)
    }

    fn replace(&self, path: &TreePath, bytes: &[u8]) -> Result<(), DestinationError> {
        self.may_change()?;
        self.directory.replace(path, bytes)
    }

    fn replace_unchanged(
        &self,
        path: &TreePath,
        was: Option<&[u8]>,
        bytes: &[u8],
    ) -> Result<(), DestinationError> {
        self.may_change()?;
        self.directory.replace_unchanged(path, was, bytes)
    }
}

/// Publishes to a place that stops working after so many changes.
fn publish_until(place: &Place, archives: &[Utf8PathBuf], changes: usize) -> Result<Outcome, PublishError> {
    let destination = Failing {
        directory: Directory::open(&place.public_root()).unwrap(),
        left: Cell::new(changes),
    };
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
    publish(&destination, &store, &request, &mut |_| ControlFlow::Continue(()))
}

#[test]
fn whatever_fails_readers_see_one_index_or_the_other() {
    needs_cc!();
    let place = Place::new();
    let archives = ["noopt", "debug", "lto"].map(|options| place.archive(options));
    place.publish(&[&archives[0]], &[]);
    let (before, pristine) = (place.read_back().unwrap(), place.contents());
    let mut changes = 0;
    let outcome = loop {
        place.restore(&pristine);
        match publish_until(&place, &archives, changes) {
            Ok(outcome) => break outcome,
            Err(error) => assert!(matches!(error, PublishError::Destination { .. }), "{error}"),
        }
        assert_eq!(place.read_back().unwrap(), before, "after {changes} changes");
        let outcome = publish_until(&place, &archives, usize::MAX).unwrap();
        assert_eq!(outcome.serial, 2, "after {changes} changes");
        assert_eq!(place.read_back().unwrap().artifacts.len(), 3);
        changes += 1;
    };
    // Two archives with three documents each, sums, page, uv's file, two signatures and the index.
    assert_eq!(changes, 14);
    assert_eq!((outcome.serial, outcome.changed), (2, true));
    let again = publish_until(&place, &archives, 0).unwrap();
    assert!(!again.changed, "nothing is left to be done");
}

#[test]
fn a_killed_publication_is_finished_by_the_next() {
    needs_cc!();
    let place = Place::new();
    let archives = ["noopt", "debug", "lto"].map(|options| place.archive(options));
    place.publish(&[&archives[0]], &[]);
    let before = place.read_back().unwrap();
    let mut process = place.start(&archives.each_ref(), &[]);
    let first = place
        .public_root()
        .join(Index::ARCHIVES)
        .join(archives[1].file_name().unwrap());
    while !first.exists() && process.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    process.kill().unwrap();
    process.wait().unwrap();
    let seen = place.read_back().unwrap();
    assert!(seen == before || seen.serial == 2, "{seen:?}");
    place.publish(&archives.each_ref(), &[]);
    let index = place.read_back().unwrap();
    assert_eq!((index.artifacts.len(), index.serial), (3, 2));
    let parts = place
        .contents()
        .into_keys()
        .filter(|name| name.contains(".part-"));
    assert_eq!(parts.count(), 0);
}
