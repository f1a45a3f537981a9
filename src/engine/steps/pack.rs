//! `Pack`: an archive of the distribution, in one of its flavours.

use super::job::Job;
use crate::archive::{self, Compression, PackSpec};
use crate::engine::distribution::{manifest_path, read_manifest};
use crate::engine::error::StepError;
use crate::manifest::select_flavor;
use crate::model::{Entry, Tree, TreeDigest, TreePath};
use crate::plan::{Flavor, Pack};

pub(crate) fn run(job: &Job, pack: &Pack) -> Result<TreeDigest, StepError> {
    let store = &job.engine.store;
    let distribution = job.input_tree("distribution")?;
    let at = manifest_path();
    let manifest = read_manifest(store, &distribution)??;
    let stripped = match pack.flavor {
        Flavor::InstallOnlyStripped => Some(job.input_tree("stripped")?),
        Flavor::Full | Flavor::InstallOnly => None,
    };
    let (mut tree, manifest) = select_flavor(&distribution, &manifest, pack.flavor, stripped.as_ref())?;
    let digest = store.put_bytes(&manifest.write())?;
    tree.insert(at.clone(), plain(digest))?;
    let spec = PackSpec {
        compression: match pack.flavor {
            Flavor::Full => Compression::ZSTD,
            Flavor::InstallOnly | Flavor::InstallOnlyStripped => Compression::GZIP,
        },
        epoch: pack.epoch,
        // Whoever streams the archive can stop once they have the manifest.
        first: vec![at],
    };
    let archive = archive::pack(store, &tree, &spec)?;
    let mut output = Tree::new();
    output.insert(TreePath::parse(&pack.file)?, plain(archive))?;
    Ok(store.put_tree(&output)?)
}

/// A file that nobody executes.
pub(crate) fn plain(digest: crate::model::Digest) -> Entry {
    Entry::File {
        digest,
        executable: false,
    }
}
