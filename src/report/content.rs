//! Whom what is embedded belongs to: the standard library, wheels, the application.

use std::collections::BTreeMap;

use super::Part;
use super::owner::Place;
use crate::bundle::{Bundle, Held, HeldKind};

/// Directory of what wheels bring, in the standard library's.
const SITE: &str = "site-packages";
/// Where the texts of licences are.
const LICENSES: &str = "licenses";
/// How the directories end that describe an installed project.
const INFO: &str = ".dist-info";

/// Knows the owner of everything in a bundle.
#[derive(Debug)]
pub(super) struct Contents<'a> {
    stdlib: &'a str,
    /// File of a wheel → the name of its project, and how long the path of the directory is that it was unpacked to.
    projects: BTreeMap<String, (&'a str, usize)>,
}

impl<'a> Contents<'a> {
    pub(super) fn new(bundle: &'a Bundle) -> Self {
        let mut projects = BTreeMap::new();
        for (path, text) in &bundle.files {
            let Some(record) = path.strip_suffix("/RECORD") else {
                continue;
            };
            let (root, info) = record.rsplit_once('/').unwrap_or(("", record));
            let Some(name) = project(info) else { continue };
            for line in String::from_utf8_lossy(text).lines() {
                projects.insert(format!("{root}/{}", recorded(line)), (name, root.len() + 1));
            }
        }
        Self {
            stdlib: bundle.options.get("stdlib").map_or("", String::as_str),
            projects,
        }
    }

    /// Whom a part of the bundle belongs to.
    pub(super) fn of(&self, held: &Held<'_>) -> Place {
        let path = held.path;
        if let Some((name, root)) = self.projects.get(path) {
            return place(Part::Wheels, name, held.kind, &path[*root..]);
        }
        if let Some(inside) = below(path, self.stdlib) {
            return match below(inside, SITE) {
                Some(inside) => {
                    let (first, _) = inside.split_once('/').unwrap_or((inside, ""));
                    let name = project(first).unwrap_or_else(|| stem(first));
                    place(Part::Wheels, name, held.kind, inside)
                }
                None => by_package(Part::StandardLibrary, held.kind, inside),
            };
        }
        match below(path, LICENSES) {
            Some(inside) => Place::new(Part::Licenses, &[inside]),
            None => by_package(Part::Application, held.kind, below_root(path)),
        }
    }
}

/// The path in a directory.
fn below<'a>(path: &'a str, directory: &str) -> Option<&'a str> {
    if directory.is_empty() {
        return None;
    }
    path.strip_prefix(directory)?.strip_prefix('/')
}

/// The path without its first directory.
fn below_root(path: &str) -> &str {
    path.split_once('/').map_or(path, |(_, inside)| inside)
}

fn by_package(part: Part, kind: HeldKind, inside: &str) -> Place {
    match inside.split_once('/') {
        Some((package, file)) => place(part, package, kind, file),
        None => Place::new(part, &[stem(inside), kind.as_str()]),
    }
}

fn place(part: Part, name: &str, kind: HeldKind, file: &str) -> Place {
    Place::new(part, &[name, kind.as_str(), file])
}

/// The name of a module that is one file.
fn stem(file: &str) -> &str {
    file.strip_suffix(".py").unwrap_or(file)
}

/// The name of the project that a directory describes: `NAME-VERSION.dist-info`.
fn project(directory: &str) -> Option<&str> {
    let (name, _) = directory.strip_suffix(INFO)?.split_once('-')?;
    Some(name)
}

/// The path of a line of `RECORD`: `PATH,HASH,SIZE`, in quotation marks where it has a comma.
fn recorded(line: &str) -> String {
    match line.strip_prefix('"') {
        Some(quoted) => {
            let end = quoted.rfind("\",").unwrap_or(quoted.len());
            quoted[..end].replace("\"\"", "\"")
        }
        None => line.split(',').next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_embedded_has_an_owner() {
        let mut bundle = Bundle::default();
        bundle.options.insert("stdlib".into(), "lib/python3".into());
        let record = "tool/__init__.py,sha256=x,1\n\"tool/a,b.txt\",,\ntool_extra.py,,\n";
        let path = "lib/python3/site-packages/the_tool-1.0.dist-info/RECORD";
        bundle.files.insert(path.into(), record.into());
        let contents = Contents::new(&bundle);
        let cases = [
            (
                "lib/python3/os.py",
                HeldKind::Bytecode,
                Part::StandardLibrary,
                "os|bytecode",
            ),
            (
                "lib/python3/json/tool.py",
                HeldKind::Source,
                Part::StandardLibrary,
                "json|source|tool.py",
            ),
            (
                "lib/python3/site-packages/tool/a,b.txt",
                HeldKind::Resource,
                Part::Wheels,
                "the_tool|resources|tool/a,b.txt",
            ),
            (
                "lib/python3/site-packages/tool_extra.py",
                HeldKind::Bytecode,
                Part::Wheels,
                "the_tool|bytecode|tool_extra.py",
            ),
            (
                "lib/python3/site-packages/the_tool-1.0.dist-info/METADATA",
                HeldKind::Resource,
                Part::Wheels,
                "the_tool|resources|the_tool-1.0.dist-info/METADATA",
            ),
            (
                "lib/python3/site-packages/more/x.so",
                HeldKind::Library,
                Part::Wheels,
                "more|shared libraries|more/x.so",
            ),
            (
                "licenses/LICENSE.zlib.txt",
                HeldKind::Resource,
                Part::Licenses,
                "LICENSE.zlib.txt",
            ),
            ("app/main.py", HeldKind::Source, Part::Application, "main|source"),
            (
                "app/shop/a.txt",
                HeldKind::Resource,
                Part::Application,
                "shop|resources|a.txt",
            ),
        ];
        for (path, kind, part, expected) in cases {
            let place = contents.of(&Held { path, kind, size: 1 });
            assert_eq!(
                (place.part, place.path.join("|")),
                (part, expected.to_owned()),
                "{path}"
            );
        }
    }
}
