//! The lock file: which archive answers which question, by digest. For people to review and to commit.

use serde::{Deserialize, Serialize};

use crate::index::{Artifact, Choice, Evidence, FileName, Index, NoMatch, Sum, Tag, VersionChoice};
use crate::model::{Options, PythonVersion, Target, TreePath};
use crate::plan::Flavor;

/// The word that a lock file begins with.
const FORMAT: &str = "pbs-fetch-lock";
/// The version of the format that is written.
const VERSION: u64 = 1;

/// What is locked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lock {
    entries: Vec<Locked>,
}

/// One answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// The version that was asked for: `any version`, `3.14`.
    #[serde(rename = "for")]
    asked: String,
    /// The published directory.
    pub from: String,
    name: FileName,
    /// Relative to `from`.
    path: TreePath,
    python: PythonVersion,
    tag: Tag,
    target: Target,
    options: Options,
    flavor: Flavor,
    size: u64,
    digest: Sum,
    /// The sum of its `PYTHON.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    manifest: Option<Sum>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    version: u64,
    archives: Vec<Locked>,
}

/// Why bytes are no lock file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadLockError {
    /// It is none.
    #[error("not a lock file of `pbs fetch`")]
    Malformed {
        /// What the parser found; nothing where it is a document of another kind.
        source: Option<serde_json::Error>,
    },
    /// It was written by a later `pbs`.
    #[error("its `version` is {found}, which is newer than the {VERSION} that this pbs reads")]
    Newer {
        /// What it says.
        found: u64,
    },
}

impl Locked {
    fn new(asked: &VersionChoice, from: String, artifact: &Artifact) -> Self {
        Self {
            asked: asked.to_string(),
            from,
            name: artifact.name.clone(),
            path: artifact.path.clone(),
            python: artifact.python.clone(),
            tag: artifact.tag.clone(),
            target: artifact.target.clone(),
            options: artifact.options.clone(),
            flavor: artifact.flavor,
            size: artifact.size,
            digest: artifact.digest,
            manifest: artifact.manifest,
        }
    }

    /// The archive.
    #[must_use]
    pub fn artifact(&self) -> Artifact {
        Artifact {
            name: self.name.clone(),
            path: self.path.clone(),
            python: self.python.clone(),
            tag: self.tag.clone(),
            target: self.target.clone(),
            options: self.options.clone(),
            flavor: self.flavor,
            size: self.size,
            digest: self.digest,
            manifest: self.manifest,
            evidence: Evidence::default(),
        }
    }

    /// Whether it answers the same question: another version of it replaces this one.
    fn answers(&self, choice: &Choice, options: &Options) -> bool {
        self.asked == choice.python.to_string()
            && self.target == choice.target
            && self.flavor == choice.flavor
            && self.options == *choice.options.as_ref().unwrap_or(options)
    }
}

impl Lock {
    /// Reads a lock file.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadLockError> {
        let document: serde_json::Value = serde_json::from_slice(bytes).map_err(malformed)?;
        if document.get("format").and_then(serde_json::Value::as_str) != Some(FORMAT) {
            return Err(ReadLockError::Malformed { source: None });
        }
        let version = document.get("version").and_then(serde_json::Value::as_u64);
        if let Some(found) = version.filter(|found| *found > VERSION) {
            return Err(ReadLockError::Newer { found });
        }
        let Document { archives, .. } = serde_json::from_slice(bytes).map_err(malformed)?;
        Ok(Self { entries: archives })
    }

    /// Writes it: sorted, one fact a line, so that a change reads well.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let document = Document {
            format: FORMAT.to_owned(),
            version: VERSION,
            archives: self.entries.clone(),
        };
        let mut bytes = serde_json::to_vec_pretty(&document).expect("a lock file holds no maps");
        bytes.push(b'\n');
        bytes
    }

    /// The targets that something is locked for.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        self.entries.iter().map(|locked| &locked.target)
    }

    /// The answer to this very question, or else the newest archive that is locked and fits.
    pub fn find(&self, choice: &Choice) -> Result<&Locked, NoMatch> {
        let asked = choice.python.to_string();
        let same = self.entries.iter().filter(|locked| locked.asked == asked);
        let of = |entries: Vec<&Locked>| {
            let index = Index {
                artifacts: entries.iter().map(|locked| locked.artifact()).collect(),
                ..Index::empty()
            };
            let name = index.newest(choice)?.name.clone();
            let found = self
                .entries
                .iter()
                .find(|locked| locked.name == name && entries.contains(locked));
            Ok(found.expect("it was made of these"))
        };
        of(same.collect()).or_else(|_: NoMatch| of(self.entries.iter().collect()))
    }

    /// Keeps an answer, in the place of an earlier one to the same question.
    pub fn put(&mut self, choice: &Choice, from: &str, artifact: &Artifact) {
        self.entries
            .retain(|locked| !locked.answers(choice, &artifact.options));
        self.entries
            .push(Locked::new(&choice.python, from.to_owned(), artifact));
        self.entries.sort_by(|one, other| {
            let key = |locked: &Locked| {
                (
                    locked.target.clone(),
                    locked.flavor.as_str(),
                    locked.python.order(),
                    locked.name.clone(),
                    locked.asked.clone(),
                )
            };
            key(one).cmp(&key(other))
        });
    }
}

