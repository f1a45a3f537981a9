//! One package of a document, as the specification has it:
//! <https://spdx.github.io/spdx-spec/v2.3/package-information/>.

use serde::Serialize;

/// Nobody says, or nobody looked.
pub(crate) const NOTHING: &str = "NOASSERTION";

/// What a package is there for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Purpose {
    /// It is run.
    Application,
    /// It is linked or imported.
    Library,
    /// It is unpacked.
    Archive,
}

/// A package.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Given by the document.
    #[serde(rename = "SPDXID")]
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version_info: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) package_file_name: Option<String>,
    pub(crate) download_location: String,
    /// Nothing is said of single files: manifests and reports list them.
    pub(crate) files_analyzed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) checksums: Vec<Checksum>,
    pub(crate) license_concluded: String,
    pub(crate) license_declared: String,
    pub(crate) copyright_text: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) homepage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_info: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) license_comments: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) external_refs: Vec<Reference>,
    pub(crate) primary_package_purpose: Purpose,
}

/// A digest of what a package is downloaded as.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Checksum {
    algorithm: &'static str,
    checksum_value: String,
}

/// A name that others know a package by.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reference {
    reference_category: &'static str,
    reference_type: &'static str,
    reference_locator: String,
}

impl Package {
    /// A package of which nothing more is known.
    pub(crate) fn new(name: &str, purpose: Purpose) -> Self {
        Self {
            name: name.to_owned(),
            id: String::new(),
            version_info: None,
            package_file_name: None,
            download_location: NOTHING.to_owned(),
            files_analyzed: false,
            checksums: Vec::new(),
            license_concluded: NOTHING.to_owned(),
            license_declared: NOTHING.to_owned(),
            copyright_text: NOTHING,
            summary: None,
            homepage: None,
            source_info: None,
            license_comments: None,
            external_refs: Vec::new(),
            primary_package_purpose: purpose,
        }
    }
}

impl Checksum {
    /// A SHA-256 sum.
    pub(crate) const fn sha256(hex: String) -> Self {
        Self {
            algorithm: "SHA256",
            checksum_value: hex,
        }
    }
}

impl Reference {
    /// A package URL.
    pub(crate) fn purl(purl: &str) -> Self {
        Self {
            reference_category: "PACKAGE-MANAGER",
            reference_type: "purl",
            reference_locator: purl.to_owned(),
        }
    }

    /// A CPE 2.3 name.
    pub(crate) fn cpe(cpe: &str) -> Self {
        Self {
            reference_category: "SECURITY",
            reference_type: "cpe23Type",
            reference_locator: cpe.to_owned(),
        }
    }
}
