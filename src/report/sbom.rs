//! A bill of materials of exactly what is in an executable: an SPDX 2.3 document.

use super::build::REFERENCE;
use super::{Component, Project, Report, Role};
use crate::sbom::{self, Document, NOTHING, Package, Purpose, Reference, all_of, identifier, patched};

/// The document, indented, ending in a line feed.
#[must_use]
pub fn render_spdx(report: &Report) -> String {
    let mut text = serde_json::to_string_pretty(&document(report)).expect("a document holds only texts");
    text.push('\n');
    text
}

fn document(report: &Report) -> Document {
    let executable = &report.executable;
    let root = root(report);
    let mut document = Document::new(
        &executable.name,
        &executable.digest,
        report.epoch,
        "Executable",
        root,
    );
    for component in &report.components {
        document.contain("Component", of_component(component), &["STATIC_LINK"]);
    }
    for project in &report.projects {
        document.contain("Project", of_project(project), &[]);
    }
    let named = |id: &String| identifier(id) == *id && id.len() > REFERENCE.len();
    for (id, text) in report.texts.iter().filter(|(id, _)| named(id)) {
        document.extract(id, text);
    }
    document
}

fn root(report: &Report) -> Package {
    let executable = &report.executable;
    let distribution = &report.distribution;
    // What an application itself is licensed under, nobody said.
    let licenses = if executable.application {
        None
    } else {
        let components = report.components.iter().flat_map(|component| &component.licenses);
        let projects = report.projects.iter().map(|project| project.license.as_ref());
        let all: Option<Vec<&String>> = components.map(Some).chain(projects).collect();
        all.and_then(all_of)
    };
    Package {
        license_concluded: licenses.unwrap_or_else(|| NOTHING.to_owned()),
        summary: Some(format!(
            "CPython {} for {} ({}, {}), linked into one executable with chosen extension modules",
            distribution.python, distribution.target, distribution.options, distribution.tag
        )),
        ..Package::new(&executable.name, Purpose::Application)
    }
}

fn of_component(component: &Component) -> Package {
    let told = sbom::Component {
        name: &component.name,
        version: &component.version,
        purpose: match component.role {
            Role::Interpreter => Purpose::Application,
            Role::Library | Role::StartFiles | Role::Launcher => Purpose::Library,
        },
        summary: &component.summary,
        homepage: &component.homepage,
        url: component.url.as_ref(),
        archive: component.archive.map(|archive| archive.hex()),
        licences: &component.licenses,
        purl: component.purl.as_ref(),
        cpe: component.cpe.as_ref(),
    };
    Package {
        source_info: patched(&component.patches),
        license_comments: texts(&component.license_paths),
        ..told.package()
    }
}

fn of_project(project: &Project) -> Package {
    let license = project.license.as_ref().filter(|license| is_expression(license));
    Package {
        version_info: Some(project.version.clone()),
        license_declared: license.map_or(NOTHING, String::as_str).to_owned(),
        summary: project.summary.clone(),
        license_comments: texts(&project.license_paths),
        external_refs: vec![Reference::purl(&project.purl)],
        ..Package::new(&project.name, Purpose::Library)
    }
}

fn texts(paths: &[String]) -> Option<String> {
    (!paths.is_empty()).then(|| format!("texts: {}", paths.join(", ")))
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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::report::sample::sample;
    use crate::sbom::check;

    fn rendered(report: &Report) -> Value {
        serde_json::from_str(&render_spdx(report)).unwrap()
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
            "BSD-3-Clause AND (Zlib OR MIT)"
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
}
