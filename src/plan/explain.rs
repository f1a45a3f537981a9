//! Why a step runs: the difference of the action that it is now and the one that was done last.
//!
//! Works on values that the engine keeps; it never looks into the store itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ActionSpec;
use crate::model::{TreeDigest, TreePath};

/// One reason why there is no result to take from the store.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "reason")]
pub enum MissReason {
    /// No step of this name has been done with this store.
    NeverRun,
    /// The action is the same, but its result is gone or damaged.
    ResultGone,
    /// Another command.
    Command {
        /// What was run.
        old: Vec<String>,
        /// What would be run.
        new: Vec<String>,
    },
    /// `pbs` does this kind of step differently now.
    Implementation {
        /// The kind.
        kind: String,
        /// `v1`.
        old: String,
        /// `v2`.
        new: String,
    },
    /// A parameter of a step that is done in process.
    Parameter {
        /// Where it stands: `modules._bz2.linkage`.
        path: String,
        /// What changed.
        change: Change<Value>,
    },
    /// A variable of the environment.
    Env {
        /// Its name.
        name: String,
        /// What changed.
        change: Change<String>,
    },
    /// Another working directory.
    Directory {
        /// Where it was.
        old: TreePath,
        /// Where it is.
        new: TreePath,
    },
    /// A script, patch or other small file.
    File {
        /// Its path in the input root.
        path: TreePath,
        /// What changed.
        change: FileChange,
    },
    /// The content of an input.
    Input {
        /// Its role.
        role: String,
        /// What changed.
        change: Change<TreeDigest>,
    },
}

/// How a value differs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change<T> {
    /// It was not there.
    Added(T),
    /// It is no longer there.
    Removed(T),
    /// It was another one.
    Changed {
        /// What it was.
        old: T,
        /// What it is.
        new: T,
    },
}

/// How a file differs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileChange {
    /// It was not there.
    Added,
    /// It is no longer there.
    Removed,
    /// Its text is another one, from this line on (counted from 1).
    Edited {
        /// The first line that differs.
        line: usize,
    },
}

/// All differences between what was done last and what would be done now; never empty.
#[must_use]
pub fn explain(last: Option<&ActionSpec>, now: &ActionSpec) -> Vec<MissReason> {
    let Some(last) = last else {
        return vec![MissReason::NeverRun];
    };
    let reasons = difference(last, now);
    if reasons.is_empty() {
        return vec![MissReason::ResultGone];
    }
    reasons
}

/// All differences of two actions, field by field.
#[must_use]
pub fn difference(old: &ActionSpec, new: &ActionSpec) -> Vec<MissReason> {
    // Every field is named, so that a new one cannot be forgotten here.
    let ActionSpec {
        command,
        root,
        inputs,
    } = old;
    let mut reasons = Vec::new();
    argv(&command.argv, &new.command.argv, &mut reasons);
    if command.cwd != new.command.cwd {
        reasons.push(MissReason::Directory {
            old: command.cwd.clone(),
            new: new.command.cwd.clone(),
        });
    }
    for (name, change) in changes(&command.env, &new.command.env) {
        reasons.push(MissReason::Env { name, change });
    }
    for (path, change) in changes(&command.files, &new.command.files) {
        let change = match change {
            Change::Added(_) => FileChange::Added,
            Change::Removed(_) => FileChange::Removed,
            Change::Changed { old, new } => FileChange::Edited {
                line: first_difference(&old, &new),
            },
        };
        reasons.push(MissReason::File { path, change });
    }
    if let Some(change) = change(root.as_ref(), new.root.as_ref()) {
        reasons.push(MissReason::Input {
            role: super::ROOT.to_owned(),
            change,
        });
    }
    for (path, change) in changes(inputs, &new.inputs) {
        let role = path.name().to_owned();
        reasons.push(MissReason::Input { role, change });
    }
    reasons
}

