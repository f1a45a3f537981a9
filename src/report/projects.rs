//! The projects that are embedded as wheels bring them.

use super::metadata::{purl, read_metadata, read_wheel_name};
use super::{Node, Project};
use crate::bundle::Bundle;

/// What describes an installed project.
const METADATA: &str = ".dist-info/METADATA";
/// Directories of licence texts, beside those of the interpreter.
const LICENSES: &str = "licenses/";
/// How the names of licence texts begin where they stand beside `METADATA`.
const TEXTS: [&str; 4] = ["LICENSE", "LICENCE", "COPYING", "NOTICE"];

/// Finds the projects in a bundle; `wheels` is the part of the sizes that is theirs.
pub(super) fn projects(bundle: &Bundle, wheels: Option<&Node>) -> Vec<Project> {
    let mut projects = Vec::new();
    for (path, text) in &bundle.files {
        if path.ends_with(METADATA) {
            projects.extend(installed(bundle, path, text, wheels));
        } else if let Some((name, version)) = read_wheel_name(path.rsplit('/').next().unwrap_or(path)) {
            // As `ensurepip` has pip.
            projects.push(Project {
                name: name.to_owned(),
                version: version.to_owned(),
                summary: None,
                size: text.len() as u64,
                license: None,
                license_said: Vec::new(),
                license_paths: Vec::new(),
                purl: purl(name, version),
                path: path.clone(),
            });
        }
    }
    projects.sort_by(|a, b| (&a.name, &a.version, &a.path).cmp(&(&b.name, &b.version, &b.path)));
    projects
}

fn installed(bundle: &Bundle, path: &str, text: &[u8], wheels: Option<&Node>) -> Option<Project> {
    let metadata = read_metadata(&String::from_utf8_lossy(text))?;
    let info = path.strip_suffix("/METADATA")?;
    let directory = info.rsplit('/').next().unwrap_or(info);
    // The name of the directory is spelled as that of the wheel is.
    let spelled = directory.split('-').next().unwrap_or(directory);
    let here = format!("{info}/");
    let apart = format!("{LICENSES}{}-{}/", metadata.name, metadata.version);
    let is_text = |file: &str| {
        let inside = file.strip_prefix(&here);
        let named = |inside: &str| {
            inside.starts_with(LICENSES)
                || TEXTS
                    .iter()
                    .any(|text| inside.to_ascii_uppercase().starts_with(text))
        };
        file.starts_with(&apart) || inside.is_some_and(named)
    };
    let texts = bundle.files.keys().filter(|file| is_text(file));
    Some(Project {
        purl: purl(&metadata.name, &metadata.version),
        name: metadata.name,
        version: metadata.version,
        summary: metadata.summary,
        size: wheels
            .and_then(|node| node.child(spelled))
            .map_or(0, |node| node.size),
        license: metadata.expression,
        license_said: metadata.said,
        license_paths: texts.cloned().collect(),
        path: info.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_installed_projects_and_wheels_in_wheels() {
        let mut bundle = Bundle::default();
        let files = [
            (
                "lib/site-packages/the_tool-1.0.dist-info/METADATA",
                "Name: The-Tool\nVersion: 1.0\nLicense-Expression: MIT\n\ntext",
            ),
            (
                "lib/site-packages/the_tool-1.0.dist-info/licenses/LICENSE",
                "text",
            ),
            ("licenses/The-Tool-1.0/COPYING", "text"),
            ("lib/ensurepip/_bundled/pip-25.1.1-py3-none-any.whl", "PK"),
        ];
        bundle.files = files.map(|(path, text)| (path.to_owned(), text.into())).into();
        let node = Node {
            name: String::new(),
            size: 70,
            memory: 0,
            children: vec![Node {
                name: "the_tool".to_owned(),
                size: 70,
                memory: 0,
                children: Vec::new(),
            }],
        };
        let found = projects(&bundle, Some(&node));
        let names: Vec<_> = found.iter().map(|project| project.purl.as_str()).collect();
        assert_eq!(names, ["pkg:pypi/the-tool@1.0", "pkg:pypi/pip@25.1.1"]);
        assert_eq!((found[0].size, found[0].license.as_deref()), (70, Some("MIT")));
        assert_eq!(found[0].license_paths.len(), 2);
        assert_eq!((found[1].size, &found[1].license), (2, &None));
    }
}
