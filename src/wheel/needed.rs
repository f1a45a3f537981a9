//! The shared libraries that an extension module needs, in the order in which they have to be loaded.

use std::collections::{BTreeMap, BTreeSet};

use super::beside::joined;
use crate::inspect::Elf;

/// What every system of the target has: the parts of its C library and what compilers bring.
///
/// The libraries of X, GL and GLib, which the platform tags allow as well, are not on every machine.
const SYSTEM: [&str; 12] = [
    "libanl.so.1",
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libmvec.so.1",
    "libnsl.so.1",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libstdc++.so.6",
    "libutil.so.1",
];

/// How the names of dynamic loaders and of musl's library begin.
const LOADERS: [&str; 3] = ["ld-linux", "ld64.so", "libc.musl-"];

/// A shared library of a wheel.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Image {
    /// The name that others find it by once it is loaded.
    pub soname: Option<String>,
    /// The libraries that it needs, by name.
    pub needed: Vec<String>,
    /// Where it looks for them.
    pub search: Vec<String>,
}

impl Image {
    /// What an ELF file says.
    #[must_use]
    pub fn of(elf: &Elf) -> Self {
        let paths = [&elf.runpath, &elf.rpath].into_iter().flatten();
        Self {
            soname: elf.soname.clone(),
            needed: elf.needed.clone(),
            search: paths
                .flat_map(|path| path.split(':'))
                .map(str::to_owned)
                .collect(),
        }
    }
}

/// Libraries that are loaded at once: one, or several that need each other.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Step {
    /// Their paths.
    pub libraries: Vec<String>,
    /// How they need each other; nothing for one.
    pub ties: Vec<Tie>,
}

/// A library needs another of its step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tie {
    /// Which one needs, by its place in the step.
    pub from: usize,
    /// The name that it needs.
    pub name: String,
    /// Which one that is.
    pub to: usize,
}

/// What has to be there before a library is loaded.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Closure {
    /// Libraries of wheels, each after those that it needs.
    pub load: Vec<Step>,
    /// What is neither in a wheel nor on every system: which library needs which name.
    pub missing: BTreeSet<(String, String)>,
    /// Libraries of wheels that are needed by a name that they do not say of themselves, so that the loader will not
    /// know that they are there: path and name.
    pub nameless: BTreeSet<(String, String)>,
}

/// What the library `path` needs of `images`, all libraries of all wheels by path.
#[must_use]
pub fn closure(images: &BTreeMap<String, Image>, path: &str) -> Closure {
    let mut by_name = BTreeMap::<&str, Vec<&str>>::new();
    for path in images.keys() {
        by_name.entry(file_name(path)).or_default().push(path);
    }
    let mut walk = Walk {
        images,
        by_name,
        root: path,
        seen: BTreeMap::new(),
        open: Vec::new(),
        edges: BTreeMap::new(),
        search: Vec::new(),
        closure: Closure::default(),
    };
    walk.visit(path);
    walk.closure
}

/// A walk in depth that finds circles as it comes back: Tarjan's algorithm.
struct Walk<'a> {
    images: &'a BTreeMap<String, Image>,
    by_name: BTreeMap<&'a str, Vec<&'a str>>,
    root: &'a str,
    /// When each was met first.
    seen: BTreeMap<String, usize>,
    /// Those that are in no step yet, as they were met.
    open: Vec<String>,
    /// Which library needs which name, and who that is.
    edges: BTreeMap<String, Vec<(String, String)>>,
    /// Directories in which those look that needed this one: DT_RPATH is for all below.
    search: Vec<String>,
    closure: Closure,
}

impl Walk<'_> {
    /// The first of those that are in no step yet that this one leads to.
    fn visit(&mut self, path: &str) -> usize {
        let order = self.seen.len();
        let mut first = order;
        self.seen.insert(path.to_owned(), order);
        self.open.push(path.to_owned());
        if let Some(image) = self.images.get(path) {
            let known = self.search.len();
            let own = image.search.iter().filter_map(|entry| directory(entry, path));
            self.search.extend(own);
            for name in &image.needed {
                if let Some(found) = self.find(path, name) {
                    let found = found.to_owned();
                    if self.images[&found].soname.as_deref() != Some(name) {
                        self.closure.nameless.insert((found.clone(), name.clone()));
                    }
                    let edge = (name.clone(), found.clone());
                    self.edges.entry(path.to_owned()).or_default().push(edge);
                    first = first.min(match self.seen.get(&found) {
                        None => self.visit(&found),
                        Some(order) if self.open.contains(&found) => *order,
                        Some(_) => first,
                    });
                } else if !is_of_system(name) {
                    self.closure.missing.insert((path.to_owned(), name.clone()));
                }
            }
            self.search.truncate(known);
        }
        if first == order {
            self.close(path);
        }
        first
    }

    /// Makes a step of what was met since a library, which is loaded by itself if it is the root.
    fn close(&mut self, path: &str) {
        let at = self.open.iter().position(|open| open == path).unwrap_or(0);
        let mut libraries = self.open.split_off(at);
        libraries.retain(|library| library != self.root);
        if libraries.is_empty() {
            return;
        }
        let mut ties = Vec::new();
        for (from, library) in libraries.iter().enumerate() {
            for (name, found) in self.edges.get(library).into_iter().flatten() {
                if let Some(to) = libraries.iter().position(|other| other == found) {
                    let name = name.clone();
                    ties.push(Tie { from, name, to });
                }
            }
        }
        self.closure.load.push(Step { libraries, ties });
    }

    /// The library of a wheel that has this name: where the loader would look, else where there is one only.
    ///
    /// Packages that load libraries by their path before they import need the latter.
    fn find(&self, path: &str, name: &str) -> Option<&str> {
        let candidates = self.by_name.get(name)?;
        let searched = self.search.iter().rev().find_map(|directory| {
            candidates
                .iter()
                .find(|candidate| parent(candidate) == directory.as_str())
        });
        let found = searched.or_else(|| match candidates[..] {
            [_] if !is_of_system(name) => candidates.first(),
            _ => None,
        });
        found.copied().filter(|found| *found != path)
    }
}

