//! Applies every rule to a distribution.

use std::num::NonZeroUsize;

use super::rules::manifest::{HINT, NAME, read_manifest};
use super::{ArchiveFacts, Finding, Found, Limits, RULES, Report, Severity, Subject};
use crate::manifest::{Inventory, Manifest, ObserveError, ReadBlob};
use crate::model::Tree;

/// What is verified.
#[derive(Clone, Copy)]
pub struct VerifyInput<'a> {
    /// The whole archive; everything stands below `python/`.
    pub tree: &'a Tree,
    /// Reads a file's content.
    pub read: ReadBlob<'a>,
    /// What the target allows.
    pub limits: &'a Limits,
    /// Order, times and owners, where the archive itself is verified.
    pub archive: Option<&'a ArchiveFacts>,
    /// On how many threads files are looked at.
    pub threads: NonZeroUsize,
}

impl std::fmt::Debug for VerifyInput<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifyInput")
            .field("limits", self.limits)
            .finish_non_exhaustive()
    }
}

/// Why nothing can be said of a distribution.
#[derive(Debug, thiserror::Error)]
#[error("the distribution cannot be read")]
pub struct VerifyError {
    /// Which file, and why.
    #[from]
    source: ObserveError,
}

/// Applies every rule. A broken rule is a finding; an error is only what cannot be read at all.
pub fn verify(input: &VerifyInput<'_>) -> Result<Report, VerifyError> {
    let mut report = Report::default();
    report.applied.push(NAME.to_owned());
    let manifest = match read_manifest(input) {
        Ok(manifest) => manifest,
        Err(message) => {
            report.findings.push(Finding {
                rule: NAME.to_owned(),
                severity: Severity::Error,
                path: Some(Manifest::NAME.to_owned()),
                message,
                hint: HINT.to_owned(),
            });
            for rule in RULES {
                report
                    .skipped
                    .push((rule.name.to_owned(), "it needs the manifest".to_owned()));
            }
            return Ok(report);
        }
    };
    let inventory = Inventory::observe(input.tree, input.read, input.threads)?;
    let subject = Subject {
        tree: input.tree,
        manifest: &manifest,
        inventory: &inventory,
        limits: input.limits,
        read: input.read,
        archive: input.archive,
    };
    for rule in RULES {
        if let Some(why) = (rule.skip)(&subject) {
            report.skipped.push((rule.name.to_owned(), why.to_owned()));
            continue;
        }
        report.applied.push(rule.name.to_owned());
        let mut found = Found::default();
        (rule.check)(&subject, &mut found);
        report
            .findings
            .extend(found.findings.into_iter().map(|(path, message)| Finding {
                rule: rule.name.to_owned(),
                severity: rule.severity,
                path,
                message,
                hint: rule.hint.to_owned(),
            }));
    }
    Ok(report)
}
