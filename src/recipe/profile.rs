//! Recorded profiles: what `pbs train` writes beside the archive, and how it is read again.
//!
//! A profile is a source: its archive is known by its digest and stands in the checkout. The
//! record says what it was made with, so that a person sees what has changed since; whether it
//! still fits is measured when it is used.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use super::build::{Build, PackageBuild, Source};
use super::quoted::{Quoted, Sha256};
use crate::model::{Digest, Options, Pin, PythonVersion, Target, TreePath};
use crate::plan::{CPYTHON, Origin, Place, SourceIdentity};

type Text = Quoted<String>;

/// Version of the format of a record.
pub const PROFILE_VERSION: u32 = 1;

/// The folder of the records and of their archives.
pub const PROFILES: &str = "recipes/cpython/profiles";

/// How the name of an archive ends.
pub const PROFILE_ARCHIVE: &str = ".profile.tar.zst";

/// `recipes/cpython/profiles/<version>.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProfileFile {
    /// Version of this format: [`PROFILE_VERSION`].
    pub format: u32,
    /// The version of CPython that it is of.
    pub python: Quoted<PythonVersion>,
    /// SHA-256 of the archive.
    pub sha256: Quoted<Sha256>,
    /// Size of the archive in bytes.
    pub size: u64,
    /// Where it was trained.
    pub target: Quoted<Target>,
    /// The options it was trained for.
    pub options: Quoted<Options>,
    /// SHA-256 of the archive of CPython's source.
    pub source: Quoted<Sha256>,
    /// CPython's patches: path → SHA-256.
    #[serde(default)]
    pub patches: BTreeMap<Text, Quoted<Sha256>>,
    /// The packages of the worker root that make code: name → version.
    pub toolchain: BTreeMap<Text, Text>,
    /// What the training says of itself: flags, workload, functions.
    pub training: BTreeMap<Text, Text>,
}

impl ProfileFile {
    /// The path of a version's record.
    #[must_use]
    pub fn path(version: &str) -> String {
        format!("{PROFILES}/{version}.yaml")
    }

    /// The path of a version's archive.
    #[must_use]
    pub fn archive_path(version: &str) -> String {
        format!("{PROFILES}/{version}{PROFILE_ARCHIVE}")
    }

    /// The archive as a source that the checkout has.
    pub(super) fn source(&self) -> Source {
        let path = Self::archive_path(&self.python.0.to_string());
        let archive = Pin {
            hash: self.sha256.0.0,
            size: Some(self.size),
        };
        Source {
            url: path.clone(),
            archive,
            identity: SourceIdentity::Archive {
                digest: archive,
                strip: 0,
                select: Vec::new(),
            },
            places: vec![Place {
                origin: Origin::Checkout(path),
                archive,
                strip: 0,
                subdir: TreePath::root(),
            }],
        }
    }

    /// What it was made with that is not so any more.
    pub(super) fn drift(&self, cpython: &PackageBuild, toolchain: &BTreeMap<String, String>) -> Vec<String> {
        let mut drift = Vec::new();
        for (name, version) in toolchain {
            match self.toolchain.get(&Quoted(name.clone())) {
                Some(then) if then.0 == *version => {}
                Some(then) => drift.push(format!("{name} was {}, now it is {version}", then.0)),
                None => drift.push(format!("{name} {version} was not there")),
            }
        }
        if cpython
            .source
            .as_ref()
            .is_some_and(|now| now.archive.hash != self.source.0.0)
        {
            drift.push("CPython's source was another one".to_owned());
        }
        let now: BTreeMap<&str, [u8; 32]> = cpython
            .patches
            .iter()
            .map(|patch| (patch.name.as_str(), Digest::of(patch.text.as_bytes()).hash))
            .collect();
        let then: BTreeMap<&str, [u8; 32]> = self
            .patches
            .iter()
            .map(|(name, sum)| (name.as_str(), sum.0.0))
            .collect();
        for name in now
            .keys()
            .chain(then.keys().filter(|name| !now.contains_key(*name)))
        {
            match (then.get(name), now.get(name)) {
                (Some(then), Some(now)) if then == now => {}
                (Some(_), Some(_)) => drift.push(format!("`patches/{name}` was another one")),
                (None, _) => drift.push(format!("`patches/{name}` was not applied")),
                (_, None) => drift.push(format!("`patches/{name}` was applied")),
            }
        }
        drift
    }
}

/// The record of a profile that was just made: what a person reads, and [`ProfileFile`] again.
///
/// `training` is what the training says of itself.
#[must_use]
pub fn render_profile(build: &Build, archive: &Digest, training: &BTreeMap<String, String>) -> String {
    let cpython = &build.packages[CPYTHON];
    let mut text = format!(
        "# Written by `pbs train`. The archive beside it is the profile.\n\
         format: {PROFILE_VERSION}\n\
         python: {}\nsha256: {}\nsize: {}\ntarget: {}\noptions: {}\n",
        quoted(&build.python.to_string()),
        archive.hex(),
        archive.size,
        quoted(build.target.as_str()),
        quoted(&build.options.to_string()),
    );
    if let Some(source) = &cpython.source {
        let _ = writeln!(text, "source: {}", source.archive.hex());
    }
    let patches = cpython
        .patches
        .iter()
        .map(|patch| (patch.name.clone(), Digest::of(patch.text.as_bytes()).hex()));
    section(&mut text, "patches", patches);
    section(&mut text, "toolchain", build.worker_toolchain.clone());
    section(&mut text, "training", training.clone());
    text
}

fn section(text: &mut String, name: &str, entries: impl IntoIterator<Item = (String, String)>) {
    let mut entries = entries.into_iter().peekable();
    if entries.peek().is_none() {
        let _ = writeln!(text, "{name}: {{}}");
        return;
    }
    let _ = writeln!(text, "{name}:");
    for (key, value) in entries {
        let _ = writeln!(text, "  {}: {}", quoted(&key), quoted(&value));
    }
}

/// A text in YAML's double quotes, which are JSON's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_they_were_written() {
        let mut text = String::new();
        let entries = BTreeMap::from([
            ("flags".to_owned(), "-O3 \"x\" \\ #: {}".to_owned()),
            ("3.10".to_owned(), "null".to_owned()),
        ]);
        section(&mut text, "training", entries.clone());
        section(&mut text, "patches", BTreeMap::new());
        let file = super::super::SourceFile {
            path: "x.yaml".to_owned(),
            text,
        };
        let read: BTreeMap<Text, BTreeMap<Text, Text>> =
            super::super::yaml::parse(&std::sync::Arc::new(file)).unwrap();
        let training = &read[&Quoted("training".to_owned())];
        let plain: BTreeMap<String, String> = training
            .iter()
            .map(|(key, value)| (key.0.clone(), value.0.clone()))
            .collect();
        assert_eq!(plain, entries);
        assert!(read[&Quoted("patches".to_owned())].is_empty());
    }
}
