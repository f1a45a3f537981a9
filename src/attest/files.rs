//! Every file by the manifest's list, and what is there beside.
//!
//! The manifest lists files and no links. A link in the place of a file is a change; another one must lead to
//! something of the distribution.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::AttestError;
use crate::manifest::Manifest;
use crate::model::{Digest, Entry, Tree, TreePath};
use crate::store::digest_of;

/// A thing below `python/`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Thing {
    /// A file; of one that the manifest does not list there is no digest.
    File(Option<Digest>),
    /// A symbolic link and where it leads to.
    Link(String),
    /// A device, a pipe, a socket.
    Special,
}

/// What is below `python/`.
pub(super) type Things = BTreeMap<TreePath, Thing>;

/// What is different.
#[derive(Default)]
pub(super) struct Differences {
    /// Where the distribution is not what was published, and how.
    pub(super) changed: Vec<(TreePath, String)>,
    /// What packages brought that people installed: where, and how many files.
    pub(super) added: BTreeMap<TreePath, usize>,
}

/// What is in an archive.
pub(super) fn of_tree(tree: &Tree) -> Things {
    let python = TreePath::parse("python").expect("it is a path");
    let below = tree.subtree(&python);
    let things = below.iter().filter_map(|(path, entry)| {
        let thing = match entry {
            Entry::File { digest, .. } => Thing::File(Some(*digest)),
            Entry::Symlink { target } => Thing::Link(target.clone()),
            Entry::Directory => return None,
        };
        Some((path.clone(), thing))
    });
    things.collect()
}

/// What is in a directory. Links are not followed; a file is read if the manifest lists it.
pub(super) fn of_directory(python: &Utf8Path, manifest: &Manifest) -> Result<Things, AttestError> {
    let mut things = Things::new();
    for entry in walkdir::WalkDir::new(python).min_depth(1) {
        let failed = |path: Utf8PathBuf, source| AttestError::Read { path, source };
        let entry = entry.map_err(|error| failed(python.to_owned(), error.into()))?;
        let kind = entry.file_type();
        if kind.is_dir() {
            continue;
        }
        let odd = || failed(python.to_owned(), io::ErrorKind::InvalidFilename.into());
        let full = entry.path();
        let below = full.strip_prefix(python).map_err(|_| odd())?;
        // A name that is no text is none of ours, and is told as far as it can be shown.
        let path = TreePath::parse(&below.to_string_lossy()).map_err(|_| odd())?;
        let full = Utf8PathBuf::from(full.to_string_lossy().into_owned());
        let thing = if kind.is_symlink() {
            let target = fs_err::read_link(entry.path());
            let target = target.map_err(|source| failed(full, source))?;
            Thing::Link(target.to_string_lossy().into_owned())
        } else if !kind.is_file() {
            Thing::Special
        } else if manifest.pbs.files.contains_key(&path) {
            let digest = fs_err::File::open(entry.path()).and_then(|mut file| digest_of(&mut file));
            Thing::File(Some(digest.map_err(|source| failed(full, source))?))
        } else {
            Thing::File(None)
        };
        things.insert(path, thing);
    }
    Ok(things)
}

/// Holds what is there against the manifest's list. `installed` is what lists of installed packages name.
pub(super) fn compare(manifest: &Manifest, things: &Things, installed: &BTreeSet<TreePath>) -> Differences {
    let mut differences = Differences::default();
    let listed = &manifest.pbs.files;
    for (path, digest) in listed {
        let how = match things.get(path) {
            Some(Thing::File(Some(found))) if found == digest => continue,
            Some(Thing::File(_)) => "it was changed".to_owned(),
            Some(Thing::Link(target)) => format!("it was replaced by a link to `{target}`"),
            Some(Thing::Special) => "it was replaced by something that is no file".to_owned(),
            None => "it is not there".to_owned(),
        };
        differences.changed.push((path.clone(), how));
    }
    let own = TreePath::parse(Manifest::NAME).expect("it is a path");
    for (path, thing) in things {
        if listed.contains_key(path) || *path == own {
            continue;
        }
        if let Some(group) = group(manifest, path, installed) {
            *differences.added.entry(group).or_default() += 1;
            continue;
        }
        let how = match thing {
            Thing::Link(target) if leads_inside(path, target, listed, things) => continue,
            Thing::Link(target) => format!("nobody published this link, which leads to `{target}`"),
            Thing::File(_) | Thing::Special => "nobody published it".to_owned(),
        };
        differences.changed.push((path.clone(), how));
    }
    differences
}

