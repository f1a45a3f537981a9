//! Whom the inputs of a link belong to, as the manifest has it.

use std::collections::BTreeMap;

use super::Part;
use super::map::Input;
use crate::manifest::{Manifest, Selected};
use crate::model::TreePath;

/// Where something is told: a part, and the names below it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Place {
    pub(super) part: Part,
    pub(super) path: Vec<String>,
}

impl Place {
    pub(super) fn new<S: AsRef<str>>(part: Part, path: &[S]) -> Self {
        let path = path.iter().map(|name| name.as_ref().to_owned()).collect();
        Self { part, path }
    }
}

/// The files of a link that are not of the distribution.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LinkFiles<'a> {
    /// The directory in which the distribution's manifest stands, as the linker was told it.
    pub python: &'a str,
    /// The object with the table of built-in modules.
    pub inittab: &'a str,
    /// The object with what is embedded, where something is.
    pub bundle: Option<&'a str>,
    /// Of a linker that tells only their own names: members of static libraries → the libraries that have one of that
    /// name, relative to the manifest's directory.
    pub members: &'a BTreeMap<String, Vec<String>>,
}

/// Knows the owner of every file of a distribution that is linked.
#[derive(Debug)]
pub(super) struct Owners<'a> {
    files: LinkFiles<'a>,
    /// File, relative to the manifest's directory → its owner.
    known: BTreeMap<&'a str, Place>,
    /// The directory with start files and stubs.
    start: Option<&'a TreePath>,
}

/// Where objects and libraries stand in a distribution.
const BUILD: &str = "build/";

/// A path without the directory that all objects are in.
fn short(path: &TreePath) -> &str {
    path.as_str().strip_prefix(BUILD).unwrap_or(path.as_str())
}

impl<'a> Owners<'a> {
    pub(super) fn new(manifest: &'a Manifest, selected: &Selected, files: LinkFiles<'a>) -> Self {
        let mut known = BTreeMap::new();
        let interpreter = &manifest.pbs.interpreter;
        for library in manifest
            .build_info
            .iter()
            .flat_map(|build| {
                let extensions = build.extensions.values().flatten();
                let links = extensions.flat_map(|extension| &extension.links);
                links.chain(&build.core.links)
            })
            .filter_map(|link| link.path_static.as_ref())
        {
            // Until a component claims it.
            known.insert(library.as_str(), Place::new(Part::Libraries, &[library.name()]));
        }
        for component in &manifest.pbs.components {
            for library in &component.libraries {
                let place = Place::new(Part::Libraries, &[component.name.as_str(), library.name()]);
                known.insert(library.as_str(), place);
            }
        }
        if let Some(build) = &manifest.build_info {
            for object in &build.core.objs {
                let (directory, name) = short(object).split_once('/').unwrap_or(("", short(object)));
                let place = Place::new(Part::Interpreter, &[directory, name]);
                known.insert(object.as_str(), place);
            }
            let kept = build
                .extensions
                .iter()
                .filter(|(name, _)| selected.kept.contains_key(*name));
            for (name, variants) in kept {
                for object in variants.iter().flat_map(|variant| &variant.objs) {
                    let place = Place::new(Part::Extensions, &[name.as_str(), short(object)]);
                    known.insert(object.as_str(), place);
                }
            }
        }
        for object in interpreter
            .launcher
            .iter()
            .flat_map(|launcher| launcher.objects())
        {
            known.insert(
                object.as_str(),
                Place::new(Part::Launcher, &["code", object.name()]),
            );
        }
        let start = interpreter.start.as_ref();
        for file in start.iter().flat_map(|start| start.files()) {
            known.insert(file.as_str(), Place::new(Part::StartFiles, &[file.name()]));
        }
        Self {
            files,
            known,
            start: start.map(|start| &start.directory),
        }
    }

    /// Whom an input belongs to.
    pub(super) fn of(&self, input: &Input) -> Place {
        if !input.file.starts_with('/') {
            return self.of_member(&input.file);
        }
        let mut place = self.of_file(&input.file);
        place.path.extend(input.member.clone());
        place
    }

