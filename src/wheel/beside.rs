//! The shared libraries that an extension module of macOS needs, by where they stand.
//!
//! The loader there takes each name as a path: of the system, or one that begins where the library stands that asks
//! (`@loader_path`), or with one of the places that this library or one on the way to it names (`@rpath`). So what stands
//! as in an installation is found, in whichever order it is loaded.

use std::collections::{BTreeMap, BTreeSet};

use crate::inspect::{Load, MachO};

/// Where every system has libraries; the newer ones have them in no file.
const SYSTEM: [&str; 2] = ["/usr/lib/", "/System/Library/"];

/// A shared library of a wheel.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Loaded {
    /// The names of the libraries that it needs, each with whether it may be missing.
    pub needed: Vec<(String, bool)>,
    /// What `@rpath` stands for.
    pub search: Vec<String>,
}

impl Loaded {
    /// What a file says.
    #[must_use]
    pub fn of(file: &MachO) -> Self {
        let dylibs = file.dylibs.iter();
        Self {
            needed: dylibs
                .map(|dylib| (dylib.name.clone(), dylib.load == Load::Weak))
                .collect(),
            search: file.rpaths.clone(),
        }
    }
}

/// What has to be there for a library.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Beside {
    /// Libraries of wheels.
    pub files: BTreeSet<String>,
    /// What is neither in a wheel nor of the system: which library needs which name.
    pub missing: BTreeSet<(String, String)>,
}

/// What the library `path` needs of `images`, all libraries of all wheels by path.
#[must_use]
pub fn beside(images: &BTreeMap<String, Loaded>, path: &str) -> Beside {
    let mut found = Beside::default();
    walk(images, path, &mut Vec::new(), &mut found);
    found.files.remove(path);
    found
}

/// `search` is what the libraries on the way to this one name, each as a directory among the wheels' files.
fn walk(images: &BTreeMap<String, Loaded>, path: &str, search: &mut Vec<String>, found: &mut Beside) {
    let Some(image) = images.get(path).filter(|_| found.files.insert(path.to_owned())) else {
        return;
    };
    let known = search.len();
    search.extend(image.search.iter().filter_map(|entry| below(entry, path)));
    for (name, may_be_missing) in &image.needed {
        let places = match name.strip_prefix("@rpath/") {
            Some(rest) => search.iter().filter_map(|place| joined(place, rest)).collect(),
            None => Vec::from_iter(below(name, path)),
        };
        match places.iter().find(|place| images.contains_key(*place)) {
            Some(place) => walk(images, place, search, found),
            None if *may_be_missing || SYSTEM.iter().any(|system| name.starts_with(system)) => {}
            None => {
                found.missing.insert((path.to_owned(), name.clone()));
            }
        }
    }
    search.truncate(known);
}

/// The path that a name means in the library `path`, if it is among the wheels' files.
fn below(name: &str, path: &str) -> Option<String> {
    let rest = name.strip_prefix("@loader_path")?;
    joined(path.rsplit_once('/').map_or("", |(parent, _)| parent), rest)
}

/// Where a relative path from a directory leads, if that is not outside of all.
pub(super) fn joined(directory: &str, rest: &str) -> Option<String> {
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in rest.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(all: &[(&str, &[&str], &[&str])]) -> BTreeMap<String, Loaded> {
        let image = |needed: &[&str], search: &[&str]| Loaded {
            needed: needed
                .iter()
                .map(|name| (name.trim_end_matches('?').to_owned(), name.ends_with('?')))
                .collect(),
            search: search.iter().map(|entry| (*entry).to_owned()).collect(),
        };
        all.iter()
            .map(|(path, needed, search)| ((*path).to_owned(), image(needed, search)))
            .collect()
    }

    #[test]
    fn libraries_are_found_where_they_stand() {
        let images = images(&[
            (
                "n/core/x.so",
                &[
                    "@loader_path/../.dylibs/libblas.dylib",
                    "/usr/lib/libSystem.B.dylib",
                    "@rpath/libq.dylib",
                ],
                &["/opt/lib", "@loader_path/../lib/."],
            ),
            ("n/.dylibs/libblas.dylib", &["@loader_path/libfortran.dylib"], &[]),
            // By the place that the module names, and a circle.
            (
                "n/.dylibs/libfortran.dylib",
                &["@rpath/libq.dylib", "@loader_path/libblas.dylib"],
                &[],
            ),
            ("n/lib/libq.dylib", &[], &[]),
            ("other/libq.dylib", &[], &[]),
        ]);
        let found = beside(&images, "n/core/x.so");
        let files: Vec<_> = found.files.iter().map(String::as_str).collect();
        assert_eq!(
            files,
            [
                "n/.dylibs/libblas.dylib",
                "n/.dylibs/libfortran.dylib",
                "n/lib/libq.dylib"
            ]
        );
        assert_eq!(found.missing, BTreeSet::new());
    }

    #[test]
    fn what_nobody_has_is_said() {
        let needed = [
            "libz.dylib",
            "/opt/homebrew/lib/liba.dylib",
            "@rpath/libb.dylib",
            "@loader_path/../../libc.dylib",
            "@loader_path/libd.dylib?",
            "/System/Library/Frameworks/Metal.framework/Metal",
        ];
        let found = beside(&images(&[("a/x.so", &needed, &[])]), "a/x.so");
        assert_eq!(found.files, BTreeSet::new());
        let missing: Vec<_> = found.missing.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(missing, [needed[1], needed[3], needed[2], needed[0]]);
    }
}