fn argv(old: &[String], new: &[String], reasons: &mut Vec<MissReason>) {
    match (old, new) {
        _ if old == new => {}
        ([pbs, kind, old_version, old_json], [new_pbs, new_kind, new_version, new_json])
            if pbs == "pbs" && pbs == new_pbs && kind == new_kind =>
        {
            if old_version != new_version {
                reasons.push(MissReason::Implementation {
                    kind: kind.clone(),
                    old: old_version.clone(),
                    new: new_version.clone(),
                });
            }
            match (serde_json::from_str(old_json), serde_json::from_str(new_json)) {
                (Ok(old), Ok(new)) => parameters("", Some(&old), Some(&new), reasons),
                _ => reasons.push(MissReason::Command {
                    old: old.to_vec(),
                    new: new.to_vec(),
                }),
            }
        }
        _ => reasons.push(MissReason::Command {
            old: old.to_vec(),
            new: new.to_vec(),
        }),
    }
}

/// Walks two JSON values down to what differs.
fn parameters(path: &str, old: Option<&Value>, new: Option<&Value>, reasons: &mut Vec<MissReason>) {
    let below = |key: &str| {
        if path.is_empty() {
            key.to_owned()
        } else {
            format!("{path}.{key}")
        }
    };
    match (old, new) {
        (Some(old), Some(new)) if old == new => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                parameters(&below(key), old.get(key), new.get(key), reasons);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                parameters(&below(&index.to_string()), Some(old), Some(new), reasons);
            }
        }
        (old, new) => {
            if let Some(change) = change(old, new) {
                reasons.push(MissReason::Parameter {
                    path: path.to_owned(),
                    change,
                });
            }
        }
    }
}

fn change<T: Clone + PartialEq>(old: Option<&T>, new: Option<&T>) -> Option<Change<T>> {
    match (old.cloned(), new.cloned()) {
        (None, Some(new)) => Some(Change::Added(new)),
        (Some(old), None) => Some(Change::Removed(old)),
        (Some(old), Some(new)) if old != new => Some(Change::Changed { old, new }),
        _ => None,
    }
}

fn changes<K: Ord + Clone, V: Clone + PartialEq>(
    old: &BTreeMap<K, V>,
    new: &BTreeMap<K, V>,
) -> Vec<(K, Change<V>)> {
    let keys: BTreeSet<&K> = old.keys().chain(new.keys()).collect();
    keys.into_iter()
        .filter_map(|key| Some((key.clone(), change(old.get(key), new.get(key))?)))
        .collect()
}

fn first_difference(old: &str, new: &str) -> usize {
    let same = old
        .lines()
        .zip(new.lines())
        .take_while(|(old, new)| old == new)
        .count();
    same + 1
}

impl fmt::Display for MissReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverRun => f.write_str("it has never been run with this store"),
            Self::ResultGone => f.write_str("its result is no longer in the store"),
            Self::Command { old, new } => {
                write!(
                    f,
                    "the command changed: `{}` → `{}`",
                    old.join(" "),
                    new.join(" ")
                )
            }
            Self::Implementation { kind, old, new } => {
                write!(f, "the implementation of `{kind}` changed: {old} → {new}")
            }
            Self::Parameter { path, change } => describe(f, "parameter", path, change, Value::to_string),
            Self::Env { name, change } => describe(f, "env", name, change, |value| format!("`{value}`")),
            Self::Directory { old, new } => {
                write!(
                    f,
                    "the working directory changed: `/{}` → `/{}`",
                    old.as_str(),
                    new.as_str()
                )
            }
            Self::File { path, change } => {
                let name = path.as_str();
                match change {
                    FileChange::Added => write!(f, "file `{name}` is new"),
                    FileChange::Removed => write!(f, "file `{name}` is gone"),
                    FileChange::Edited { line } => write!(f, "file `{name}` changed, first in line {line}"),
                }
            }
            Self::Input { role, change } => describe(f, "input", role, change, short),
        }
    }
}

