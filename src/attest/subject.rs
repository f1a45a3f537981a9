//! What is held against the evidence: an archive, or what one was unpacked to.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::AttestError;
use crate::engine::{LoadError, NoManifest, python_of};
use crate::index::{Artifact, Index, Sum};
use crate::manifest::Manifest;
use crate::model::Digest;
use crate::store::Store;

/// A distribution that nothing is believed of yet.
pub(super) enum Specimen {
    /// An archive, which is in the store now; nobody has looked into it.
    Archive { digest: Digest },
    /// The directory `python` of an unpacked one, and its manifest.
    Directory { python: Utf8PathBuf, manifest: Vec<u8> },
}

impl Specimen {
    /// Takes an archive into the store, or the manifest of a directory.
    pub(super) fn take(store: &Store, path: &Utf8Path) -> Result<Self, AttestError> {
        let read = |source| AttestError::Read {
            path: path.to_owned(),
            source,
        };
        let found = fs_err::metadata(path).map_err(|_| LoadError::Missing {
            path: path.to_owned(),
        })?;
        if !found.is_dir() {
            let mut file = fs_err::File::open(path).map_err(read)?;
            return Ok(Self::Archive {
                digest: store.put_reader(&mut file)?,
            });
        }
        let python = python_of(path).ok_or_else(|| LoadError::NotOne {
            path: path.to_owned(),
        })?;
        match fs_err::read(python.join(Manifest::NAME)) {
            Ok(manifest) => Ok(Self::Directory { python, manifest }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(LoadError::Manifest {
                path: path.to_owned(),
                source: NoManifest::Missing,
            }
            .into()),
            Err(source) => Err(read(source)),
        }
    }

    /// What the index says of it: by the digest of the archive or of the manifest, and where there is none, by
    /// what it says of itself, so that it can be told what is changed.
    pub(super) fn listed<'i>(&self, path: &Utf8Path, index: &'i Index) -> Option<&'i Artifact> {
        let find = |fits: &dyn Fn(&Artifact) -> bool| index.artifacts.iter().find(|artifact| fits(artifact));
        match self {
            Self::Archive { digest } => {
                let name = path.file_name().unwrap_or_default();
                let named = index.artifact(name);
                named
                    .filter(|artifact| artifact.digest() == *digest)
                    .or_else(|| find(&|artifact| artifact.digest() == *digest))
                    .or(named)
            }
            Self::Directory { manifest, .. } => {
                let sum = Sum::of(&Digest::of(manifest));
                find(&|artifact| artifact.manifest == Some(sum)).or_else(|| {
                    let manifest = Manifest::read(manifest).ok()?;
                    find(&|artifact| differing(artifact, &manifest).is_none())
                })
            }
        }
    }

    /// By what it was looked for, for people.
    pub(super) fn sought(&self) -> String {
        match self {
            Self::Archive { digest } => format!("no archive of its name or with its digest, {digest}"),
            Self::Directory { manifest, .. } => format!(
                "no archive whose manifest is its, {}",
                Sum::of(&Digest::of(manifest))
            ),
        }
    }
}

/// In what the index and a manifest differ, if they do: what, there, and in the manifest.
pub(super) fn differing(artifact: &Artifact, manifest: &Manifest) -> Option<(&'static str, String, String)> {
    let pairs = [
        (
            "version",
            artifact.python.to_string(),
            manifest.python_version.clone(),
        ),
        (
            "target",
            artifact.target.to_string(),
            manifest.target_triple.to_string(),
        ),
        (
            "options",
            artifact.options.to_string(),
            manifest.build_options.to_string(),
        ),
        ("release tag", artifact.tag.to_string(), manifest.pbs.tag.clone()),
        (
            "flavour",
            artifact.flavor.as_str().to_owned(),
            manifest.pbs.flavor.as_str().to_owned(),
        ),
    ];
    pairs.into_iter().find(|(_, there, here)| there != here)
}
