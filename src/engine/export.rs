//! Puts finished archives where a person wants them.
//!
//! An archive that stands there already is left alone. Whether it is the right one is remembered
//! with what the system says of the file (device, inode, size, modification and change time), which
//! no ordinary write leaves as it is; where that does not match, the whole file is read and hashed.

use std::os::unix::fs::MetadataExt as _;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::Engine;
use super::conduct::{Made, Outputs};
use super::error::EngineError;
use super::event::Event;
use crate::model::Digest;
use crate::plan::{Plan, StepKind};
use crate::store::{StoreError, digest_of};

/// What was known of a file when its digest was.
#[derive(PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    digest: Digest,
    dev: u64,
    ino: u64,
    mtime: (i64, i64),
    ctime: (i64, i64),
}

impl Seen {
    fn of(digest: Digest, metadata: &std::fs::Metadata) -> Self {
        Self {
            digest,
            dev: metadata.dev(),
            ino: metadata.ino(),
            mtime: (metadata.mtime(), metadata.mtime_nsec()),
            ctime: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

impl Engine {
    /// Puts the archives among `plan`'s wanted outputs into `out`; gives their paths in plan order.
    pub async fn export(
        self: &Arc<Self>,
        plan: &Arc<Plan>,
        mut outputs: Outputs,
        out: &Utf8Path,
    ) -> Result<Vec<Utf8PathBuf>, EngineError> {
        let mut paths = Vec::new();
        for id in plan.wanted.values() {
            if !matches!(plan.steps[id].kind, StepKind::Pack(_)) || !outputs.contains_key(id) {
                continue;
            }
            let path = match self.export_blocking(&outputs[id], out).await {
                // The archive itself is gone from the store: it is packed again, once.
                Err(EngineError::Store(StoreError::Blob { .. })) => {
                    self.store.forget_action(&outputs[id].key)?;
                    outputs.extend(self.conduct(plan, std::slice::from_ref(id)).await?);
                    self.export_blocking(&outputs[id], out).await?
                }
                result => result?,
            };
            paths.push(path);
        }
        Ok(paths)
    }

    async fn export_blocking(
        self: &Arc<Self>,
        made: &Made,
        out: &Utf8Path,
    ) -> Result<Utf8PathBuf, EngineError> {
        let (engine, made, out) = (Arc::clone(self), made.clone(), out.to_owned());
        match tokio::task::spawn_blocking(move || engine.export_one(&made, &out)).await {
            Ok(result) => result,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    fn export_one(&self, made: &Made, out: &Utf8Path) -> Result<Utf8PathBuf, EngineError> {
        let tree = self.store.tree(&made.record.output)?;
        let (name, digest, _) = tree
            .files()
            .next()
            .expect("the output of a pack step is a tree with one file");
        let path = out.join(name.as_str());
        let note = format!("export/{path}");
        if self.is_there(&path, &note, digest)? {
            return Ok(path);
        }
        fs_err::create_dir_all(out)?;
        self.store.export(digest, &path).map_err(|error| match error {
            StoreError::Outside { source } => EngineError::Io(source),
            other => other.into(),
        })?;
        self.remember_export(&path, &note, *digest);
        self.listener.event(&Event::ArchiveWritten {
            path: path.clone(),
            digest: *digest,
        });
        Ok(path)
    }

    fn is_there(&self, path: &Utf8Path, note: &str, digest: &Digest) -> Result<bool, EngineError> {
        let metadata = match fs_err::symlink_metadata(path) {
            Ok(metadata) if metadata.is_file() && metadata.len() == digest.size => metadata,
            _ => return Ok(false),
        };
        let seen = self
            .store
            .note(note)?
            .and_then(|text| serde_json::from_slice::<Seen>(&text).ok());
        if seen == Some(Seen::of(*digest, &metadata)) {
            return Ok(true);
        }
        if digest_of(&mut fs_err::File::open(path)?)? != *digest {
            return Ok(false);
        }
        self.remember_export(path, note, *digest);
        Ok(true)
    }

    /// Forgetting this costs time, never truth.
    fn remember_export(&self, path: &Utf8Path, note: &str, digest: Digest) {
        let Ok(metadata) = fs_err::symlink_metadata(path) else {
            return;
        };
        if let Ok(text) = serde_json::to_vec(&Seen::of(digest, &metadata)) {
            let _ = self.store.put_note(note, &text);
        }
    }
}
