//! What uv reads with `--python-downloads-json-url`: an object with an entry for each interpreter.
//!
//! uv knows one interpreter of each version for a platform and variant, so of several builds the
//! fastest of the latest release is told; it ignores keys that it does not know.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{Address, Artifact, Index};
use crate::model::{Options, TreePath};
use crate::plan::Flavor;

/// An interpreter as uv knows it.
#[derive(Serialize)]
struct Entry<'a> {
    name: &'static str,
    arch: Arch<'a>,
    os: &'a str,
    libc: &'a str,
    major: u32,
    minor: u32,
    patch: u32,
    prerelease: &'a str,
    url: String,
    sha256: String,
    variant: Option<&'static str>,
    build: &'a str,
    /// Ours; the SPDX document.
    #[serde(skip_serializing_if = "Option::is_none")]
    sbom: Option<String>,
    /// Ours; the signed provenance.
    #[serde(skip_serializing_if = "Option::is_none")]
    attestation: Option<String>,
}

#[derive(Serialize)]
struct Arch<'a> {
    family: &'a str,
    variant: Option<&'a str>,
}

/// Where an interpreter runs, in uv's words.
struct Platform<'a> {
    family: &'a str,
    level: Option<&'a str>,
    os: &'a str,
    libc: &'a str,
}

impl Index {
    /// The name of the file in the published directory.
    pub const UV: &'static str = "uv.json";

    /// The interpreters as uv reads them, of a directory that is served at `address`.
    #[must_use]
    pub fn uv(&self, address: &Address) -> Vec<u8> {
        let mut best: BTreeMap<String, (Rank<'_>, Entry<'_>)> = BTreeMap::new();
        for artifact in &self.artifacts {
            let Some((key, entry)) = entry(artifact, address) else {
                continue;
            };
            let rank = rank(artifact);
            if best.get(&key).is_none_or(|(known, _)| *known < rank) {
                best.insert(key, (rank, entry));
            }
        }
        let entries: BTreeMap<&String, &Entry<'_>> =
            best.iter().map(|(key, (_, entry))| (key, entry)).collect();
        let mut bytes = serde_json::to_vec_pretty(&entries).expect("keys are texts");
        bytes.push(b'\n');
        bytes
    }

    /// The address that such a file was written for; nothing where it does not tell.
    #[must_use]
    pub fn uv_address(file: &[u8]) -> Option<Address> {
        let document: Value = serde_json::from_slice(file).ok()?;
        let entries = document.as_object()?.values();
        let mut addresses = entries.filter_map(|entry| {
            let (directory, _name) = entry["url"].as_str()?.rsplit_once('/')?;
            let address = directory.strip_suffix(Self::ARCHIVES)?;
            Address::parse(address).ok()
        });
        addresses.next()
    }
}

/// Sorts what would be the same interpreter to uv, the best last.
type Rank<'a> = (bool, bool, &'a str, u8);

fn rank(artifact: &Artifact) -> Rank<'_> {
    let flavor = match artifact.flavor {
        Flavor::InstallOnlyStripped => 2,
        Flavor::InstallOnly => 1,
        Flavor::Full | Flavor::DebugInfo => 0,
    };
    let options = &artifact.options;
    (
        options.has("pgo"),
        options.has("lto"),
        artifact.tag.as_str(),
        flavor,
    )
}

fn entry<'a>(artifact: &'a Artifact, address: &Address) -> Option<(String, Entry<'a>)> {
    if artifact.flavor == Flavor::DebugInfo {
        return None;
    }
    let variant = variant(&artifact.options)?;
    let platform = platform(artifact.target.as_str())?;
    let (python, series) = (&artifact.python, artifact.python.series);
    let level = platform
        .level
        .map(|level| format!("_{level}"))
        .unwrap_or_default();
    let key = format!(
        "cpython-{python}{}-{}-{}{level}-{}",
        variant.map(|variant| format!("+{variant}")).unwrap_or_default(),
        platform.os,
        platform.family,
        platform.libc
    );
    let of = |path: &TreePath| address.of(path);
    let entry = Entry {
        name: "cpython",
        arch: Arch {
            family: platform.family,
            variant: platform.level,
        },
        os: platform.os,
        libc: platform.libc,
        major: series.major,
        minor: series.minor,
        patch: python.patch,
        prerelease: &python.prerelease,
        url: of(&artifact.path),
        sha256: artifact.digest.hex(),
        variant,
        build: artifact.tag.as_str(),
        sbom: artifact.evidence.spdx.as_ref().map(|document| of(&document.path)),
        attestation: artifact
            .evidence
            .provenance
            .as_ref()
            .map(|document| of(&document.path)),
    };
    Some((key, entry))
}

/// The variant that uv knows a build as; nothing for one that it cannot use.
fn variant(options: &Options) -> Option<Option<&'static str>> {
    if options.has("static") {
        return None;
    }
    Some(match (options.has("freethreaded"), options.has("debug")) {
        (false, false) => None,
        (false, true) => Some("debug"),
        (true, false) => Some("freethreaded"),
        (true, true) => Some("freethreaded+debug"),
    })
}

