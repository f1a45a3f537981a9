//! A bill of materials of exactly what is in an executable: an SPDX 2.3 document as JSON.
//!
//! Format: <https://spdx.github.io/spdx-spec/v2.3/>. The same link gives the same text: the time is the distribution's,
//! and the namespace is made of the executable's digest.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::build::REFERENCE;
use super::{Component, Project, Report, Role};
use crate::recipe::date;

/// The document, indented, ending in a line feed.
#[must_use]
pub fn render_spdx(report: &Report) -> String {
    let mut text = serde_json::to_string_pretty(&document(report)).expect("a document holds only texts");
    text.push('\n');
    text
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    spdx_version: &'static str,
    data_license: &'static str,
    #[serde(rename = "SPDXID")]
    id: &'static str,
    name: String,
    document_namespace: String,
    creation_info: Creation,
    packages: Vec<Package>,
    relationships: Vec<Relationship>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    has_extracted_licensing_infos: Vec<Extracted>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Creation {
    created: String,
    creators: Vec<String>,
    comment: String,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Package {
    name: String,
    #[serde(rename = "SPDXID")]
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_info: Option<String>,
    download_location: String,
    /// Nothing is said of single files.
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

impl Checksum {
    fn sha256(hex: String) -> Vec<Self> {
        vec![Self {
            algorithm: "SHA256",
            checksum_value: hex,
        }]
    }
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Extracted {
    license_id: String,
    extracted_text: String,
}

const DOCUMENT: &str = "SPDXRef-DOCUMENT";
const ROOT: &str = "SPDXRef-Executable";
/// Nobody says, or nobody looked.
const NOTHING: &str = "NOASSERTION";
/// For documents of those who have no web site for them, as the specification has it.
const NAMESPACE: &str = "https://spdx.org/spdxdocs";

fn document(report: &Report) -> Document {
    let executable = &report.executable;
    let mut ids = Ids::default();
    let mut packages = vec![root(report)];
    let mut relationships = vec![relationship(DOCUMENT, "DESCRIBES", ROOT)];
    for component in &report.components {
        let id = ids.make("Component", &component.name);
        relationships.push(relationship(ROOT, "CONTAINS", &id));
        relationships.push(relationship(ROOT, "STATIC_LINK", &id));
        packages.push(of_component(component, id));
    }
    for project in &report.projects {
        let id = ids.make("Project", &project.name);
        relationships.push(relationship(ROOT, "CONTAINS", &id));
        packages.push(of_project(project, id));
    }
    Document {
        spdx_version: "SPDX-2.3",
        data_license: "CC0-1.0",
        id: DOCUMENT,
        name: executable.name.clone(),
        document_namespace: format!(
            "{NAMESPACE}/{}-{}",
            identifier(&executable.name),
            executable.digest.hex()
        ),
        creation_info: Creation {
            created: time(report.epoch),
            creators: vec![format!("Tool: pbs-{}", env!("CARGO_PKG_VERSION"))],
            comment: "The time is the one that the distribution gives everything.".to_owned(),
        },
        packages,
        relationships,
        has_extracted_licensing_infos: extracted(&report.texts),
    }
}

fn root(report: &Report) -> Package {
    let executable = &report.executable;
    let distribution = &report.distribution;
    // What an application itself is licensed under, nobody said.
    let licenses = if executable.application {
        NOTHING.to_owned()
    } else {
        let components = report.components.iter().flat_map(|component| &component.licenses);
        let projects = report.projects.iter().map(|project| project.license.as_ref());
        let all: Option<Vec<&String>> = components.map(Some).chain(projects).collect();
        all.map_or_else(|| NOTHING.to_owned(), |all| all_of(all.into_iter()))
    };
    Package {
        name: executable.name.clone(),
        id: ROOT.to_owned(),
        download_location: NOTHING.to_owned(),
        checksums: Checksum::sha256(executable.digest.hex()),
        license_concluded: licenses,
        license_declared: NOTHING.to_owned(),
        copyright_text: NOTHING,
        summary: Some(format!(
            "CPython {} for {} ({}, {}), linked into one executable with chosen extension modules",
            distribution.python, distribution.target, distribution.options, distribution.tag
        )),
        primary_package_purpose: "APPLICATION",
        ..Package::default()
    }
}

fn of_component(component: &Component, id: String) -> Package {
    let licenses = all_of(component.licenses.iter());
    let patches = (!component.patches.is_empty()).then(|| {
        format!(
            "built from source with these patches: {}",
            component.patches.join(", ")
        )
    });
    let (cpe, purl) = (component.cpe.as_ref(), component.purl.as_ref());
    let reference = |category, kind, locator: &String| Reference {
        reference_category: category,
        reference_type: kind,
        reference_locator: locator.clone(),
    };
    let references = [
        purl.map(|purl| reference("PACKAGE-MANAGER", "purl", purl)),
        cpe.map(|cpe| reference("SECURITY", "cpe23Type", cpe)),
    ];
    Package {
        name: component.name.clone(),
        id,
        version_info: Some(component.version.clone()),
        download_location: component.url.clone().unwrap_or_else(|| NOTHING.to_owned()),
        checksums: component
            .archive
            .map(|archive| Checksum::sha256(archive.hex()))
            .unwrap_or_default(),
        license_concluded: licenses.clone(),
        license_declared: licenses,
        copyright_text: NOTHING,
        summary: Some(component.summary.clone()).filter(|text| !text.is_empty()),
        homepage: Some(component.homepage.clone()).filter(|text| !text.is_empty()),
        source_info: patches,
        license_comments: texts(&component.license_paths),
        external_refs: references.into_iter().flatten().collect(),
        primary_package_purpose: match component.role {
            Role::Interpreter => "APPLICATION",
            Role::Library | Role::StartFiles | Role::Launcher => "LIBRARY",
        },
        ..Package::default()
    }
}

fn of_project(project: &Project, id: String) -> Package {
    let license = project.license.as_ref().filter(|license| is_expression(license));
    let license = license.map_or(NOTHING, String::as_str);
    Package {
        name: project.name.clone(),
        id,
        version_info: Some(project.version.clone()),
        download_location: NOTHING.to_owned(),
        license_concluded: NOTHING.to_owned(),
        license_declared: license.to_owned(),
        copyright_text: NOTHING,
        summary: project.summary.clone(),
        license_comments: texts(&project.license_paths),
        external_refs: vec![Reference {
            reference_category: "PACKAGE-MANAGER",
            reference_type: "purl",
            reference_locator: project.purl.clone(),
        }],
        primary_package_purpose: "LIBRARY",
        ..Package::default()
    }
}

fn texts(paths: &[String]) -> Option<String> {
    (!paths.is_empty()).then(|| format!("texts: {}", paths.join(", ")))
}

fn relationship(from: &str, kind: &'static str, to: &str) -> Relationship {
    Relationship {
        spdx_element_id: from.to_owned(),
        relationship_type: kind,
        related_spdx_element: to.to_owned(),
    }
}

fn extracted(texts: &BTreeMap<String, String>) -> Vec<Extracted> {
    let one = |(id, text): (&String, &String)| Extracted {
        license_id: id.clone(),
        extracted_text: text.clone(),
    };
    texts
        .iter()
        .filter(|(id, _)| identifier(id) == **id && id.len() > REFERENCE.len())
        .map(one)
        .collect()
}

/// Everything that is asked for by each of some expressions.
fn all_of<'a>(expressions: impl Iterator<Item = &'a String>) -> String {
    let each: BTreeSet<String> = expressions
        .map(|expression| match expression.contains(" OR ") {
            true => format!("({expression})"),
            false => expression.clone(),
        })
        .collect();
    if each.is_empty() {
        return NOTHING.to_owned();
    }
    each.into_iter().collect::<Vec<_>>().join(" AND ")
}

/// Whether a text could be an SPDX expression: a project may have written anything.
fn is_expression(text: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | ':' | '(' | ')' | ' ');
    let operator = |word: &str| matches!(word, "AND" | "OR" | "WITH");
    let words: Vec<&str> = text.split_whitespace().collect();
    // Names of licences have no blanks: between two of them stands an operator.
    let alternate = words
        .iter()
        .enumerate()
        .all(|(index, word)| operator(word) == (index % 2 == 1));
    text.chars().all(known) && alternate && words.len() % 2 == 1
}

/// Letters, digits, `.` and `-`: what identifiers are made of.
fn identifier(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') {
                c
            } else {
                '-'
            }
        })
        .collect()
}