fn malformed(source: serde_json::Error) -> ReadLockError {
    ReadLockError::Malformed { source: Some(source) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Digest;

    fn artifact(python: &str, target: &str) -> Artifact {
        let name = format!("cpython-{python}+20260101-{target}-install_only.tar.gz");
        Artifact {
            path: TreePath::parse(&format!("archives/{name}")).unwrap(),
            python: python.parse().unwrap(),
            tag: Tag::parse("20260101").unwrap(),
            target: Target::parse(target).unwrap(),
            options: "pgo+lto".parse().unwrap(),
            flavor: Flavor::InstallOnly,
            size: 7,
            digest: Sum::of(&Digest::of(name.as_bytes())),
            manifest: None,
            evidence: Evidence::default(),
            name: FileName::parse(&name).unwrap(),
        }
    }

    fn choice(python: &str, target: &str) -> Choice {
        Choice {
            python: if python.is_empty() {
                VersionChoice::default()
            } else {
                python.parse().unwrap()
            },
            target: Target::parse(target).unwrap(),
            options: None,
            flavor: Flavor::InstallOnly,
        }
    }

    fn lock() -> Lock {
        let mut lock = Lock::default();
        for (asked, python, target) in [
            ("3.14", "3.14.0", "a-b-c"),
            ("3.13", "3.13.10", "a-b-c"),
            ("3.13.9", "3.13.9", "a-b-c"),
            ("", "3.14.0", "d-e-f"),
        ] {
            lock.put(
                &choice(asked, target),
                "https://example.org/",
                &artifact(python, target),
            );
        }
        lock
    }

    #[test]
    fn reads_what_it_writes() {
        let lock = lock();
        let text = lock.write();
        assert_eq!(Lock::read(&text).unwrap(), lock);
        let text = String::from_utf8(text).unwrap();
        assert!(text.starts_with("{\n  \"format\": \"pbs-fetch-lock\",\n  \"version\": 1,\n"));
        let order: Vec<&str> = text.lines().filter(|line| line.contains("\"name\"")).collect();
        assert!(
            order[0].contains("3.13.9") && order[1].contains("3.13.10"),
            "{order:?}"
        );
    }

    #[test]
    fn finds_the_answer_to_a_question() {
        let lock = lock();
        let check = |asked: &str, target: &str, expected: &str| {
            let found = lock.find(&choice(asked, target)).unwrap();
            assert_eq!(found.python.to_string(), expected, "{asked} {target}");
        };
        check("3.13", "a-b-c", "3.13.10");
        check("3.13.9", "a-b-c", "3.13.9");
        check("3.13.10", "a-b-c", "3.13.10");
        check("", "a-b-c", "3.14.0");
        check("3", "d-e-f", "3.14.0");
        let error = lock.find(&choice("3.12", "a-b-c")).unwrap_err();
        assert!(error.hint().contains("3.13.9+20260101"), "{}", error.hint());
    }

    #[test]
    fn a_new_answer_replaces_the_old_one() {
        let mut lock = lock();
        let newer = artifact("3.13.11", "a-b-c");
        lock.put(&choice("3.13", "a-b-c"), "https://example.org/", &newer);
        assert_eq!(lock.entries.len(), 4);
        let found = lock.find(&choice("3.13", "a-b-c")).unwrap();
        assert_eq!(found.artifact(), newer);
    }

    #[test]
    fn refuses_what_is_none() {
        let error = |text: &str| Lock::read(text.as_bytes()).unwrap_err();
        for text in ["", "{}", "[]", r#"{"format": "pbs-fetch-lock", "version": 1}"#] {
            assert!(matches!(error(text), ReadLockError::Malformed { .. }), "{text}");
        }
        let newer = r#"{"format": "pbs-fetch-lock", "version": 2, "archives": {}}"#;
        assert!(matches!(error(newer), ReadLockError::Newer { found: 2 }));
    }
}
