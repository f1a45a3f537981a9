//! `Pack`: an archive of the distribution, in one of its flavours.

use super::job::Job;
use crate::archive::{self, Compression, PackSpec};
use crate::engine::distribution::{manifest_path, read_manifest};
use crate::engine::error::StepError;
use crate::manifest::{select_debug_info, select_flavor};
use crate::model::{Entry, Tree, TreeDigest, TreePath};
use crate::plan::{Flavor, Pack};

pub(crate) fn run(job: &Job, pack: &Pack) -> Result<TreeDigest, StepError> {
    let store = &job.engine.store;
    let distribution = job.input_tree("distribution")?;
    let (tree, first) = match pack.flavor {
        Flavor::DebugInfo => {
            let debug = job.input_tree("debug")?;
            (select_debug_info(&distribution, &debug)?, Vec::new())
        }
        Flavor::Full | Flavor::InstallOnly => with_manifest(job, pack, &distribution, None)?,
        Flavor::InstallOnlyStripped => {
            let stripped = job
                .inputs
                .get("stripped")
                .map(|digest| job.engine.store.tree(digest));
            with_manifest(job, pack, &distribution, stripped.transpose()?.as_ref())?
        }
    };
    let spec = PackSpec {
        compression: match pack.flavor {
            Flavor::Full | Flavor::DebugInfo => Compression::ZSTD,
            Flavor::InstallOnly | Flavor::InstallOnlyStripped => Compression::GZIP,
        },
        epoch: pack.epoch,
        first,
    };
    let archive = archive::pack(store, &tree, &spec)?;
    let mut output = Tree::new();
    output.insert(TreePath::parse(&pack.file)?, plain(archive))?;
    Ok(store.put_tree(&output)?)
}

/// What goes into an archive that has a manifest, which stands first: whoever streams the archive
/// can stop once they have it.
fn with_manifest(
    job: &Job,
    pack: &Pack,
    distribution: &Tree,
    stripped: Option<&Tree>,
) -> Result<(Tree, Vec<TreePath>), StepError> {
    let store = &job.engine.store;
    let manifest = read_manifest(store, distribution)??;
    let (mut tree, manifest) = select_flavor(distribution, &manifest, pack.flavor, stripped)?;
    let digest = store.put_bytes(&manifest.write())?;
    let at = manifest_path();
    tree.insert(at.clone(), plain(digest))?;
    Ok((tree, vec![at]))
}

/// A file that nobody executes.
pub(crate) fn plain(digest: crate::model::Digest) -> Entry {
    Entry::File {
        digest,
        executable: false,
    }
}