/// Identifiers that were given.
#[derive(Default)]
struct Ids(BTreeSet<String>);

impl Ids {
    fn make(&mut self, kind: &str, name: &str) -> String {
        let wanted = format!("SPDXRef-{kind}-{}", identifier(name));
        let mut id = wanted.clone();
        let mut number = 1;
        while !self.0.insert(id.clone()) {
            number += 1;
            id = format!("{wanted}-{number}");
        }
        id
    }
}

/// A moment in seconds since 1970, as the specification wants it.
fn time(epoch: u64) -> String {
    let date = date(epoch);
    let (year, rest) = date.split_at(date.len() - 4);
    let (month, day) = rest.split_at(2);
    let second = epoch % 86_400;
    format!(
        "{year}-{month}-{day}T{:02}:{:02}:{:02}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::report::sample::sample;

    fn rendered(report: &Report) -> Value {
        serde_json::from_str(&render_spdx(report)).unwrap()
    }

    /// What the specification asks of every document.
    fn check(document: &Value) {
        let text = |value: &Value, key: &str| {
            let found = value[key].as_str();
            found.unwrap_or_else(|| panic!("no {key} in {value}")).to_owned()
        };
        let is_id = |id: &str| {
            let rest = id.strip_prefix("SPDXRef-").unwrap_or_default();
            !rest.is_empty()
                && rest
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
        };
        assert_eq!(text(document, "spdxVersion"), "SPDX-2.3");
        assert_eq!(text(document, "dataLicense"), "CC0-1.0");
        assert_eq!(text(document, "SPDXID"), "SPDXRef-DOCUMENT");
        assert!(!text(document, "name").is_empty());
        let namespace = text(document, "documentNamespace");
        assert!(namespace.starts_with("https://") && !namespace.contains(['#', ' ']));
        let created = text(&document["creationInfo"], "created");
        assert!(created.len() == 20 && created.ends_with('Z') && created.as_bytes()[10] == b'T');
        assert!(
            document["creationInfo"]["creators"][0]
                .as_str()
                .unwrap()
                .starts_with("Tool: ")
        );
        let mut ids: BTreeSet<String> = ["SPDXRef-DOCUMENT".to_owned()].into();
        for package in document["packages"].as_array().unwrap() {
            let id = text(package, "SPDXID");
            assert!(is_id(&id), "{id}");
            assert!(ids.insert(id), "an identifier is given twice");
            assert!(!text(package, "name").is_empty());
            assert!(!text(package, "downloadLocation").is_empty());
            assert_eq!(
                package["filesAnalyzed"], false,
                "else files would have to be listed"
            );
            for key in ["licenseConcluded", "licenseDeclared", "copyrightText"] {
                assert!(!text(package, key).is_empty());
            }
            for checksum in package["checksums"].as_array().into_iter().flatten() {
                assert_eq!(text(checksum, "checksumValue").len(), 64);
            }
        }
        let mut described = 0;
        for relationship in document["relationships"].as_array().unwrap() {
            for end in ["spdxElementId", "relatedSpdxElement"] {
                assert!(ids.contains(&text(relationship, end)), "{relationship}");
            }
            described += usize::from(text(relationship, "relationshipType") == "DESCRIBES");
        }
        assert_eq!(described, 1);
    }

    #[test]
    fn has_what_the_specification_asks_for() {
        let document = rendered(&sample());
        check(&document);
        let names: Vec<_> = document["packages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|package| package["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["app <1>", "cpython", "zlib", "The_Tool", "the-tool"]);
        assert_eq!(document["creationInfo"]["created"], "2026-01-01T00:00:00Z");
        assert_eq!(
            document["packages"][3]["licenseDeclared"],
            "MIT OR LicenseRef-Own"
        );
        assert_eq!(document["packages"][4]["licenseDeclared"], "NOASSERTION");
        assert_eq!(
            document["packages"][4]["externalRefs"][0]["referenceLocator"],
            "pkg:pypi/the-tool@2"
        );
        assert_eq!(
            document["hasExtractedLicensingInfos"][0]["licenseId"],
            "LicenseRef-Own"
        );
        assert_eq!(
            document["packages"][2]["licenseDeclared"],
            "(Zlib OR MIT) AND BSD-3-Clause"
        );
    }

    #[test]
    fn the_same_report_is_the_same_text() {
        assert_eq!(render_spdx(&sample()), render_spdx(&sample()));
    }

    #[test]
    fn only_expressions_are_taken_for_such() {
        for (text, is) in [
            ("MIT", true),
            ("(MIT OR Apache-2.0) AND BSD-3-Clause", true),
            ("GPL-2.0-or-later WITH Classpath-exception-2.0", true),
            ("BSD License", false),
            ("MIT OR", false),
            ("MIT/X11", false),
            ("", false),
        ] {
            assert_eq!(is_expression(text), is, "{text}");
        }
    }

    #[test]
    fn times_are_those_of_the_specification() {
        assert_eq!(time(1_767_225_600 + 3_661), "2026-01-01T01:01:01Z");
    }
}