/// The directories that packages are installed to.
fn packages(manifest: &Manifest) -> impl Iterator<Item = &TreePath> {
    let paths = ["purelib", "platlib"];
    paths
        .into_iter()
        .filter_map(|name| manifest.python_paths.get(name))
}

/// Under what an addition is told: a package's directory, or the file itself.
fn group(manifest: &Manifest, path: &TreePath, installed: &BTreeSet<TreePath>) -> Option<TreePath> {
    let below = packages(manifest).find_map(|packages| Some((packages, path.strip_prefix(packages)?)));
    if let Some((packages, below)) = below {
        let first = below.components().next()?;
        return Some(packages.join(&TreePath::parse(first).ok()?));
    }
    installed.contains(path).then(|| path.clone())
}

/// Whether a link leads to something of the distribution, in one step: what that is, is looked at by itself.
fn leads_inside(path: &TreePath, target: &str, listed: &BTreeMap<TreePath, Digest>, things: &Things) -> bool {
    let parent = path.parent().unwrap_or_else(TreePath::root);
    let Some(to) = below(&parent, target) else {
        return false;
    };
    let is_directory = || {
        let after = listed
            .range(to.clone()..)
            .take_while(|(path, _)| path.as_str().starts_with(to.as_str()));
        after
            .into_iter()
            .any(|(path, _)| path.strip_prefix(&to).is_some())
    };
    listed.contains_key(&to) || matches!(things.get(&to), Some(Thing::Link(_))) || is_directory()
}

/// A relative path as seen from a directory; nothing where it leads out.
fn below(directory: &TreePath, relative: &str) -> Option<TreePath> {
    if relative.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = directory.components().collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    TreePath::parse(&parts.join("/")).ok()
}

/// What installed packages say that they brought: the lists (`RECORD`) name it as seen from where they are
/// installed, so a program in `bin/` is told as theirs.
pub(super) fn installed(python: &Utf8Path, manifest: &Manifest, things: &Things) -> BTreeSet<TreePath> {
    let mut named = BTreeSet::new();
    for packages in packages(manifest) {
        let lists = things.keys().filter_map(|path| {
            let below = path.strip_prefix(packages)?;
            let is_list =
                below.as_str().ends_with(".dist-info/RECORD") && !manifest.pbs.files.contains_key(path);
            (is_list && matches!(things[path], Thing::File(_))).then_some(path)
        });
        for list in lists {
            // One that cannot be read names nothing.
            let text = fs_err::read_to_string(python.join(list.as_str())).unwrap_or_default();
            let paths = text.lines().filter_map(|line| below(packages, first_cell(line)));
            named.extend(paths);
        }
    }
    named
}

