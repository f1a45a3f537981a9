//! The repository as a place to publish to.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::lease::{self, Lease};
use crate::index::{Address, Index};
use crate::model::{Digest, TreePath};
use crate::publish::{Content, Destination, DestinationError, Held, Put};
use crate::registry::{Client, Manifest, RegistryError, Source, tag_of};

/// What every published file is.
const TYPE: &str = "application/vnd.pbs.file.v1";
/// What tags of announced indexes begin with; no path has such a tag ([`tag_of`]).
const ANNOUNCED: &str = "_I";

/// A repository of a registry.
#[derive(Debug)]
pub struct Oci {
    client: Client,
    /// Goes on when a person interrupts, to give the right to publish back.
    keeper: Arc<Client>,
    lease: Lease,
    /// Whether somebody else has the lease although we should.
    lost: Arc<AtomicBool>,
}

impl Oci {
    /// A place with two clients for one repository: the second one is never cancelled.
    #[must_use]
    pub fn new(client: Client, keeper: Client, lease: Lease) -> Self {
        Self {
            client,
            keeper: Arc::new(keeper),
            lease,
            lost: Arc::default(),
        }
    }

    /// The digest of the file that has a tag.
    fn digest(&self, tag: &str) -> Result<Option<Digest>, RegistryError> {
        let Some((manifest, _)) = self.client.manifest(tag)? else {
            return Ok(None);
        };
        let digest = manifest.file().and_then(|file| file.digest());
        digest.map(Some).ok_or_else(|| self.client.strange(tag))
    }

    fn read(&self, tag: &str) -> Result<Option<Vec<u8>>, DestinationError> {
        let digest = self.digest(tag)?;
        Ok(digest.map(|digest| self.client.blob(tag, &digest)).transpose()?)
    }

    /// Puts a file under a tag.
    fn put(&self, tag: &str, path: &TreePath, content: Content<'_>) -> Result<(), DestinationError> {
        let name = path.components().last().unwrap_or(path.as_str());
        let digest = content.digest();
        let source = match content {
            Content::Bytes(bytes) => Source::Bytes(bytes),
            Content::File { path, .. } => Source::File(path),
        };
        self.client.put_blob(name, &digest, source)?;
        self.client
            .put_manifest(tag, &Manifest::of_file(TYPE, name, &digest))?;
        Ok(())
    }
}

/// The tag that announces an index.
fn announcement(serial: u64, digest: &Digest) -> String {
    format!("{ANNOUNCED}{serial:020}-{}", digest.hex())
}

/// The serial and the sum that a tag announces.
fn announced(tag: &str) -> Option<(u64, &str)> {
    let (serial, sum) = tag.strip_prefix(ANNOUNCED)?.split_once('-')?;
    Some((serial.parse().ok()?, sum))
}

impl Destination for Oci {
    fn shown(&self) -> String {
        self.client.repository().to_string()
    }

    fn address(&self) -> Option<Address> {
        // A registry serves blobs by their digests, and no file by its name.
        None
    }

    fn hold(
        &self,
        waiting: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Box<dyn Held>, DestinationError> {
        let held = lease::take(&self.keeper, self.lease, &self.lost, waiting)?;
        Ok(Box::new(held))
    }

    fn get(&self, path: &TreePath) -> Result<Option<Vec<u8>>, DestinationError> {
        self.read(&tag_of(path))
    }

    fn size(&self, path: &TreePath) -> Result<Option<u64>, DestinationError> {
        Ok(self.digest(&tag_of(path))?.map(|digest| digest.size))
    }

    fn put_new(&self, path: &TreePath, content: Content<'_>) -> Result<Put, DestinationError> {
        let (tag, ours) = (tag_of(path), content.digest());
        let mut put = Put::Same;
        let mut there = self.digest(&tag)?;
        if there.is_none() {
            self.put(&tag, path, content)?;
            put = Put::Made;
            // Somebody may have put something else in the same moment.
            there = self.digest(&tag)?;
        }
        match there {
            Some(there) if there == ours => Ok(put),
            Some(there) => Err(DestinationError::Taken {
                path: path.clone(),
                there: Box::new(there),
                ours: Box::new(ours),
            }),
            None => Err(DestinationError::Changed { path: path.clone() }),
        }
    }

    fn replace(&self, path: &TreePath, bytes: &[u8]) -> Result<(), DestinationError> {
        self.put(&tag_of(path), path, Content::Bytes(bytes))
    }

    fn replace_unchanged(
        &self,
        path: &TreePath,
        was: Option<&[u8]>,
        bytes: &[u8],
    ) -> Result<(), DestinationError> {
        let content = Content::Bytes(bytes);
        let serial = Index::read(bytes).map_or(0, |index| index.serial);
        self.put(&announcement(serial, &content.digest()), path, content)?;
        let is_same = self.digest(&tag_of(path))? == was.map(Digest::of);
        if !is_same || self.lost.load(Ordering::Acquire) {
            return Err(DestinationError::Changed { path: path.clone() });
        }
        self.put(&tag_of(path), path, content)
    }

    fn announced(&self, from: u64, known: &[Digest]) -> Result<Option<Vec<Vec<u8>>>, DestinationError> {
        let known: Vec<String> = known.iter().map(Digest::hex).collect();
        let mut indexes = Vec::new();
        for tag in self.client.tags()? {
            let Some((serial, sum)) = announced(&tag) else {
                continue;
            };
            if serial >= from && !known.iter().any(|known| known == sum) {
                indexes.extend(self.read(&tag)?);
            }
        }
        Ok(Some(indexes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::is_tag;

    #[test]
    fn announcements_are_tags_that_no_path_has() {
        let digest = Digest::of(b"");
        let tag = announcement(u64::MAX, &digest);
        assert!(is_tag(&tag));
        assert_eq!(announced(&tag), Some((u64::MAX, digest.hex().as_str())));
        for path in ["_I1-a", "I1-a", "index.json"] {
            assert_eq!(
                announced(&tag_of(&TreePath::parse(path).unwrap())),
                None,
                "{path}"
            );
        }
    }
}
