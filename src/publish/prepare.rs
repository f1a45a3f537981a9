//! Looks into an archive, and writes what is said of it.

use camino::Utf8Path;

use super::{PublishError, Request};
use crate::engine::Distribution;
use crate::evidence::{Envelope, Subject, cyclonedx, provenance, spdx};
use crate::index::{ArchiveName, Artifact, Evidence, FileName, Index, ParseTextError, Published, Sum};
use crate::manifest::Manifest;
use crate::model::{Digest, Entry, Options, Tree, TreePath};
use crate::plan::Flavor;
use crate::store::Store;

/// An archive that is ready to be published.
#[derive(Debug)]
pub(super) struct Prepared {
    /// What the index will say of it.
    pub(super) artifact: Artifact,
    /// What is said beside: where, and what.
    pub(super) documents: Vec<(TreePath, Vec<u8>)>,
}

/// Looks into an archive with this name and digest.
pub(super) fn prepare(
    store: &Store,
    path: &Utf8Path,
    (name, digest): (&FileName, Digest),
    request: &Request<'_>,
) -> Result<Prepared, PublishError> {
    let wrong = |source| PublishError::Name {
        path: path.to_owned(),
        source,
    };
    let named = ArchiveName::parse(name).map_err(wrong)?;
    if named.flavor == Flavor::DebugInfo {
        // It is no distribution: it has no manifest, and what it is made of is said of the others.
        let options = named.options.clone().ok_or_else(|| {
            wrong(ParseTextError {
                text: name.to_string(),
                what: "a name that says of which options it is",
            })
        })?;
        return Ok(Prepared {
            artifact: artifact(name, digest, &named, options),
            documents: Vec::new(),
        });
    }
    let scratch = store.scratch()?;
    let scratch_store = Store::open(scratch.dir.as_path())?;
    let loaded = Distribution::load(&scratch_store, path)?;
    let manifest = loaded.manifest(path)?;
    agree(path, &named, manifest)?;
    let manifest_digest = whole(path, &loaded.tree, manifest)?;
    let subject = Subject {
        name: name.as_str(),
        digest,
        manifest_digest,
        manifest,
        packages: request
            .locks
            .get(&manifest.pbs.worker.lock)
            .map(Vec::as_slice)
            .unwrap_or_default(),
    };
    let statement = provenance(&subject);
    let signed = request.key.sign_statement(statement.bytes())?;
    let mut documents = Vec::new();
    let mut say = |ending: &str, bytes: Vec<u8>| {
        let published = Published {
            path: place(Index::EVIDENCE, &format!("{name}.{ending}")),
            size: bytes.len() as u64,
            digest: Sum::of(&Digest::of(&bytes)),
        };
        documents.push((published.path.clone(), bytes));
        Some(published)
    };
    let evidence = Evidence {
        spdx: say("spdx.json", spdx(&subject).into_bytes()),
        cyclonedx: say("cdx.json", cyclonedx(&subject).into_bytes()),
        provenance: say(
            "provenance.json",
            Envelope::seal(statement.bytes(), &[signed]).write(),
        ),
    };
    let artifact = Artifact {
        manifest: Some(Sum::of(&manifest_digest)),
        evidence,
        ..artifact(name, digest, &named, manifest.build_options.clone())
    };
    Ok(Prepared { artifact, documents })
}

fn place(directory: &str, name: &str) -> TreePath {
    TreePath::parse(&format!("{directory}/{name}")).expect("names of files make a path")
}

fn artifact(name: &FileName, digest: Digest, named: &ArchiveName, options: Options) -> Artifact {
    Artifact {
        name: name.clone(),
        path: place(Index::ARCHIVES, name.as_str()),
        python: named.python.clone(),
        tag: named.tag.clone(),
        target: named.target.clone(),
        options,
        flavor: named.flavor,
        size: digest.size,
        digest: Sum::of(&digest),
        manifest: None,
        evidence: Evidence::default(),
    }
}

/// Name and manifest must say the same.
fn agree(path: &Utf8Path, named: &ArchiveName, manifest: &Manifest) -> Result<(), PublishError> {
    let options = named.options.as_ref().unwrap_or(&manifest.build_options);
    let pairs = [
        (
            "version",
            named.python.to_string(),
            manifest.python_version.clone(),
        ),
        (
            "target",
            named.target.to_string(),
            manifest.target_triple.to_string(),
        ),
        ("options", options.to_string(), manifest.build_options.to_string()),
        ("release tag", named.tag.to_string(), manifest.pbs.tag.clone()),
        (
            "flavour",
            named.flavor.as_str().to_owned(),
            manifest.pbs.flavor.as_str().to_owned(),
        ),
    ];
    match pairs.into_iter().find(|(_, named, manifest)| named != manifest) {
        None => Ok(()),
        Some((what, named, manifest)) => Err(PublishError::Disagree {
            path: path.to_owned(),
            what,
            named,
            manifest,
        }),
    }
}

/// Every file must be what the manifest says; gives the manifest's own digest.
fn whole(path: &Utf8Path, tree: &Tree, manifest: &Manifest) -> Result<Digest, PublishError> {
    let damaged = |file: &TreePath| PublishError::Damaged {
        path: path.to_owned(),
        file: file.to_string(),
    };
    let own = TreePath::parse(Manifest::NAME).expect("it is a path");
    let inside = tree.subtree(&TreePath::parse("python").expect("it is a path"));
    let listed = &manifest.pbs.files;
    for (file, digest, _) in inside.files().filter(|(file, _, _)| **file != own) {
        if listed.get(file) != Some(digest) {
            return Err(damaged(file));
        }
    }
    if let Some(missing) = listed.keys().find(|file| inside.get(file).is_none()) {
        return Err(damaged(missing));
    }
    match inside.get(&own) {
        Some(Entry::File { digest, .. }) => Ok(*digest),
        _ => Err(damaged(&own)),
    }
}
