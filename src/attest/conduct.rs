//! The whole way: index, archive or files, manifest, documents.

use std::collections::BTreeSet;

use camino::Utf8Path;
use serde::Serialize;

use super::files::{Differences, compare, installed, of_directory, of_tree};
use super::folder::{Folder, Trusted};
use super::subject::{Specimen, differing};
use super::{AttestError, documents};
use crate::engine::{Distribution, LoadError, NoManifest};
use crate::evidence::Subject;
use crate::index::{Artifact, PublicKey, Sum};
use crate::manifest::Manifest;
use crate::model::{Digest, Entry, TreePath};
use crate::plan::Flavor;
use crate::store::Store;
use crate::verify::{Finding, Report, Severity};

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// An archive, or a directory that one was unpacked to.
    pub distribution: &'a Utf8Path,
    /// A directory with the evidence.
    pub evidence: &'a Utf8Path,
    /// The keys whose signatures count.
    pub keys: &'a [PublicKey],
}

/// What the evidence says of a distribution.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Attested {
    /// The archive that it is, or says it is.
    pub archive: Artifact,
    /// The serial of the index that lists it.
    pub serial: u64,
    /// The key that signed the index.
    pub signed_by: PublicKey,
    /// Where distribution and evidence differ.
    #[serde(flatten)]
    pub report: Report,
}

/// What was checked, and what is wrong.
#[derive(Default)]
pub(super) struct Findings(Report);

/// What needs the manifest.
const OF_MANIFEST: [&str; 5] = ["manifest", "files", "spdx", "cyclonedx", "provenance"];

impl Findings {
    pub(super) fn applied(&mut self, rule: &str) {
        self.0.applied.push(rule.to_owned());
    }

    fn skipped(&mut self, rules: &[&str], why: &str) {
        let rules = rules.iter();
        self.0
            .skipped
            .extend(rules.map(|rule| ((*rule).to_owned(), why.to_owned())));
    }

    pub(super) fn error(&mut self, rule: &str, path: Option<String>, message: String) {
        self.add(Severity::Error, rule, path, message);
    }

    fn add(&mut self, severity: Severity, rule: &str, path: Option<String>, message: String) {
        self.0.findings.push(Finding {
            rule: rule.to_owned(),
            severity,
            path,
            message,
            hint: hint(rule).to_owned(),
        });
    }
}

/// What to do where something is not as it should be.
fn hint(rule: &str) -> &'static str {
    match rule {
        "archive" => "it was damaged or changed on its way: do not use it, and fetch it again",
        "manifest" | "files" => {
            "whoever changed it did not publish that: do not use it, and fetch the distribution again"
        }
        "additions" => "packages that people installed are not the publisher's; who installed them?",
        "statement-signature" => {
            "a document that a replaced key signed is taken when that key is given, too, with another `--key`"
        }
        _ => {
            "the copy of the evidence is not whole, or of another time than the index; if it is, tell the publisher"
        }
    }
}

/// Holds a distribution against the evidence. What is wrong with it is in the report; an error is only that
/// nothing can be said.
pub fn attest(request: &Request<'_>, store: &Store) -> Result<Attested, AttestError> {
    let folder = Folder::new(request.evidence);
    let Trusted { index, by } = folder.index(request.keys)?;
    let path = request.distribution;
    let specimen = Specimen::take(store, path)?;
    let listed = specimen.listed(path, &index);
    let artifact = listed.ok_or_else(|| AttestError::NotListed {
        evidence: folder.root().to_owned(),
        distribution: path.to_owned(),
        what: specimen.sought(),
    })?;
    let mut keys: Vec<&PublicKey> = request.keys.iter().collect();
    // Who is believed names who else signs.
    keys.extend(&index.keys);
    let mut findings = Findings::default();
    findings.applied("index-signature");
    look(
        &specimen,
        path,
        artifact,
        store,
        &mut findings,
        |subject, findings| documents::check(&folder, artifact, subject, &keys, findings),
    )?;
    Ok(Attested {
        archive: artifact.clone(),
        serial: index.serial,
        signed_by: by.clone(),
        report: findings.0,
    })
}

