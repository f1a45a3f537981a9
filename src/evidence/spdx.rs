//! What a distribution consists of, as an SPDX 2.3 document.

use std::collections::BTreeSet;

use serde_json::Value;

use super::subject::{SYSROOT, some};
use super::{Bom, Subject};
use crate::manifest::{ComponentRecord, SysrootRecord};
use crate::plan::CPYTHON;
use crate::sbom::{Component, Document, NOTHING, Package, Purpose, all_of, patched};

/// What a distribution consists of, as SPDX 2.3.
#[must_use]
pub fn spdx(subject: &Subject<'_>) -> Bom {
    let epoch = subject.manifest.pbs.epoch;
    let root = root(subject);
    let mut document = Document::new(subject.name, &subject.digest, epoch, "Distribution", root);
    for component in subject.linked() {
        document.contain("Component", of_component(component), &[]);
    }
    if let Some(given) = &subject.manifest.pbs.sysroot {
        document.contain("Sysroot", of_sysroot(given), &[]);
    }
    Bom::of(&document)
}

fn root(subject: &Subject<'_>) -> Package {
    let manifest = subject.manifest;
    let licences = all_of(subject.linked().flat_map(|component| &component.licenses));
    let licences = licences.unwrap_or_else(|| NOTHING.to_owned());
    Package {
        version_info: Some(format!("{}+{}", manifest.python_version, manifest.pbs.tag)),
        package_file_name: some(subject.name),
        license_concluded: licences.clone(),
        license_declared: licences,
        summary: Some(subject.summary()),
        ..Package::new(&format!("{CPYTHON}-distribution"), Purpose::Archive)
    }
}

fn of_component(record: &ComponentRecord) -> Package {
    let patches: Vec<String> = record
        .patches
        .iter()
        .map(|(name, digest)| format!("{name} (sha256 {})", digest.hex()))
        .collect();
    let texts: Vec<&str> = record.license_paths.iter().map(|path| path.as_str()).collect();
    let component = Component {
        name: &record.name,
        version: &record.version,
        purpose: match record.name.as_str() {
            CPYTHON => Purpose::Application,
            _ => Purpose::Library,
        },
        summary: &record.summary,
        homepage: &record.homepage,
        url: record.url.as_ref(),
        archive: record.archive.map(|archive| archive.hex()),
        licences: &record.licenses,
        purl: record.purl.as_ref(),
        cpe: record.cpe.as_ref(),
    };
    Package {
        source_info: patched(&patches),
        license_comments: (!texts.is_empty())
            .then(|| format!("texts in the distribution: {}", texts.join(", "))),
        ..component.package()
    }
}

/// Start-up code and libraries for linking come from it.
fn of_sysroot(given: &SysrootRecord) -> Package {
    let layout = &given.layout;
    Package {
        summary: Some(format!(
            "a directory that was given as the sysroot, in the layout of {layout}"
        )),
        source_info: Some(format!("the digest of its tree is {}", given.tree)),
        license_comments: Some(given.terms.clone()),
        ..Package::new(SYSROOT, Purpose::Library)
    }
}

/// The licences of the components that a document of ours lists; nothing where it is none.
#[must_use]
pub fn declared_licences(document: &[u8]) -> Option<BTreeSet<String>> {
    let document: Value = serde_json::from_slice(document).ok()?;
    let packages = document["packages"].as_array()?;
    let components = packages.iter().skip(1);
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
    use crate::evidence::subject::tests::{with_given, with_subject};
    use crate::sbom::check;

    #[test]
    fn has_what_the_specification_asks_for() {
        let bom = with_subject(spdx);
        let document: Value = serde_json::from_slice(bom.bytes()).unwrap();
        check(&document);
        assert_eq!(document["creationInfo"]["created"], "2026-01-01T00:00:00Z");
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
    fn a_given_sysroot_is_one_more_package_of_which_no_licence_is_known() {
        let bom = with_given(spdx);
        let document: Value = serde_json::from_slice(bom.bytes()).unwrap();
        check(&document);
        let package = &document["packages"][2];
        assert_eq!(package["name"], SYSROOT);
        assert_eq!(package["licenseConcluded"], NOTHING);
        assert!(
            package["licenseComments"]
                .as_str()
                .unwrap()
                .starts_with("whoever gave")
        );
        let licences = declared_licences(bom.bytes()).unwrap();
        assert_eq!(licences, BTreeSet::from(["Zlib".to_owned()]));
    }

    #[test]
    fn tells_its_licences_again() {
        let bom = with_subject(spdx);
        let licences = declared_licences(bom.bytes()).unwrap();
        assert_eq!(licences, BTreeSet::from(["Zlib".to_owned()]));
        assert_eq!(declared_licences(b"{}"), None);
    }
}
