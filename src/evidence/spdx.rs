//! What a distribution consists of, as an SPDX 2.3 document: <https://spdx.github.io/spdx-spec/v2.3/>.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::subject::{TOOL, TOOL_VERSION, some};
use super::time::timestamp;
use super::{Bom, Subject, all_of};
use crate::manifest::ComponentRecord;
use crate::plan::CPYTHON;

const DOCUMENT: &str = "SPDXRef-DOCUMENT";
const ROOT: &str = "SPDXRef-Distribution";
/// Nobody says, or nobody looked.
const NOTHING: &str = "NOASSERTION";
/// For documents of those who have no web site for them, as the specification has it.
const NAMESPACE: &str = "https://spdx.org/spdxdocs";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    spdx_version: &'static str,
    data_license: &'static str,
    #[serde(rename = "SPDXID")]
    id: &'static str,
    name: &'a str,
    document_namespace: String,
    creation_info: Creation,
    packages: Vec<Package>,
    relationships: Vec<Relationship>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Creation {
    created: String,
    creators: Vec<String>,
    comment: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    name: String,
    #[serde(rename = "SPDXID")]
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_info: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    package_file_name: Option<String>,
    download_location: String,
    /// Nothing is said of single files: the manifest lists them.
    files_analyzed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checksums: Vec<Checksum>,
    license_concluded: String,
    license_declared: String,
    copyright_text: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    homepage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_info: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_comments: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_refs: Vec<Reference>,
    primary_package_purpose: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Checksum {
    algorithm: &'static str,
    checksum_value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    reference_category: &'static str,
    reference_type: &'static str,
    reference_locator: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    spdx_element_id: String,
    relationship_type: &'static str,
    related_spdx_element: String,
}

/// What a distribution consists of, as SPDX 2.3.
#[must_use]
pub fn spdx(subject: &Subject<'_>) -> Bom {
    let mut packages = vec![root(subject)];
    let mut relationships = vec![relationship(DOCUMENT, "DESCRIBES", ROOT)];
    for component in subject.linked() {
        let package = of_component(component);
        relationships.push(relationship(ROOT, "CONTAINS", &package.id));
        packages.push(package);
    }
    Bom::of(&Document {
        spdx_version: "SPDX-2.3",
        data_license: "CC0-1.0",
        id: DOCUMENT,
        name: subject.name,
        document_namespace: format!(
            "{NAMESPACE}/{}-{}",
            identifier(subject.name),
            subject.digest.hex()
        ),
        creation_info: Creation {
            created: timestamp(subject.manifest.pbs.epoch),
            creators: vec![format!("Tool: {TOOL}-{TOOL_VERSION}")],
            comment: "The time is the one that the distribution gives everything.",
        },
        packages,
        relationships,
    })
}

fn root(subject: &Subject<'_>) -> Package {
    let manifest = subject.manifest;
    let licences = all_of(subject.linked().flat_map(|component| &component.licenses));
    let licences = licences.unwrap_or_else(|| NOTHING.to_owned());
    Package {
        name: format!("{CPYTHON}-distribution"),
        id: ROOT.to_owned(),
        version_info: Some(format!("{}+{}", manifest.python_version, manifest.pbs.tag)),
        package_file_name: some(subject.name),
        download_location: NOTHING.to_owned(),
        files_analyzed: false,
        checksums: sha256(subject.digest.hex()),
        license_concluded: licences.clone(),
        license_declared: licences,
        copyright_text: NOTHING,
        summary: Some(subject.summary()),
        homepage: None,
        source_info: None,
        license_comments: None,
        external_refs: Vec::new(),
        primary_package_purpose: "ARCHIVE",
    }
}

fn of_component(component: &ComponentRecord) -> Package {
    let licences = all_of(&component.licenses).unwrap_or_else(|| NOTHING.to_owned());
    let patches: Vec<String> = component
        .patches
        .iter()
        .map(|(name, digest)| format!("{name} (sha256 {})", digest.hex()))
        .collect();
    let texts: Vec<&str> = component.license_paths.iter().map(|path| path.as_str()).collect();
    let references = [
        ("PACKAGE-MANAGER", "purl", &component.purl),
        ("SECURITY", "cpe23Type", &component.cpe),
    ];
    let references = references.into_iter().filter_map(|(category, kind, locator)| {
        Some(Reference {
            reference_category: category,
            reference_type: kind,
            reference_locator: locator.clone()?,
        })
    });
    let is_interpreter = component.name == CPYTHON;
    Package {
        name: component.name.clone(),
        id: format!("SPDXRef-Component-{}", identifier(&component.name)),
        version_info: some(&component.version),
        package_file_name: None,
        download_location: component.url.clone().unwrap_or_else(|| NOTHING.to_owned()),
        files_analyzed: false,
        checksums: component
            .archive
            .map(|archive| sha256(archive.hex()))
            .unwrap_or_default(),
        license_concluded: licences.clone(),
        license_declared: licences,
        copyright_text: NOTHING,
        summary: some(&component.summary),
        homepage: some(&component.homepage),
        source_info: (!patches.is_empty())
            .then(|| format!("built from source with these patches: {}", patches.join(", "))),
        license_comments: (!texts.is_empty())
            .then(|| format!("texts in the distribution: {}", texts.join(", "))),
        external_refs: references.collect(),
        primary_package_purpose: if is_interpreter { "APPLICATION" } else { "LIBRARY" },
    }
}

fn sha256(hex: String) -> Vec<Checksum> {
    vec![Checksum {
        algorithm: "SHA256",
        checksum_value: hex,
    }]
}

fn relationship(from: &str, kind: &'static str, to: &str) -> Relationship {
    Relationship {
        spdx_element_id: from.to_owned(),
        relationship_type: kind,
        related_spdx_element: to.to_owned(),
    }
}

/// Letters, digits, `.` and `-`: what identifiers are made of. Names of packages do not differ in
/// anything else.
fn identifier(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    text.chars().map(|c| if plain(c) { c } else { '-' }).collect()
}

/// The licences of the components that a document of ours lists; nothing where it is none.
#[must_use]
pub fn declared_licences(document: &[u8]) -> Option<BTreeSet<String>> {
    let document: Value = serde_json::from_slice(document).ok()?;
    let packages = document["packages"].as_array()?;
    let components = packages.iter().filter(|package| package["SPDXID"] != ROOT);
    let licences = components.filter_map(|package| package["licenseDeclared"].as_str());
    Some(
        licences
            .filter(|licence| *licence != NOTHING)
            .map(str::to_owned)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::subject::tests::with_subject;

    #[test]
    fn has_what_the_specification_asks_for() {
        let bom = with_subject(spdx);
        let document: Value = serde_json::from_slice(bom.bytes()).unwrap();
        assert_eq!(document["spdxVersion"], "SPDX-2.3");
        assert_eq!(document["SPDXID"], DOCUMENT);
        assert_eq!(document["creationInfo"]["created"], "2026-01-01T00:00:00Z");
        let namespace = document["documentNamespace"].as_str().unwrap();
        assert!(namespace.starts_with("https://") && !namespace.contains(['#', '+', ' ']));
        let mut ids = BTreeSet::from([DOCUMENT]);
        for package in document["packages"].as_array().unwrap() {
            let id = package["SPDXID"].as_str().unwrap();
            assert!(ids.insert(id), "{id} is given twice");
            assert_eq!(identifier(id), id);
            assert_eq!(package["filesAnalyzed"], false);
            for key in [
                "name",
                "downloadLocation",
                "licenseConcluded",
                "licenseDeclared",
                "copyrightText",
            ] {
                assert!(
                    package[key].as_str().is_some_and(|text| !text.is_empty()),
                    "{key}"
                );
            }
        }
        for relationship in document["relationships"].as_array().unwrap() {
            for end in ["spdxElementId", "relatedSpdxElement"] {
                assert!(
                    ids.contains(relationship[end].as_str().unwrap()),
                    "{relationship}"
                );
            }
        }
        let names: Vec<&str> = document["packages"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|package| package["name"].as_str())
            .collect();
        assert_eq!(
            names,
            ["cpython-distribution", "zlib"],
            "what is not linked is not listed"
        );
        let zlib = &document["packages"][1];
        assert_eq!(zlib["checksums"][0]["checksumValue"], "0".repeat(64));
        assert!(
            zlib["sourceInfo"]
                .as_str()
                .unwrap()
                .contains("zlib/1.3.1/0001-x.patch")
        );
        assert_eq!(
            zlib["externalRefs"][0]["referenceLocator"],
            "pkg:generic/zlib@1.3.1"
        );
        assert_eq!(
            zlib["externalRefs"][1]["referenceLocator"],
            "cpe:2.3:a:zlib:zlib:1.3.1:*:*:*:*:*:*:*"
        );
        assert!(zlib.get("homepage").is_none(), "an empty text is no address");
    }

    #[test]
    fn tells_its_licences_again() {
        let bom = with_subject(spdx);
        let licences = declared_licences(bom.bytes()).unwrap();
        assert_eq!(licences, BTreeSet::from(["Zlib".to_owned()]));
        assert_eq!(declared_licences(b"{}"), None);
    }
}