fn is_of_system(name: &str) -> bool {
    SYSTEM.contains(&name) || LOADERS.iter().any(|loader| name.starts_with(loader))
}

fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// The directory that an entry of a search path means for the library `path`, if it is among the wheels' files.
fn directory(entry: &str, path: &str) -> Option<String> {
    let below = entry
        .strip_prefix("$ORIGIN")
        .or_else(|| entry.strip_prefix("${ORIGIN}"))?;
    joined(parent(path), below)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(soname: &str, needed: &[&str], search: &str) -> Image {
        Image {
            soname: (!soname.is_empty()).then(|| soname.to_owned()),
            needed: needed.iter().map(|name| (*name).to_owned()).collect(),
            search: search
                .split(':')
                .filter(|entry| !entry.is_empty())
                .map(str::to_owned)
                .collect(),
        }
    }

    fn images(all: &[(&str, Image)]) -> BTreeMap<String, Image> {
        all.iter()
            .map(|(path, image)| ((*path).to_owned(), image.clone()))
            .collect()
    }

    fn steps(closure: &Closure) -> Vec<Vec<&str>> {
        let libraries = closure.load.iter().map(|step| &step.libraries);
        libraries
            .map(|libraries| libraries.iter().map(String::as_str).collect())
            .collect()
    }

    #[test]
    fn libraries_come_after_those_that_they_need() {
        let images = images(&[
            (
                "n/x.so",
                image(
                    "",
                    &["libblas.so", "libc.so.6", "ld-linux-x86-64.so.2"],
                    "$ORIGIN/../n.libs",
                ),
            ),
            (
                "n.libs/libblas.so",
                image("libblas.so", &["libfortran.so", "libm.so.6"], ""),
            ),
            (
                "n.libs/libfortran.so",
                image("libfortran.so", &["libquad.so"], "$ORIGIN"),
            ),
            ("n.libs/libquad.so", image("libquad.so", &[], "")),
            ("other/libblas.so", image("libblas.so", &[], "")),
        ]);
        let found = closure(&images, "n/x.so");
        let expected = ["n.libs/libquad.so", "n.libs/libfortran.so", "n.libs/libblas.so"];
        assert_eq!(steps(&found), expected.map(|library| vec![library]));
        assert!(found.missing.is_empty() && found.nameless.is_empty(), "{found:?}");
    }

    #[test]
    fn what_nobody_has_is_said() {
        let images = images(&[
            (
                "a/x.so",
                image("", &["libX11.so.6", "liby.so", "libtwo.so"], "/usr/lib"),
            ),
            ("a/liby.so", image("", &["libGL.so.1"], "")),
            ("a/libtwo.so", image("libtwo.so", &[], "")),
            ("b/libtwo.so", image("libtwo.so", &[], "")),
        ]);
        let found = closure(&images, "a/x.so");
        assert_eq!(steps(&found), [["a/liby.so"]]);
        let missing: Vec<_> = found
            .missing
            .iter()
            .map(|(path, name)| (path.as_str(), name.as_str()))
            .collect();
        assert_eq!(
            missing,
            [
                ("a/liby.so", "libGL.so.1"),
                ("a/x.so", "libX11.so.6"),
                ("a/x.so", "libtwo.so")
            ]
        );
        let nameless = ("a/liby.so".to_owned(), "liby.so".to_owned());
        assert!(found.nameless.iter().eq([&nameless]));
    }

    #[test]
    fn circles_are_loaded_at_once() {
        let images = images(&[
            ("x.so", image("x.so", &["liba.so", "libd.so"], "$ORIGIN")),
            ("liba.so", image("liba.so", &["libb.so"], "")),
            (
                "libb.so",
                image("libb.so", &["libc.so", "libd.so", "libc.so.6"], ""),
            ),
            ("libc.so", image("libc.so", &["liba.so", "libb.so"], "")),
            ("libd.so", image("libd.so", &["x.so"], "")),
        ]);
        let found = closure(&images, "x.so");
        assert_eq!(
            steps(&found),
            [vec!["liba.so", "libb.so", "libc.so", "libd.so"]],
            "by the module itself, which is loaded last"
        );
        let found = closure(&images, "liba.so");
        assert_eq!(steps(&found), [vec!["libb.so", "libc.so", "libd.so", "x.so"]]);
        let mut apart = images.clone();
        apart.insert("libd.so".to_owned(), image("libd.so", &[], ""));
        let found = closure(&apart, "x.so");
        assert_eq!(
            steps(&found),
            [vec!["libd.so"], vec!["liba.so", "libb.so", "libc.so"]]
        );
        let ties: Vec<_> = found.load[1]
            .ties
            .iter()
            .map(|tie| (tie.from, tie.name.as_str(), tie.to))
            .collect();
        assert_eq!(
            ties,
            [
                (0, "libb.so", 1),
                (1, "libc.so", 2),
                (2, "liba.so", 0),
                (2, "libb.so", 1)
            ]
        );
    }

    #[test]
    fn search_paths_are_those_in_the_wheel() {
        assert_eq!(directory("$ORIGIN/../b/./c", "a/x.so").as_deref(), Some("b/c"));
        assert_eq!(directory("${ORIGIN}", "x.so").as_deref(), Some(""));
        assert_eq!(directory("$ORIGIN/../..", "a/x.so"), None);
        assert_eq!(directory("/usr/lib", "a/x.so"), None);
    }
}
