//! The documents about an archive: whether they are there, whose they are, and whether they are true.

use super::AttestError;
use super::conduct::Findings;
use super::folder::Folder;
use crate::evidence::{
    Disagreement, Subject, cyclonedx_disagreements, spdx_disagreements, statement_disagreements,
};
use crate::index::{Artifact, PublicKey, Published};
use crate::model::{Digest, on_one_line};
use crate::sign::open_envelope;

/// Tells in what a document disagrees with the manifest.
type Agree = fn(&Subject<'_>, &[u8]) -> Result<Vec<Disagreement>, serde_json::Error>;

/// Checks all documents about an archive.
pub(super) fn check(
    folder: &Folder,
    artifact: &Artifact,
    subject: &Subject<'_>,
    keys: &[&PublicKey],
    findings: &mut Findings,
) -> Result<(), AttestError> {
    let evidence = &artifact.evidence;
    let bills: [(_, _, Agree); 2] = [
        ("spdx", &evidence.spdx, spdx_disagreements),
        ("cyclonedx", &evidence.cyclonedx, cyclonedx_disagreements),
    ];
    for (rule, document, agree) in bills {
        if let Some((path, bytes)) = read(folder, rule, document.as_ref(), findings)? {
            held(rule, &path, agree(subject, &bytes), findings);
        }
    }
    let rule = "provenance";
    if let Some((path, bytes)) = read(folder, rule, evidence.provenance.as_ref(), findings)? {
        findings.applied("statement-signature");
        match open_envelope(&bytes, keys.iter().copied()) {
            Ok((_, statement)) => held(
                rule,
                &path,
                statement_disagreements(subject, &statement),
                findings,
            ),
            Err(error) => findings.error("statement-signature", Some(path), on_one_line(&error)),
        }
    }
    Ok(())
}

/// A document that is the one which the index names.
fn read(
    folder: &Folder,
    rule: &'static str,
    document: Option<&Published>,
    findings: &mut Findings,
) -> Result<Option<(String, Vec<u8>)>, AttestError> {
    findings.applied(rule);
    let Some(document) = document else {
        findings.error(rule, None, "the index names no such document".to_owned());
        return Ok(None);
    };
    let path = document.path.to_string();
    let Some(bytes) = folder.document(document)? else {
        findings.error(rule, Some(path), "it is not there".to_owned());
        return Ok(None);
    };
    let (found, named) = (Digest::of(&bytes), document.digest());
    if found != named {
        let message = format!("it is {found}, and the index names {named}");
        findings.error(rule, Some(path), message);
        return Ok(None);
    }
    Ok(Some((path, bytes)))
}

fn held(
    rule: &'static str,
    path: &str,
    agreed: Result<Vec<Disagreement>, serde_json::Error>,
    findings: &mut Findings,
) {
    let messages = match agreed {
        Ok(points) => points.iter().map(ToString::to_string).collect(),
        Err(error) => vec![format!("it is no such document: {error}")],
    };
    for message in messages {
        findings.error(rule, Some(path.to_owned()), message);
    }
}