/// The first cell of a line of comma-separated values.
fn first_cell(line: &str) -> &str {
    match line.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => line.split(',').next(),
    }
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> TreePath {
        TreePath::parse(text).unwrap()
    }

    fn manifest() -> Manifest {
        let sample = include_bytes!("../../tests/fixtures/manifest/sample.json");
        let mut manifest = Manifest::read(sample).unwrap();
        let packages = path("lib/site-packages");
        manifest.python_paths = ["purelib", "platlib"]
            .map(|name| (name.to_owned(), packages.clone()))
            .into();
        manifest.pbs.files = ["bin/python3.13", "lib/os.py", "lib/site-packages/pip/x.py"]
            .map(|name| (path(name), Digest::of(name.as_bytes())))
            .into();
        manifest
    }

    fn found(change: impl FnOnce(&mut Things), installed: &[&str]) -> (Vec<String>, Vec<String>) {
        let manifest = manifest();
        let files = manifest.pbs.files.iter();
        let mut things: Things = files
            .map(|(path, digest)| (path.clone(), Thing::File(Some(*digest))))
            .collect();
        things.insert(path(Manifest::NAME), Thing::File(None));
        things.insert(path("bin/python3"), Thing::Link("python3.13".to_owned()));
        things.insert(path("bin/python"), Thing::Link("python3".to_owned()));
        change(&mut things);
        let installed = installed.iter().map(|name| path(name)).collect();
        let Differences { changed, added } = compare(&manifest, &things, &installed);
        let changed = changed.iter().map(|(path, how)| format!("{path}: {how}"));
        let added = added.iter().map(|(path, count)| format!("{path} {count}"));
        (changed.collect(), added.collect())
    }

    #[test]
    fn what_was_published_is_found_whole() {
        assert_eq!(found(|_| (), &[]), (vec![], vec![]));
    }

    #[test]
    fn every_change_is_told() {
        let check = |change: &dyn Fn(&mut Things), expected: &str| {
            let (changed, added) = found(change, &[]);
            assert_eq!((changed, added), (vec![expected.to_owned()], vec![]));
        };
        let other = Thing::File(Some(Digest::of(b"other")));
        let put = |name: &str, thing: Thing| {
            let name = path(name);
            move |things: &mut Things| drop(things.insert(name.clone(), thing.clone()))
        };
        let link = |target: &str| Thing::Link(target.to_owned());
        check(&put("lib/os.py", other.clone()), "lib/os.py: it was changed");
        check(
            &put("lib/site-packages/pip/x.py", other),
            "lib/site-packages/pip/x.py: it was changed",
        );
        check(
            &put("lib/os.py", link("/etc/os.py")),
            "lib/os.py: it was replaced by a link to `/etc/os.py`",
        );
        check(
            &put("lib/os.py", Thing::Special),
            "lib/os.py: it was replaced by something that is no file",
        );
        check(
            &|things| drop(things.remove(&path("lib/os.py"))),
            "lib/os.py: it is not there",
        );
        check(
            &put("lib/evil.py", Thing::File(None)),
            "lib/evil.py: nobody published it",
        );
        for target in ["/bin/sh", "../../sh", "nothing", "../lib/o"] {
            let expected = format!("bin/python3: nobody published this link, which leads to `{target}`");
            check(&put("bin/python3", link(target)), &expected);
        }
        assert_eq!(found(put("lib64", link("lib")), &[]), (vec![], vec![]));
    }

    #[test]
    fn what_people_installed_is_told_by_package() {
        let more = |things: &mut Things| {
            for name in [
                "lib/site-packages/pkg/a.py",
                "lib/site-packages/pkg/b/c.py",
                "lib/site-packages/x.pth",
                "bin/pkg",
                "bin/other",
            ] {
                things.insert(path(name), Thing::File(None));
            }
        };
        let (changed, added) = found(more, &["bin/pkg"]);
        assert_eq!(changed, ["bin/other: nobody published it"]);
        assert_eq!(
            added,
            [
                "bin/pkg 1",
                "lib/site-packages/pkg 2",
                "lib/site-packages/x.pth 1"
            ]
        );
    }

    #[test]
    fn lists_name_what_is_elsewhere() {
        let packages = path("lib/python3.13/site-packages");
        let seen = |line: &str| below(&packages, first_cell(line)).map(|path| path.to_string());
        assert_eq!(seen("../../../bin/pip,sha256=x,7").as_deref(), Some("bin/pip"));
        assert_eq!(
            seen("\"a,b.py\",sha256=x,7").as_deref(),
            Some("lib/python3.13/site-packages/a,b.py")
        );
        assert_eq!(seen("../../../../etc/x,,"), None);
        assert_eq!(seen("/etc/x,,"), None);
    }
}
