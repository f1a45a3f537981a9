//! The collector: keeps what recent actions need, removes the rest.
//!
//! Runs alone: as long as any other process has the store open, or anything of this process
//! stands, it does nothing. So nothing that a running `pbs` uses can go, with no bookkeeping of
//! who uses what.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use camino::Utf8Path;
use std::sync::atomic::Ordering;

use super::layout::{Area, blob_name, parse_name};
use super::reapi::Node;
use super::stamp::age;
use super::{Store, StoreError};
use crate::model::{Digest, Pin, TreeDigest};

const DOING: &str = "collecting the store";

/// What is kept.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CollectPolicy {
    /// Actions not used for longer are forgotten.
    pub max_age: Option<Duration>,
    /// The most recently used actions are kept whose blobs fit into so many bytes together.
    pub max_bytes: Option<u64>,
    /// Blobs that are kept although no action needs them; they count as the most recently used.
    pub keep: Vec<Pin>,
}

/// What the collector removed and left.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Collected {
    /// Actions forgotten.
    pub actions: u64,
    /// Files of blobs removed.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Standing trees removed.
    pub trees: u64,
    /// Bytes of the blobs that are left.
    pub bytes_left: u64,
}

/// How much there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StoreSize {
    /// Files of blobs.
    pub blobs: u64,
    /// Their bytes; standing trees are further names of the same files.
    pub bytes: u64,
    /// Trees that stand unpacked.
    pub trees: u64,
    /// Recorded actions.
    pub actions: u64,
}

/// Called with the path of a blob's file, the digest its name says, and its size.
pub(super) type EachBlob<'a> = dyn FnMut(&Utf8Path, Option<Digest>, u64) -> Result<(), StoreError> + 'a;

