//! One publication from its beginning to its end.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use super::current::{Current, at, current, path};
use super::derived::derive;
use super::merge::{merge, overtaken};
use super::prepare::prepare;
use super::{Content, Destination, DestinationError, PublishError};
use crate::index::{Address, Artifact, FileName, Index, PublicKey, trusted_comment};
use crate::model::{Digest, TreePath};
use crate::plan::LockedPackage;
use crate::sign::SecretKey;
use crate::store::{Store, digest_of};

/// What is to be published.
#[derive(Debug)]
pub struct Request<'a> {
    /// The archives; with none, keys may still change.
    pub archives: &'a [Utf8PathBuf],
    /// Signs.
    pub key: &'a SecretKey,
    /// Keys that may sign from the next publication on.
    pub next_keys: &'a [PublicKey],
    /// Keys that signed so far and shall not any more.
    pub previous_keys: &'a [PublicKey],
    /// The packages of machines that steps ran in, by the digests of their locks, for provenance.
    pub locks: &'a BTreeMap<Digest, Vec<LockedPackage>>,
    /// The address that the place is served at, if it is not the one that was said before.
    pub address: Option<&'a Address>,
}

/// What happens meanwhile.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// Somebody else publishes; told again and again.
    Waiting {
        /// Who.
        holder: &'a str,
    },
    /// Somebody else published meanwhile; both are put together.
    Overtaken,
    /// An archive is looked into and put.
    Putting {
        /// Which.
        name: &'a FileName,
    },
}

/// What it came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The serial of the index.
    pub serial: u64,
    /// Whether the index is another one than before.
    pub changed: bool,
    /// The archives that were named.
    pub archives: BTreeMap<FileName, Change>,
    /// The keys whose signatures count now.
    pub keys: Vec<PublicKey>,
}

/// What happened to an archive.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It was not there.
    New,
    /// It was there.
    Unchanged,
}

/// Who is asked whether to go on.
type Listener<'a> = dyn FnMut(Event<'_>) -> ControlFlow<()> + 'a;

/// Publishes.
pub fn publish(
    destination: &dyn Destination,
    store: &Store,
    request: &Request<'_>,
    listener: &mut Listener<'_>,
) -> Result<Outcome, PublishError> {
    let files = digests(request.archives)?;
    let held = destination
        .hold(&mut |holder| listener(Event::Waiting { holder }))
        .map_err(at(destination))?;
    let ours: Vec<&PublicKey> = std::iter::once(request.key.public())
        .chain(request.previous_keys)
        // Whoever may sign from now on may have signed already: two who take turns.
        .chain(request.next_keys)
        .collect();
    let before = current(destination, &ours)?;
    let mut publication = Publication {
        destination,
        store,
        request,
        index: before.index.clone(),
    };
    merge(destination, &ours, &before, &mut publication.index)?;
    // Whatever cannot be is told before anything is put.
    publication.set_keys();
    if publication.index.keys.is_empty() {
        return Err(PublishError::NoKeyLeft);
    }
    for (name, (_, digest)) in &files {
        publication.check(name, digest)?;
    }
    let mut archives = BTreeMap::new();
    for (name, (file, digest)) in &files {
        if listener(Event::Putting { name }).is_break() {
            return Err(PublishError::Interrupted);
        }
        archives.insert(name.clone(), publication.put(name, file, *digest)?);
    }
    let mut changed = publication.finish(&before)?;
    // Where nothing keeps two apart for certain, each of them looks afterwards whether something was lost.
    let mut before = before;
    while let Some(now) = overtaken(destination, &ours, &before, &mut publication.index)? {
        if listener(Event::Overtaken).is_break() {
            return Err(PublishError::Interrupted);
        }
        changed |= publication.finish(&now)?;
        before = now;
    }
    drop(held);
    Ok(Outcome {
        serial: publication.index.serial,
        changed,
        archives,
        keys: publication.index.keys,
    })
}