    /// Whom a member belongs to whose library the linker does not tell.
    fn of_member(&self, member: &str) -> Place {
        let libraries = self.files.members.get(member).map_or(&[][..], Vec::as_slice);
        let known = |library: &String| self.known.get(library.as_str());
        match libraries {
            [] => Place::new(Part::StartFiles, &[member]),
            [library] => {
                let name = library.rsplit('/').next().unwrap_or(library);
                let mut place = known(library).cloned();
                let place = place.get_or_insert_with(|| Place::new(Part::StartFiles, &[name]));
                place.path.push(member.to_owned());
                place.clone()
            }
            several => {
                let names = several.iter().filter_map(|library| library.rsplit('/').next());
                let names = names.collect::<Vec<_>>().join(" or ");
                Place::new(Part::Libraries, &[names.as_str(), member])
            }
        }
    }

    fn of_file(&self, file: &str) -> Place {
        if file == self.files.inittab {
            return Place::new(Part::Interpreter, &["Modules", "table of built-in modules"]);
        }
        if Some(file) == self.files.bundle {
            return Place::new(Part::Launcher, &["code", "pointers"]);
        }
        let inside = file.strip_prefix(self.files.python);
        let inside = inside.and_then(|inside| inside.strip_prefix('/'));
        let Some(inside) = inside else {
            return Place::new(Part::Other, &[file]);
        };
        if let Some(place) = self.known.get(inside) {
            return place.clone();
        }
        match self.start {
            Some(start) if inside.starts_with(start.as_str()) => {
                Place::new(Part::StartFiles, &[inside.rsplit('/').next().unwrap_or(inside)])
            }
            _ => Place::new(Part::Other, &[inside]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Kept;

    #[test]
    fn every_file_has_an_owner() {
        let manifest = include_bytes!("../../tests/fixtures/manifest/sample.json");
        let manifest = Manifest::read(manifest).unwrap();
        let mut selected = Selected::default();
        selected.kept.insert("zlib".to_owned(), Kept::Chosen);
        let members = [
            ("adler32.obj", &["build/lib/libz.a"][..]),
            ("compress.obj", &["build/lib/libz.a", "build/lib/bz2.lib"]),
            ("start.obj", &["build/link/msvcrt.lib"]),
        ];
        let members = members.map(|(member, libraries)| {
            let libraries = libraries.iter().map(ToString::to_string).collect();
            (member.to_owned(), libraries)
        });
        let files = LinkFiles {
            python: "/d/python",
            inittab: "/s/inittab.o",
            bundle: Some("/s/bundle.o"),
            members: &members.into(),
        };
        let owners = Owners::new(&manifest, &selected, files);
        let cases = [
            (
                "/d/python/build/Programs/python.o",
                Part::Interpreter,
                "Programs/python.o",
            ),
            (
                "/d/python/build/Modules/zlibmodule.o",
                Part::Extensions,
                "zlib/Modules/zlibmodule.o",
            ),
            (
                "/d/python/build/lib/libz.a(adler32.o)",
                Part::Libraries,
                "zlib/libz.a/adler32.o",
            ),
            ("/d/python/build/link/crt1.o", Part::StartFiles, "crt1.o"),
            (
                "/d/python/build/link/libc_more.a(x.o)",
                Part::StartFiles,
                "libc_more.a/x.o",
            ),
            ("/d/python/build/launcher/main.o", Part::Launcher, "code/main.o"),
            ("/s/bundle.o", Part::Launcher, "code/pointers"),
            (
                "/s/inittab.o",
                Part::Interpreter,
                "Modules/table of built-in modules",
            ),
            ("adler32.obj", Part::Libraries, "zlib/libz.a/adler32.obj"),
            ("compress.obj", Part::Libraries, "libz.a or bz2.lib/compress.obj"),
            ("start.obj", Part::StartFiles, "msvcrt.lib/start.obj"),
            ("elsewhere.obj", Part::StartFiles, "elsewhere.obj"),
            ("/usr/lib/crti.o", Part::Other, "/usr/lib/crti.o"),
            ("/d/python/build/new.o", Part::Other, "build/new.o"),
        ];
        for (input, part, path) in cases {
            let place = owners.of(&super::super::map::input(input));
            assert_eq!(
                (place.part, place.path.join("/")),
                (part, path.to_owned()),
                "{input}"
            );
        }
    }
}
