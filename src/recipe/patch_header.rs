//! What a patch says about itself, before its first file.
//!
//! ```text
//! Subject: x509: find the system's certificates at run time
//! Why: OPENSSLDIR is fixed when the library is built, but a distribution is carried from one
//!  layout to another.
//! Upstream: not-for-upstream: upstream's answer is to configure it
//! Drop-when: OpenSSL looks certificates up at run time
//! ```
//!
//! A line that begins with a space goes on with the one before it.

use std::collections::BTreeMap;

/// The header of a patch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PatchHeader {
    /// One line on what it does.
    pub subject: String,
    /// Why we need it.
    pub why: String,
    /// What became of it upstream.
    pub upstream: UpstreamStatus,
    /// What has to happen for it to be dropped.
    pub drop_when: String,
}

/// What became of a patch upstream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum UpstreamStatus {
    /// It is in a later release: where to see it.
    Merged(String),
    /// It has been offered: where.
    Submitted(String),
    /// It should be offered and has not been: what is in the way.
    Unsent(String),
    /// It will not be offered: why.
    NotForUpstream(String),
}

/// Why a patch has no valid header.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PatchHeaderError {
    /// A field that every patch has.
    #[error("the header has no `{field}:`")]
    Missing {
        /// The field's name.
        field: &'static str,
    },
    /// A field that says nothing.
    #[error("`{field}:` is empty")]
    Empty {
        /// The field's name.
        field: String,
    },
    /// A field that stands twice.
    #[error("`{field}:` stands twice")]
    Twice {
        /// The field's name.
        field: String,
    },
    /// A field that no patch has.
    #[error("`{field}:` is none of Subject, Why, Upstream, Drop-when")]
    Unknown {
        /// The field's name.
        field: String,
    },
    /// A line that is no field.
    #[error("line {line}: `{text}` is no `Field: text`")]
    Line {
        /// Its number.
        line: usize,
        /// The line.
        text: String,
    },
    /// An upstream status of another form.
    #[error(
        "`{text}` is none of `merged <link>`, `submitted <link>`, `unsent: <reason>`, `not-for-upstream: <reason>`"
    )]
    Status {
        /// What there is.
        text: String,
    },
}

const FIELDS: [&str; 4] = ["Subject", "Why", "Upstream", "Drop-when"];

/// Reads the header of a patch: all lines before the first file.
pub fn parse_patch_header(patch: &str) -> Result<PatchHeader, PatchHeaderError> {
    let mut fields: BTreeMap<&str, String> = BTreeMap::new();
    let mut last: Option<&str> = None;
    for (index, line) in patch.lines().enumerate() {
        if line.starts_with("--- ") || line.starts_with("diff ") || line.starts_with("Index: ") {
            break;
        }
        if line.trim().is_empty() {
            last = None;
        } else if let (true, Some(field)) = (line.starts_with([' ', '\t']), last) {
            let text = fields.entry(field).or_default();
            text.push(' ');
            text.push_str(line.trim());
        } else {
            let (field, text) = line.split_once(':').ok_or_else(|| PatchHeaderError::Line {
                line: index + 1,
                text: line.to_owned(),
            })?;
            if !FIELDS.contains(&field) {
                return Err(PatchHeaderError::Unknown {
                    field: field.to_owned(),
                });
            }
            if fields.insert(field, text.trim().to_owned()).is_some() {
                return Err(PatchHeaderError::Twice {
                    field: field.to_owned(),
                });
            }
            last = Some(field);
        }
    }
    if let Some((field, _)) = fields.iter().find(|(_, text)| text.is_empty()) {
        return Err(PatchHeaderError::Empty {
            field: (*field).to_owned(),
        });
    }
    let mut take = |field| fields.remove(field).ok_or(PatchHeaderError::Missing { field });
    Ok(PatchHeader {
        subject: take("Subject")?,
        why: take("Why")?,
        upstream: status(&take("Upstream")?)?,
        drop_when: take("Drop-when")?,
    })
}

fn status(text: &str) -> Result<UpstreamStatus, PatchHeaderError> {
    let link = |link: &str| (link.starts_with("https://")).then(|| link.to_owned());
    let status = if let Some(reason) = text.strip_prefix("not-for-upstream: ") {
        Some(UpstreamStatus::NotForUpstream(reason.to_owned()))
    } else if let Some(reason) = text.strip_prefix("unsent: ") {
        Some(UpstreamStatus::Unsent(reason.to_owned()))
    } else if let Some(rest) = text.strip_prefix("merged ") {
        link(rest).map(UpstreamStatus::Merged)
    } else if let Some(rest) = text.strip_prefix("submitted ") {
        link(rest).map(UpstreamStatus::Submitted)
    } else {
        None
    };
    status.ok_or_else(|| PatchHeaderError::Status {
        text: text.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "Subject: do it\nWhy: because\n of this\nUpstream: merged https://x/1\nDrop-when: never\n\n--- a/f\n+++ b/f\n";

    #[test]
    fn reads_all_fields() {
        assert_eq!(
            parse_patch_header(HEADER),
            Ok(PatchHeader {
                subject: "do it".into(),
                why: "because of this".into(),
                upstream: UpstreamStatus::Merged("https://x/1".into()),
                drop_when: "never".into(),
            })
        );
    }

    #[test]
    fn reads_every_status() {
        let check = |text: &str, expected| assert_eq!(status(text), Ok(expected));
        check(
            "submitted https://x/2",
            UpstreamStatus::Submitted("https://x/2".into()),
        );
        check("unsent: no account", UpstreamStatus::Unsent("no account".into()));
        check(
            "not-for-upstream: ours",
            UpstreamStatus::NotForUpstream("ours".into()),
        );
    }

    #[test]
    fn says_what_is_missing_or_wrong() {
        let check = |from: &str, to: &str, expected: PatchHeaderError| {
            assert_eq!(
                parse_patch_header(&HEADER.replace(from, to)),
                Err(expected),
                "{to}"
            );
        };
        check(
            "Drop-when: never\n",
            "",
            PatchHeaderError::Missing { field: "Drop-when" },
        );
        check(
            "Drop-when: never",
            "Drop-when:",
            PatchHeaderError::Empty {
                field: "Drop-when".into(),
            },
        );
        check(
            "Drop-when",
            "Subject",
            PatchHeaderError::Twice {
                field: "Subject".into(),
            },
        );
        check(
            "Drop-when",
            "Drop-If",
            PatchHeaderError::Unknown {
                field: "Drop-If".into(),
            },
        );
        check(
            "Subject: do it",
            "just words",
            PatchHeaderError::Line {
                line: 1,
                text: "just words".into(),
            },
        );
        check(
            "merged https://x/1",
            "merged",
            PatchHeaderError::Status {
                text: "merged".into(),
            },
        );
    }
}