/// What a triple means to uv; nothing where it means nothing.
fn platform(target: &str) -> Option<Platform<'_>> {
    let mut parts = target.split('-');
    let (arch, rest) = (parts.next()?, parts.collect::<Vec<_>>());
    let (family, level) = match arch.split_once("_v") {
        Some((family, _)) => (family, Some(&arch[family.len() + 1..])),
        None => (arch, None),
    };
    let os = ["linux", "darwin", "windows"]
        .into_iter()
        .find(|os| rest.contains(os))?;
    Some(Platform {
        family: match family {
            "ppc64le" => "powerpc64le",
            other => other,
        },
        level,
        os,
        libc: if os == "linux" {
            rest.last().copied()?
        } else {
            "none"
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::index::FileName;
    use crate::index::tests::sample::artifact;

    fn address() -> Address {
        Address::parse("https://host/python").unwrap()
    }

    fn of_flavor(mut artifact: Artifact, flavor: Flavor) -> Artifact {
        let name = artifact
            .name
            .as_str()
            .replace("-full.", &format!("-{}.", flavor.as_str()));
        artifact.path = TreePath::parse(&format!("archives/{name}")).unwrap();
        artifact.name = FileName::parse(&name).unwrap();
        artifact.flavor = flavor;
        artifact
    }

    fn written(artifacts: Vec<Artifact>) -> Value {
        let mut index = Index::empty();
        index.artifacts = artifacts;
        serde_json::from_slice(&index.uv(&address())).unwrap()
    }

    #[test]
    fn an_entry_has_what_uv_asks_for() {
        let one = artifact("3.15.0rc1", "20260101", "x86_64_v3-a-linux-gnu", "pgo+lto");
        let sum = one.digest.hex();
        let document = written(vec![one]);
        let name = "cpython-3.15.0rc1%2B20260101-x86_64_v3-a-linux-gnu-pgo%2Blto-full.tar.zst";
        assert_eq!(
            document,
            json!({ "cpython-3.15.0rc1-linux-x86_64_v3-gnu": {
                "name": "cpython",
                "arch": { "family": "x86_64", "variant": "v3" },
                "os": "linux",
                "libc": "gnu",
                "major": 3, "minor": 15, "patch": 0, "prerelease": "rc1",
                "url": format!("https://host/python/archives/{name}"),
                "sha256": sum,
                "variant": null,
                "build": "20260101",
                "sbom": format!("https://host/python/evidence/{name}.spdx.json"),
                "attestation": format!("https://host/python/evidence/{name}.provenance.json"),
            } })
        );
    }

    #[test]
    fn the_best_of_several_is_told() {
        let full = |tag, options| artifact("3.13.5", tag, "aarch64-a-linux-musl", options);
        let document = written(vec![
            full("20260101", "pgo+lto"),
            of_flavor(full("20260101", "pgo+lto"), Flavor::InstallOnlyStripped),
            of_flavor(full("20260101", "pgo+lto"), Flavor::InstallOnly),
            of_flavor(full("20260301", "pgo+lto"), Flavor::DebugInfo),
            full("20260301", "noopt"),
            full("20260101", "lto+static"),
            full("20260101", "debug"),
            full("20260101", "freethreaded+pgo"),
        ]);
        let keys: Vec<&String> = document.as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            [
                "cpython-3.13.5+debug-linux-aarch64-musl",
                "cpython-3.13.5+freethreaded-linux-aarch64-musl",
                "cpython-3.13.5-linux-aarch64-musl",
            ]
        );
        let url = document["cpython-3.13.5-linux-aarch64-musl"]["url"]
            .as_str()
            .unwrap();
        assert!(url.contains("pgo%2Blto-install_only_stripped"), "{url}");
    }

    #[test]
    fn knows_platforms_by_the_parts_of_a_triple() {
        let check = |target, expected| {
            let found = platform(target).map(|found| (found.family, found.level, found.os, found.libc));
            assert_eq!(found, expected, "{target}");
        };
        check("aarch64-b-darwin", Some(("aarch64", None, "darwin", "none")));
        check("i686-pc-windows-c", Some(("i686", None, "windows", "none")));
        check("ppc64le-a-linux-gnu", Some(("powerpc64le", None, "linux", "gnu")));
        check(
            "armv7-a-linux-gnueabihf",
            Some(("armv7", None, "linux", "gnueabihf")),
        );
        check("a-b-c", None);
    }

    #[test]
    fn tells_its_address_again() {
        let one = artifact("3.13.5", "20260101", "aarch64-a-linux-musl", "noopt");
        let bytes = serde_json::to_vec(&written(vec![one])).unwrap();
        assert_eq!(Index::uv_address(&bytes), Some(address()));
        assert_eq!(Index::uv_address(b"{}"), None);
        assert_eq!(Index::uv_address(b"no json"), None);
    }
}
