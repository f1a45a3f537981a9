//! What an embedded project says of itself: `METADATA` of its `.dist-info` directory.
//!
//! Format: <https://packaging.python.org/en/latest/specifications/core-metadata/>, headers as in mail.

use crate::model::url_part;

/// The fields that a report tells.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Metadata {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) summary: Option<String>,
    /// An SPDX expression.
    pub(super) expression: Option<String>,
    /// What older projects say instead, which is no SPDX expression: a line, and classifiers.
    pub(super) said: Vec<String>,
}

/// How classifiers of licences begin.
const CLASSIFIER: &str = "License :: ";
/// A licence that is said in one line; some projects put the whole text there.
const LINE: usize = 100;

/// Reads `METADATA`; nothing where it names no project.
pub(super) fn read_metadata(text: &str) -> Option<Metadata> {
    let mut metadata = Metadata::default();
    for line in text.lines().take_while(|line| !line.trim().is_empty()) {
        // The second line of a field begins with a blank.
        let Some((field, value)) = line.split_once(':').filter(|_| !line.starts_with([' ', '\t'])) else {
            continue;
        };
        let value = value.trim().to_owned();
        if value.is_empty() || value == "UNKNOWN" {
            continue;
        }
        match field.to_ascii_lowercase().as_str() {
            "name" => metadata.name = value,
            "version" => metadata.version = value,
            "summary" => metadata.summary = Some(value),
            "license-expression" => metadata.expression = Some(value),
            "license" if value.len() <= LINE => metadata.said.push(value),
            "classifier" => {
                let licence = value.strip_prefix(CLASSIFIER);
                let last = licence.and_then(|licence| licence.rsplit(" :: ").next());
                metadata.said.extend(last.map(str::to_owned));
            }
            _ => {}
        }
    }
    metadata.said.dedup();
    (!metadata.name.is_empty() && !metadata.version.is_empty()).then_some(metadata)
}

/// Name and version of a wheel by the name of its file: `NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl`.
pub(super) fn read_wheel_name(file: &str) -> Option<(&str, &str)> {
    let parts: Vec<&str> = file.strip_suffix(".whl")?.split('-').collect();
    (parts.len() >= 5).then(|| (parts[0], parts[1]))
}

/// The package URL of a project: <https://github.com/package-url/purl-spec>, type `pypi`.
pub(super) fn purl(name: &str, version: &str) -> String {
    let name = name.to_ascii_lowercase().replace('_', "-");
    format!("pkg:pypi/{}@{}", url_part(&name), url_part(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_project_says() {
        let text = "Metadata-Version: 2.4\nName: The_Tool\nVersion: 1.0+local\nSummary: does it\n\
            License: BSD\nClassifier: Programming Language :: Python\n\
            Classifier: License :: OSI Approved :: BSD License\nLicense-Expression: BSD-3-Clause\n\
            Author: UNKNOWN\nDescription: a\n        Name: no\n\nName: body\n";
        let metadata = read_metadata(text).unwrap();
        assert_eq!(
            (metadata.name.as_str(), metadata.version.as_str()),
            ("The_Tool", "1.0+local")
        );
        assert_eq!(metadata.expression.as_deref(), Some("BSD-3-Clause"));
        assert_eq!(metadata.said, ["BSD", "BSD License"]);
        assert_eq!(read_metadata("Name: x\n\nVersion: 1\n"), None);
    }

    #[test]
    fn names_are_those_of_package_urls() {
        assert_eq!(purl("The_Tool", "1.0+local"), "pkg:pypi/the-tool@1.0%2Blocal");
        assert_eq!(
            read_wheel_name("pip-25.1.1-py3-none-any.whl"),
            Some(("pip", "25.1.1"))
        );
        assert_eq!(read_wheel_name("x.whl"), None);
    }
}
