//! An SPDX 2.3 document as JSON: <https://spdx.github.io/spdx-spec/v2.3/>.
//!
//! The same thing gives the same text: the time is the distribution's, and the namespace is made of the
//! thing's digest.

use serde::Serialize;

use super::identifier::{Identifiers, identifier};
use super::package::Checksum;
use super::{Package, timestamp};
use crate::model::Digest;

const DOCUMENT: &str = "SPDXRef-DOCUMENT";
/// For documents of those who have no web site for them, as the specification has it.
const NAMESPACE: &str = "https://spdx.org/spdxdocs";

/// A document on one thing and what is in it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Document {
    spdx_version: &'static str,
    data_license: &'static str,
    #[serde(rename = "SPDXID")]
    id: &'static str,
    name: String,
    document_namespace: String,
    creation_info: Creation,
    /// The thing itself first.
    packages: Vec<Package>,
    relationships: Vec<Relationship>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    has_extracted_licensing_infos: Vec<Extracted>,
    #[serde(skip)]
    given: Identifiers,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Creation {
    created: String,
    creators: [&'static str; 1],
    comment: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    spdx_element_id: String,
    relationship_type: &'static str,
    related_spdx_element: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Extracted {
    license_id: String,
    extracted_text: String,
}

impl Document {
    /// A document on a file of this name and digest, which `root` tells of; `kind` is a word for what it is.
    pub(crate) fn new(file: &str, digest: &Digest, epoch: u64, kind: &str, root: Package) -> Self {
        let id = format!("SPDXRef-{kind}");
        Self {
            spdx_version: "SPDX-2.3",
            data_license: "CC0-1.0",
            id: DOCUMENT,
            name: file.to_owned(),
            document_namespace: format!("{NAMESPACE}/{}-{}", identifier(file), digest.hex()),
            creation_info: Creation {
                created: timestamp(epoch),
                creators: [concat!("Tool: pbs-", env!("CARGO_PKG_VERSION"))],
                comment: "The time is the one that the distribution gives everything.",
            },
            relationships: vec![relationship(DOCUMENT, "DESCRIBES", &id)],
            packages: vec![Package {
                id,
                checksums: vec![Checksum::sha256(digest.hex())],
                ..root
            }],
            has_extracted_licensing_infos: Vec::new(),
            given: Identifiers::default(),
        }
    }

    /// Adds a package that the thing contains; `kind` is a word for what it is. `also` is what else the thing
    /// does with it.
    pub(crate) fn contain(&mut self, kind: &str, package: Package, also: &[&'static str]) {
        let id = self.given.make(kind, &package.name);
        let root = &self.packages[0].id;
        let relations = ["CONTAINS"].iter().chain(also);
        let relations = relations.map(|relation| relationship(root, relation, &id));
        self.relationships.extend(relations);
        self.packages.push(Package { id, ..package });
    }

    /// Adds the text of a licence that SPDX does not list; `id` begins with `LicenseRef-`.
    pub(crate) fn extract(&mut self, id: &str, text: &str) {
        self.has_extracted_licensing_infos.push(Extracted {
            license_id: id.to_owned(),
            extracted_text: text.to_owned(),
        });
    }
}

fn relationship(from: &str, kind: &'static str, to: &str) -> Relationship {
    Relationship {
        spdx_element_id: from.to_owned(),
        relationship_type: kind,
        related_spdx_element: to.to_owned(),
    }
}

/// What the specification asks of every document.
#[cfg(test)]
pub(crate) fn check(document: &serde_json::Value) {
    use std::collections::BTreeSet;

    use serde_json::Value;

    let text = |value: &Value, key: &str| {
        let found = value[key].as_str();
        let found = found.unwrap_or_else(|| panic!("no {key} in {value}"));
        assert!(!found.is_empty(), "{key} in {value}");
        found.to_owned()
    };
    assert_eq!(text(document, "spdxVersion"), "SPDX-2.3");
    assert_eq!(text(document, "dataLicense"), "CC0-1.0");
    assert_eq!(text(document, "SPDXID"), DOCUMENT);
    text(document, "name");
    let namespace = text(document, "documentNamespace");
    assert!(namespace.starts_with("https://") && !namespace.contains(['#', '+', ' ']));
    let created = text(&document["creationInfo"], "created");
    assert!(created.len() == 20 && created.ends_with('Z') && created.as_bytes()[10] == b'T');
    let creator = document["creationInfo"]["creators"][0].as_str().unwrap();
    assert!(creator.starts_with("Tool: "));
    let mut ids = BTreeSet::from([DOCUMENT.to_owned()]);
    for package in document["packages"].as_array().unwrap() {
        let id = text(package, "SPDXID");
        assert!(id.starts_with("SPDXRef-") && identifier(&id) == id, "{id}");
        assert!(ids.insert(id), "an identifier is given twice");
        for key in [
            "name",
            "downloadLocation",
            "licenseConcluded",
            "licenseDeclared",
            "copyrightText",
        ] {
            text(package, key);
        }
        assert_eq!(
            package["filesAnalyzed"], false,
            "else files would have to be listed"
        );
        for key in ["homepage", "summary", "sourceInfo", "licenseComments"] {
            assert_ne!(package[key], "", "an empty text is none");
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
