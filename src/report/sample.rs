//! A report for tests, with names that must be escaped.

use std::collections::BTreeMap;

use super::{
    Component, Executable, Extensions, KeptExtension, Node, Part, PartSize, Project, Report, Role, Source,
};
use crate::manifest::Manifest;
use crate::model::Digest;

fn node(name: &str, size: u64, children: Vec<Node>) -> Node {
    let name = name.to_owned();
    let memory = if name == "libz.a" { 9 } else { 0 };
    Node {
        name,
        size,
        memory,
        children,
    }
}

pub(super) fn sample() -> Report {
    let part = |part: Part, size, children| PartSize {
        part,
        node: node(part.title(), size, children),
    };
    let component = |name: &str, role, size, licenses: &[&str]| Component {
        name: name.to_owned(),
        version: "1.0".to_owned(),
        role,
        summary: "does <it> & more".to_owned(),
        homepage: String::new(),
        size,
        used_by: Vec::new(),
        licenses: licenses.iter().map(|&license| license.to_owned()).collect(),
        license_paths: vec![format!("licenses/LICENSE.{name}.txt")],
        url: None,
        archive: Some(Digest::of(name.as_bytes()).into()),
        patches: vec![format!("{name}/0001-x.patch")],
        cpe: None,
        purl: Some(format!("pkg:generic/{name}@1.0")),
    };
    let project = |name: &str, version: &str, license: Option<&str>| Project {
        name: name.to_owned(),
        version: version.to_owned(),
        summary: None,
        size: 10,
        license: license.map(str::to_owned),
        license_said: vec!["<b>free</b>".to_owned()],
        license_paths: Vec::new(),
        purl: super::metadata::purl(name, version),
        path: String::new(),
    };
    let kept = KeptExtension {
        why: "`x` calls its code".to_owned(),
        size: 3,
        library_size: 40,
        components: vec!["zlib".to_owned()],
        licenses: vec!["Zlib".to_owned()],
    };
    let manifest = include_bytes!("../../tests/fixtures/manifest/sample.json");
    let manifest = Manifest::read(manifest).unwrap();
    Report {
        version: Report::VERSION,
        executable: Executable {
            name: "app <1>".to_owned(),
            size: 103,
            memory: 9,
            digest: Digest::of(b"app"),
            linker: "lld".to_owned(),
            application: true,
        },
        distribution: Source {
            python: manifest.python_version,
            target: manifest.target_triple,
            options: "noopt".parse().unwrap(),
            tag: "20260101".to_owned(),
        },
        parts: vec![
            part(
                Part::Interpreter,
                50,
                vec![node("Objects", 50, vec![node("a.o", 50, Vec::new())])],
            ),
            part(Part::Extensions, 3, vec![node("zlib", 3, Vec::new())]),
            part(
                Part::Libraries,
                40,
                vec![node("zlib", 40, vec![node("libz.a", 40, Vec::new())])],
            ),
            part(
                Part::Application,
                10,
                vec![node("<script>\u{1}\"'&", 10, Vec::new())],
            ),
        ],
        extensions: Extensions {
            kept: BTreeMap::from([("zlib".to_owned(), kept)]),
            dropped: BTreeMap::from([("_ssl".to_owned(), "excluded".to_owned())]),
        },
        components: vec![
            component("cpython", Role::Interpreter, 53, &["Python-2.0.1"]),
            component("zlib", Role::Library, 40, &["Zlib OR MIT", "BSD-3-Clause"]),
        ],
        projects: vec![
            project("The_Tool", "1.0", Some("MIT OR LicenseRef-Own")),
            project("the-tool", "2", Some("BSD License")),
        ],
        texts: BTreeMap::from([("LicenseRef-Own".to_owned(), "text".to_owned())]),
        epoch: 1_767_225_600,
    }
}
