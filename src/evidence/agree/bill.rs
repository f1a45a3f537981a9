//! Bills of materials: what is linked into the distribution, by version and digest of the source.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Disagreement, Points};
use crate::evidence::Subject;
use crate::evidence::subject::SYSROOT;
use crate::manifest::ComponentRecord;

/// The archive of which the bill is.
const ARCHIVE: &str = "SHA-256 of the archive";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spdx {
    spdx_version: String,
    packages: Vec<Package>,
    relationships: Vec<Relationship>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    #[serde(rename = "SPDXID")]
    id: String,
    name: String,
    #[serde(default)]
    version_info: Option<String>,
    #[serde(default)]
    checksums: Vec<Checksum>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Checksum {
    algorithm: String,
    checksum_value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    relationship_type: String,
    related_spdx_element: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CycloneDx {
    bom_format: String,
    metadata: Metadata,
    #[serde(default)]
    components: Vec<Component>,
}

#[derive(Deserialize)]
struct Metadata {
    component: Component,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Component {
    name: String,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    hashes: Vec<Hash>,
    #[serde(default)]
    external_references: Vec<Reference>,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    hashes: Vec<Hash>,
}

#[derive(Deserialize)]
struct Hash {
    alg: String,
    content: String,
}

/// Where an SPDX 2.3 document says something else than the manifest. Fails where it is none.
pub fn spdx_disagreements(
    subject: &Subject<'_>,
    document: &[u8],
) -> Result<Vec<Disagreement>, serde_json::Error> {
    let document: Spdx = serde_json::from_slice(document)?;
    let described = |package: &&Package| {
        let mut relationships = document.relationships.iter();
        relationships.any(|relationship| {
            relationship.relationship_type == "DESCRIBES" && relationship.related_spdx_element == package.id
        })
    };
    let sum = |package: &Package| {
        let mut sums = package.checksums.iter();
        let sum = sums.find(|checksum| checksum.algorithm == "SHA256");
        sum.map(|checksum| checksum.checksum_value.clone())
    };
    let (whole, parts): (Vec<_>, Vec<_>) = document.packages.iter().partition(described);
    let mut points = Points::default();
    points.same("SPDX version", Some(&document.spdx_version), "SPDX-2.3");
    let archive = whole.first().and_then(|package| sum(package));
    points.same(ARCHIVE, archive.as_deref(), &subject.digest.hex());
    let said = parts.into_iter().map(|package| {
        (
            package.name.as_str(),
            package.version_info.as_deref(),
            sum(package),
        )
    });
    points.all(&facts(said), &known(subject, |_| true));
    Ok(points.0)
}

/// Where a CycloneDX document says something else than the manifest. Fails where it is none.
pub fn cyclonedx_disagreements(
    subject: &Subject<'_>,
    document: &[u8],
) -> Result<Vec<Disagreement>, serde_json::Error> {
    let document: CycloneDx = serde_json::from_slice(document)?;
    let sum = |hashes: &[Hash]| {
        let sum = hashes.iter().find(|hash| hash.alg == "SHA-256");
        sum.map(|hash| hash.content.clone())
    };
    let mut points = Points::default();
    points.same("format", Some(&document.bom_format), "CycloneDX");
    let archive = sum(&document.metadata.component.hashes);
    points.same(ARCHIVE, archive.as_deref(), &subject.digest.hex());
    let said = document.components.iter().map(|component| {
        let mut references = component.external_references.iter();
        let source = references.find(|reference| reference.kind == "source-distribution");
        let source = source.and_then(|source| sum(&source.hashes));
        (component.name.as_str(), component.version.as_deref(), source)
    });
    // Sources are references, and there is none without an address.
    points.all(&facts(said), &known(subject, |component| component.url.is_some()));
    Ok(points.0)
}

/// What the manifest says of what is linked, as far as a bill has its source.
fn known(subject: &Subject<'_>, has_source: fn(&ComponentRecord) -> bool) -> BTreeMap<String, String> {
    let linked = subject.linked().map(|component| {
        let version = Some(component.version.as_str()).filter(|version| !version.is_empty());
        let source = component.archive.filter(|_| has_source(component));
        let source = source.map(|archive| archive.hex());
        (component.name.as_str(), version, source)
    });
    let given = subject.manifest.pbs.sysroot.as_ref();
    facts(linked.chain(given.map(|_| (SYSROOT, None, None))))
}

/// What is said of components by name, version and source, one fact each.
fn facts<'a>(
    components: impl Iterator<Item = (&'a str, Option<&'a str>, Option<String>)>,
) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::new();
    for (name, version, source) in components {
        let version = version.unwrap_or("no version");
        facts.insert(format!("version of `{name}`"), version.to_owned());
        if let Some(source) = source {
            facts.insert(format!("source of `{name}`"), source);
        }
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::subject::tests::{with_given, with_subject};
    use crate::evidence::{cyclonedx, spdx};

    #[test]
    fn what_we_write_agrees() {
        with_subject(|subject| {
            assert_eq!(spdx_disagreements(subject, spdx(subject).bytes()).unwrap(), []);
            assert_eq!(
                cyclonedx_disagreements(subject, cyclonedx(subject).bytes()).unwrap(),
                []
            );
        });
    }

    #[test]
    fn a_given_sysroot_is_no_surprise_and_not_forgotten() {
        let without = with_subject(|subject| [spdx(subject).into_bytes(), cyclonedx(subject).into_bytes()]);
        with_given(|subject| {
            let documents = [spdx(subject).into_bytes(), cyclonedx(subject).into_bytes()];
            assert_eq!(spdx_disagreements(subject, &documents[0]).unwrap(), []);
            assert_eq!(cyclonedx_disagreements(subject, &documents[1]).unwrap(), []);
            let tree = subject.manifest.pbs.sysroot.as_ref().unwrap().tree.to_string();
            for document in documents {
                assert!(String::from_utf8(document).unwrap().contains(&tree));
            }
            let forgotten = [
                spdx_disagreements(subject, &without[0]).unwrap(),
                cyclonedx_disagreements(subject, &without[1]).unwrap(),
            ];
            for found in forgotten {
                let found: Vec<String> = found.iter().map(ToString::to_string).collect();
                let expected = "version of `given sysroot`: nothing in it, no version in the manifest";
                assert_eq!(found, [expected]);
            }
        });
    }

    #[test]
    fn what_is_changed_is_told() {
        with_subject(|subject| {
            let documents = [spdx(subject).into_bytes(), cyclonedx(subject).into_bytes()];
            let zlib = subject.linked().next().unwrap();
            let source = zlib.archive.unwrap().hex();
            let archive = subject.digest.hex();
            let check = |old: &str, new: &str, expected: &str| {
                for (number, document) in documents.iter().enumerate() {
                    let changed = String::from_utf8(document.clone()).unwrap().replace(old, new);
                    let found = match number {
                        0 => spdx_disagreements(subject, changed.as_bytes()),
                        _ => cyclonedx_disagreements(subject, changed.as_bytes()),
                    };
                    let found: Vec<String> = found.unwrap().iter().map(ToString::to_string).collect();
                    assert!(
                        found.iter().any(|point| point.contains(expected)),
                        "{number}, {expected}: {found:?}"
                    );
                }
            };
            check(
                "\"1.3.1\"",
                "\"1.3.0\"",
                "version of `zlib`: 1.3.0 in it, 1.3.1 in",
            );
            check(
                "\"zlib\"",
                "\"zzlib\"",
                "version of `zlib`: nothing in it, 1.3.1 in",
            );
            check(
                "\"zlib\"",
                "\"zzlib\"",
                "version of `zzlib`: 1.3.1 in it, nothing in",
            );
            check(&source, &"f".repeat(64), "source of `zlib`: ffff");
            check(&archive, &"e".repeat(64), "SHA-256 of the archive: eeee");
            assert!(spdx_disagreements(subject, &documents[1]).is_err());
            assert!(cyclonedx_disagreements(subject, &documents[0]).is_err());
        });
    }
}