/// Checks archive, manifest and files, and goes on with the documents if the manifest is the right one.
fn look(
    specimen: &Specimen,
    path: &Utf8Path,
    artifact: &Artifact,
    store: &Store,
    findings: &mut Findings,
    documents: impl FnOnce(&Subject<'_>, &mut Findings) -> Result<(), AttestError>,
) -> Result<(), AttestError> {
    let (manifest, differences) = match specimen {
        Specimen::Archive { digest } => {
            findings.applied("archive");
            if *digest != artifact.digest() {
                let message = format!("it is {digest}, and the index names {}", artifact.digest());
                findings.error("archive", None, message);
                findings.skipped(&OF_MANIFEST, "it is another archive, and is not looked into");
                return Ok(());
            }
            if artifact.flavor == Flavor::DebugInfo {
                findings.skipped(&OF_MANIFEST, "debug information has no manifest");
                return Ok(());
            }
            let loaded = Distribution::unpack(store, path, digest)?;
            let manifest = TreePath::parse(Manifest::PATH).expect("it is a path");
            let Some(Entry::File { digest, .. }) = loaded.tree.get(&manifest) else {
                return Err(no_manifest(path));
            };
            if !is_named(artifact, digest, findings) {
                return Ok(());
            }
            let manifest = loaded.manifest(path)?;
            let differences = compare(manifest, &of_tree(&loaded.tree), &BTreeSet::new());
            ((manifest.clone(), *digest), differences)
        }
        Specimen::Directory { python, manifest } => {
            findings.skipped(&["archive"], "not an archive but a directory");
            let digest = Digest::of(manifest);
            if !is_named(artifact, &digest, findings) {
                return Ok(());
            }
            let manifest = Manifest::read(manifest).map_err(|error| LoadError::Manifest {
                path: path.to_owned(),
                source: NoManifest::Unreadable(error.into()),
            })?;
            let things = of_directory(python, &manifest)?;
            let installed = installed(python, &manifest, &things);
            let differences = compare(&manifest, &things, &installed);
            ((manifest, digest), differences)
        }
    };
    let (manifest, manifest_digest) = manifest;
    if let Some((what, there, here)) = differing(artifact, &manifest) {
        let message = format!("its {what} is {here}, and the index says {there}");
        findings.error("manifest", Some(Manifest::NAME.to_owned()), message);
    }
    tell(
        differences,
        matches!(specimen, Specimen::Archive { .. }),
        findings,
    );
    let subject = Subject {
        name: artifact.name.as_str(),
        digest: artifact.digest(),
        manifest_digest,
        manifest: &manifest,
        packages: &[],
    };
    documents(&subject, findings)
}

fn no_manifest(path: &Utf8Path) -> AttestError {
    LoadError::Manifest {
        path: path.to_owned(),
        source: NoManifest::Missing,
    }
    .into()
}

/// Whether the manifest is the one that the index names: what it lists counts only then.
fn is_named(artifact: &Artifact, digest: &Digest, findings: &mut Findings) -> bool {
    findings.applied("manifest");
    let sum = Sum::of(digest);
    if artifact.manifest == Some(sum) {
        return true;
    }
    let named = artifact
        .manifest
        .map_or_else(|| "none".to_owned(), |named| named.to_string());
    let message = format!("it is {sum}, and the index names {named}");
    findings.error("manifest", Some(Manifest::NAME.to_owned()), message);
    findings.skipped(&OF_MANIFEST[1..], "the manifest is another one");
    false
}

fn tell(differences: Differences, is_archive: bool, findings: &mut Findings) {
    findings.applied("files");
    for (path, how) in differences.changed {
        findings.error("files", Some(path.to_string()), how);
    }
    if !is_archive {
        findings.applied("additions");
    }
    for (path, count) in differences.added {
        let files = match count {
            1 => "a file".to_owned(),
            count => format!("{count} files"),
        };
        let message = format!("{files} that nobody published");
        // Nobody installs packages into an archive.
        let (severity, rule) = match is_archive {
            true => (Severity::Error, "files"),
            false => (Severity::Warning, "additions"),
        };
        findings.add(severity, rule, Some(path.to_string()), message);
    }
}
