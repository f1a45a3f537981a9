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
            .flat_map(|build| build.extensions.values().flatten())
            .flat_map(|extension| &extension.links)
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
        let mut place = self.of_file(&input.file);
        place.path.extend(input.member.clone());
        place
    }

    fn of_file(&self, file: &str) -> Place {
        if file == self.files.inittab {
            return Place::new(Part::Interpreter, &["Modules", "table of built-in modules"]);
        }
        if Some(file) == self.files.bundle {
            return Place::new(Part::Launcher, &["code", "pointers"]);
        }
        // lld-link tells of a library only its name.
        if !file.contains('/') {
            let mut known = self.known.iter();
            let named = known.find(|(path, _)| path.rsplit('/').next() == Some(file));
            return named.map_or_else(
                || Place::new(Part::StartFiles, &[file]),
                |(_, place)| place.clone(),
            );
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
        let files = LinkFiles {
            python: "/d/python",
            inittab: "/s/inittab.o",
            bundle: Some("/s/bundle.o"),
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
            ("libz.a(adler32.o)", Part::Libraries, "zlib/libz.a/adler32.o"),
            ("msvcrt.lib(start.obj)", Part::StartFiles, "msvcrt.lib/start.obj"),
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
