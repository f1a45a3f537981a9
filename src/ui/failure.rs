//! How a failure reads: what was being done, what happened and why, and what to do next.
//!
//! The text is made here once, for every error of every command; nothing here prints.

use std::error::Error;
use std::fmt;

use crate::model::causes;

/// Everything a person is told about a failure.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Failure {
    /// What failed, and then each cause of it.
    pub chain: Vec<String>,
    /// Lines that stand between the causes and the hints: a snippet, the end of a log, findings.
    pub details: Vec<String>,
    /// What to do next.
    pub hints: Vec<String>,
}

impl Failure {
    /// An error with its causes.
    #[must_use]
    pub fn of(error: &dyn Error) -> Self {
        Self {
            chain: causes(error),
            ..Self::default()
        }
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same with a line of detail.
    #[must_use]
    pub fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut chain = self.chain.iter();
        if let Some(first) = chain.next() {
            writeln!(f, "error: {}", indent(first, 7))?;
        }
        for cause in chain {
            writeln!(f, "  caused by: {}", indent(cause, 13))?;
        }
        for line in &self.details {
            writeln!(f, "{line}")?;
        }
        if !self.hints.is_empty() {
            writeln!(f)?;
        }
        for hint in &self.hints {
            writeln!(f, "hint: {}", indent(hint, 6))?;
        }
        Ok(())
    }
}

/// Further lines stand below the first.
fn indent(text: &str, width: usize) -> String {
    text.trim_end().replace('\n', &format!("\n{}", " ".repeat(width)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read `recipes`")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn reads_from_what_to_why_to_what_next() {
        let error = Outer(std::io::Error::other("disk on fire\nand smoke"));
        let failure = Failure::of(&error)
            .detail("| last line")
            .hint("call the fire brigade");
        assert_eq!(
            failure.to_string(),
            "error: cannot read `recipes`\n  caused by: disk on fire\n             and smoke\n\
             | last line\n\nhint: call the fire brigade\n"
        );
    }
}