/// Enough of a digest to tell two apart.
fn short(digest: &TreeDigest) -> String {
    format!("sha256:{}…", &digest.0.hex()[..12])
}

fn describe<T>(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    name: &str,
    change: &Change<T>,
    show: impl Fn(&T) -> String,
) -> fmt::Result {
    match change {
        Change::Added(new) => write!(f, "{what} `{name}` is new: {}", show(new)),
        Change::Removed(old) => write!(f, "{what} `{name}` is gone, was {}", show(old)),
        Change::Changed { old, new } => write!(f, "{what} `{name}` changed: {} → {}", show(old), show(new)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Digest;
    use crate::plan::Command;

    fn path(text: &str) -> TreePath {
        TreePath::parse(text).unwrap()
    }

    fn content(text: &str) -> TreeDigest {
        TreeDigest(Digest::of(text.as_bytes()))
    }

    fn run() -> ActionSpec {
        ActionSpec {
            command: Command {
                argv: vec!["sh".into(), "build.sh".into()],
                env: BTreeMap::from([("CFLAGS".into(), "-O2".into()), ("GONE".into(), "1".into())]),
                cwd: path("work"),
                files: BTreeMap::from([(path("in/recipe/build.sh"), "set -e\nmake\n".into())]),
            },
            root: Some(content("root")),
            inputs: BTreeMap::from([(path("in/source"), content("old"))]),
        }
    }

    fn lines(last: Option<&ActionSpec>, now: &ActionSpec) -> Vec<String> {
        explain(last, now).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn there_is_always_a_reason() {
        assert_eq!(lines(None, &run()), ["it has never been run with this store"]);
        assert_eq!(
            lines(Some(&run()), &run()),
            ["its result is no longer in the store"]
        );
    }

    #[test]
    fn names_everything_that_differs() {
        let mut now = run();
        now.command.argv.push("-v".into());
        now.command.env = BTreeMap::from([("CFLAGS".into(), "-O3".into()), ("NEW".into(), "2".into())]);
        now.command.cwd = path("tmp");
        now.command.files = BTreeMap::from([(path("in/recipe/build.sh"), "set -e\nmake all\n".into())]);
        now.root = None;
        now.inputs = BTreeMap::from([(path("in/source"), content("new"))]);
        assert_eq!(
            lines(Some(&run()), &now),
            [
                "the command changed: `sh build.sh` → `sh build.sh -v`",
                "the working directory changed: `/work` → `/tmp`",
                "env `CFLAGS` changed: `-O2` → `-O3`",
                "env `GONE` is gone, was `1`",
                "env `NEW` is new: `2`",
                "file `in/recipe/build.sh` changed, first in line 2",
                "input `root` is gone, was sha256:4813494d137e…",
                "input `source` changed: sha256:cba06b5736fa… → sha256:11507a0e2f5e…",
            ]
        );
    }

    #[test]
    fn looks_into_parameters() {
        let pack = |version: &str, json: &str| {
            let mut spec = run();
            spec.command.argv = vec!["pbs".into(), "pack".into(), version.into(), json.into()];
            spec
        };
        let old = pack("v1", r#"{"file":"a","epoch":1,"list":[1,2]}"#);
        let new = pack("v2", r#"{"file":"b","epoch":1,"list":[1,3]}"#);
        assert_eq!(
            lines(Some(&old), &new),
            [
                "the implementation of `pack` changed: v1 → v2",
                "parameter `file` changed: \"a\" → \"b\"",
                "parameter `list.1` changed: 2 → 3",
            ]
        );
    }

    #[test]
    fn survives_being_written_and_read() {
        let reasons = difference(&run(), &ActionSpec { root: None, ..run() });
        let json = serde_json::to_string(&reasons).unwrap();
        assert_eq!(serde_json::from_str::<Vec<MissReason>>(&json).unwrap(), reasons);
    }
}