impl Store {
    /// Removes what no kept action needs. `now` comes from the caller: the store has no clock.
    ///
    /// Calls `also` afterwards, while still nobody else has the store open: for what others keep
    /// about its content.
    pub fn collect<T>(
        &self,
        policy: &CollectPolicy,
        now: SystemTime,
        also: impl FnOnce() -> T,
    ) -> Result<(Collected, T), StoreError> {
        if self.inner.standing.load(Ordering::Relaxed) != 0 {
            return Err(StoreError::InUse {
                processes: vec![std::process::id()],
            });
        }
        let lock = self.inner.lock.file();
        // Taking it alone gives up the shared lock first, also when it fails.
        let alone = lock.try_lock();
        let collected = match alone {
            Ok(()) => self
                .collect_alone(policy, now)
                .map(|collected| (collected, also())),
            Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::InUse {
                processes: self.other_sessions(),
            }),
            Err(std::fs::TryLockError::Error(source)) => Err(StoreError::io(DOING, source)),
        };
        lock.lock_shared()
            .map_err(|source| StoreError::io(DOING, source))?;
        collected
    }

    /// Counts what there is.
    pub fn size(&self) -> Result<StoreSize, StoreError> {
        let mut size = StoreSize {
            actions: list(&self.area(Area::Actions))?.len() as u64,
            trees: list(&self.area(Area::Trees))?.len() as u64,
            ..Default::default()
        };
        self.each_blob_file(&mut |_, _, bytes| {
            size.blobs += 1;
            size.bytes += bytes;
            Ok(())
        })?;
        Ok(size)
    }

    fn collect_alone(&self, policy: &CollectPolicy, now: SystemTime) -> Result<Collected, StoreError> {
        let failed = |source| StoreError::io(DOING, source);
        let mut collected = Collected::default();
        let mut kept = HashSet::new();
        for pin in &policy.keep {
            kept.extend(self.find_pinned(pin)?);
        }
        let mut bytes = kept.iter().map(|digest| digest.size).sum::<u64>();
        let mut is_full = false;
        for (key, record, used) in self.actions()? {
            let is_old = match (policy.max_age, now.duration_since(used)) {
                (Some(limit), Ok(unused)) => unused > limit,
                _ => false,
            };
            let needs = if is_old || is_full {
                None
            } else {
                self.needs(&record.output, record.log.as_ref(), &kept)?
            };
            if let Some(needs) = needs {
                let more: u64 = needs.iter().map(|digest| digest.size).sum();
                if policy.max_bytes.is_none_or(|limit| bytes + more <= limit) {
                    bytes += more;
                    kept.extend(needs);
                    continue;
                }
                // The rest is older: keeping a part of it would keep nothing useful.
                is_full = true;
            }
            self.forget_action(&key)?;
            collected.actions += 1;
        }
        // Trees first: a blob's bytes are free when its last name is gone.
        for name in list(&self.area(Area::Trees))? {
            if parse_name(&name).is_none_or(|digest| !kept.contains(&digest)) {
                self.discard(&self.area(Area::Trees).join(name))?;
                collected.trees += 1;
            }
        }
        self.each_blob_file(&mut |path, digest, size| {
            if digest.is_some_and(|digest| kept.contains(&digest)) {
                collected.bytes_left += size;
                return Ok(());
            }
            collected.blobs += 1;
            collected.bytes += size;
            fs_err::remove_file(path).map_err(failed)
        })?;
        if let Some(limit) = policy.max_age {
            for name in list(&self.area(Area::Explain))? {
                let path = self.area(Area::Explain).join(name);
                let metadata = fs_err::symlink_metadata(&path).map_err(failed)?;
                if age(&metadata, now) > limit {
                    fs_err::remove_file(&path).map_err(failed)?;
                }
            }
        }
        Ok(collected)
    }

    /// Everything an action's result consists of that is not in `known`; nothing if a part of it
    /// is missing, for then the result is of no use.
    pub(super) fn needs(
        &self,
        output: &TreeDigest,
        log: Option<&Digest>,
        known: &HashSet<Digest>,
    ) -> Result<Option<HashSet<Digest>>, StoreError> {
        let mut needs = HashSet::new();
        if let Some(log) = log.filter(|log| !known.contains(*log)) {
            if !self.has_blob(log) {
                return Ok(None);
            }
            needs.insert(*log);
        }
        let mut waiting = vec![*output];
        while let Some(tree) = waiting.pop() {
            if known.contains(&tree.0) || !needs.insert(tree.0) {
                continue;
            }
            let directory = match self.directory(&tree) {
                Ok(directory) => directory,
                Err(StoreError::Blob { .. } | StoreError::Malformed { .. }) => return Ok(None),
                Err(error) => return Err(error),
            };
            for node in directory.nodes.values() {
                match node {
                    Node::Directory(below) => waiting.push(*below),
                    Node::Symlink { .. } => {}
                    Node::File { digest, .. } if known.contains(digest) => {}
                    Node::File { digest, .. } if self.has_blob(digest) => {
                        needs.insert(*digest);
                    }
                    Node::File { .. } => return Ok(None),
                }
            }
        }
        Ok(Some(needs))
    }

    /// Calls `each` for every file in the CAS.
    pub(super) fn each_blob_file(&self, each: &mut EachBlob<'_>) -> Result<(), StoreError> {
        let cas = self.area(Area::Cas);
        for shard in list(&cas)? {
            let shard = cas.join(shard);
            for name in list(&shard)? {
                let path = shard.join(&name);
                let metadata = match fs_err::symlink_metadata(&path) {
                    Ok(metadata) => metadata,
                    // Another process has just removed it.
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                    Err(source) => return Err(StoreError::io(DOING, source)),
                };
                each(&path, blob_name(&name), metadata.len())?;
            }
        }
        Ok(())
    }
}

/// The names in a directory, sorted.
pub(super) fn list(dir: &Utf8Path) -> Result<Vec<String>, StoreError> {
    let failed = |source| StoreError::io("listing the store", source);
    let mut names = Vec::new();
    for entry in fs_err::read_dir(dir).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        names.push(name.to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