/// The archives by name.
fn digests(archives: &[Utf8PathBuf]) -> Result<BTreeMap<FileName, (&Utf8Path, Digest)>, PublishError> {
    let mut files: BTreeMap<FileName, (&Utf8Path, Digest)> = BTreeMap::new();
    for path in archives {
        let read = |source| PublishError::Read {
            path: path.clone(),
            source,
        };
        if fs_err::metadata(path).map_err(read)?.is_dir() {
            return Err(PublishError::Directory { path: path.clone() });
        }
        let name = FileName::parse(path.file_name().unwrap_or_default());
        let name = name.map_err(|source| PublishError::Name {
            path: path.clone(),
            source,
        })?;
        let digest = fs_err::File::open(path).and_then(|mut file| digest_of(&mut file));
        let digest = digest.map_err(read)?;
        match files.get(&name) {
            Some((_, known)) if *known != digest => {
                return Err(PublishError::Twice {
                    name: name.to_string(),
                });
            }
            _ => files.insert(name, (path.as_path(), digest)),
        };
    }
    Ok(files)
}

struct Publication<'a> {
    destination: &'a dyn Destination,
    store: &'a Store,
    request: &'a Request<'a>,
    /// What the index will be.
    index: Index,
}

impl Publication<'_> {
    /// A name never gets other bytes.
    fn check(&self, name: &FileName, digest: &Digest) -> Result<(), PublishError> {
        match self.index.artifact(name.as_str()) {
            Some(known) if known.digest() != *digest => Err(PublishError::Taken {
                name: name.to_string(),
                there: known.digest(),
                here: *digest,
            }),
            _ => Ok(()),
        }
    }

    /// Puts an archive and what is said of it, and lists it.
    fn put(&mut self, name: &FileName, file: &Utf8Path, digest: Digest) -> Result<Change, PublishError> {
        if let Some(known) = self.index.artifact(name.as_str())
            && self.is_whole(known)?
        {
            return Ok(Change::Unchanged);
        }
        let prepared = prepare(self.store, file, (name, digest), self.request)?;
        let content = Content::File { path: file, digest };
        self.destination
            .put_new(&prepared.artifact.path, content)
            .map_err(at(self.destination))?;
        for (path, bytes) in &prepared.documents {
            self.put_document(path, bytes)?;
        }
        let place = self
            .index
            .artifacts
            .binary_search_by(|known| known.name.cmp(name));
        match place {
            // Something of it was lost there, and is back.
            Ok(place) => self.index.artifacts[place] = prepared.artifact,
            Err(place) => self.index.artifacts.insert(place, prepared.artifact),
        }
        Ok(Change::New)
    }

    /// Whether everything that the index says of an archive is there, as far as its size tells.
    fn is_whole(&self, artifact: &Artifact) -> Result<bool, PublishError> {
        let documents = artifact
            .evidence
            .documents()
            .map(|document| (&document.path, document.size));
        for (path, size) in documents.chain([(&artifact.path, artifact.size)]) {
            if self.destination.size(path).map_err(at(self.destination))? != Some(size) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A document that an interrupted publication put there, by another key or another `pbs`, was
    /// never listed: nobody knows it.
    fn put_document(&self, path: &TreePath, bytes: &[u8]) -> Result<(), PublishError> {
        match self.destination.put_new(path, Content::Bytes(bytes)) {
            Err(DestinationError::Taken { .. }) => self.destination.replace(path, bytes),
            result => result.map(|_| ()),
        }
        .map_err(at(self.destination))
    }

    /// Our own key first, then those that may sign as well.
    fn set_keys(&mut self) {
        let known = std::mem::take(&mut self.index.keys);
        let next = self.request.next_keys.iter().cloned();
        for key in std::iter::once(self.request.key.public().clone())
            .chain(known)
            .chain(next)
        {
            if !self.index.keys.contains(&key) && !self.request.previous_keys.contains(&key) {
                self.index.keys.push(key);
            }
        }
    }

    /// Writes what follows from the index, the signature, and at last the index.
    fn finish(&mut self, before: &Current) -> Result<bool, PublishError> {
        let changed = before.bytes.is_none() || self.index != before.index;
        self.index.serial += u64::from(changed);
        derive(self.destination, &self.index, self.request.address)?;
        if !changed && before.signed {
            return Ok(false);
        }
        let bytes = self.index.write();
        let signature = self
            .request
            .key
            .sign(&bytes, &trusted_comment(self.index.serial))?;
        let (destination, failed) = (self.destination, at(self.destination));
        let by_sum = path(&Index::signature_of(&bytes));
        destination
            .replace(&by_sum, signature.as_bytes())
            .map_err(&failed)?;
        destination
            .replace(&path(Index::SIGNATURE), signature.as_bytes())
            .map_err(&failed)?;
        let was = before.bytes.as_deref();
        destination
            .replace_unchanged(&path(Index::NAME), was, &bytes)
            .map_err(&failed)?;
        Ok(changed)
    }
}
