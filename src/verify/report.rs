//! Findings, and how they are told.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; nothing fails.
    Warning,
    /// The distribution must not be published.
    Error,
}

/// A place where a rule is broken.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// Name of the rule.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// The file, relative to `python/`, with the member of a static library in parentheses.
    pub path: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// The result of a verification.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// The rules that were applied.
    pub applied: Vec<String>,
    /// The rules that could not be applied: name → why.
    pub skipped: Vec<(String, String)>,
    /// Where they are broken.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether the distribution may be published.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.severity != Severity::Error)
    }

    /// Names of the rules that are broken.
    #[must_use]
    pub fn broken_rules(&self) -> std::collections::BTreeSet<&str> {
        self.findings
            .iter()
            .map(|finding| finding.rule.as_str())
            .collect()
    }

    /// Why rules could not be applied, in their order: reason and rules.
    fn skipped_by_reason(&self) -> Vec<(&str, Vec<&str>)> {
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for (rule, why) in &self.skipped {
            match reasons.iter_mut().find(|(reason, _)| reason == why) {
                Some((_, rules)) => rules.push(rule),
                None => reasons.push((why, vec![rule])),
            }
        }
        reasons
    }

    /// The report for people. Of many findings of one rule only the first few are shown.
    #[must_use]
    pub fn render(&self) -> String {
        const SHOWN: usize = 10;
        let mut text = String::new();
        for rule in self.broken_rules() {
            let findings: Vec<_> = self
                .findings
                .iter()
                .filter(|finding| finding.rule == rule)
                .collect();
            for finding in findings.iter().take(SHOWN) {
                let severity = match finding.severity {
                    Severity::Warning => "warning",
                    Severity::Error => "error",
                };
                let path = finding
                    .path
                    .as_ref()
                    .map(|path| format!("`{path}`: "))
                    .unwrap_or_default();
                let _ = writeln!(text, "{severity}[{rule}]: {path}{}", finding.message);
            }
            if findings.len() > SHOWN {
                let _ = writeln!(text, "  … and {} more of [{rule}]", findings.len() - SHOWN);
            }
            if let Some(first) = findings.first() {
                let _ = writeln!(text, "  hint: {}\n", first.hint);
            }
        }
        for (why, rules) in self.skipped_by_reason() {
            let _ = writeln!(text, "skipped [{}]: {why}", rules.join("] ["));
        }
        let errors = self
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .count();
        let warnings = self.findings.len() - errors;
        let _ = writeln!(
            text,
            "{} rules applied, {errors} errors, {warnings} warnings",
            self.applied.len()
        );
        text
    }
}
