//! What a distribution contains: every file looked at once, nothing guessed.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::inspect::{Code, Content, ContentError, Elf, Pyc, find_leaks};
use crate::model::{Digest, Entry, Tree, TreePath};

/// Reads a blob of a tree.
pub type ReadBlob<'a> = &'a (dyn Fn(&Digest) -> Result<Vec<u8>, ReadBlobError> + Sync);

/// Why a blob could not be read; whoever gives the closure knows the type.
pub type ReadBlobError = Box<dyn std::error::Error + Send + Sync>;

/// The observed content of a distribution. Paths are relative to its `python/`, as in the manifest.
#[derive(Debug, Default)]
pub struct Inventory {
    /// All that is below `python/`.
    pub tree: Tree,
    /// What each file was seen to be.
    pub files: BTreeMap<TreePath, FileFacts>,
    /// The files that begin like an object or a library, but are none.
    pub broken: BTreeMap<TreePath, ContentError>,
}

/// What a file was seen to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileFacts {
    /// Object, library, bitcode or something else.
    pub content: Content,
    /// Paths of the build that it names.
    pub leaks: Vec<String>,
    /// What stands after `#!`, up to the end of the line.
    pub shebang: Option<String>,
    /// The head of a `.pyc`; `None` for other files, and for a broken one.
    pub pyc: Option<Pyc>,
}

/// Why a distribution could not be observed: a blob could not be read.
#[derive(Debug, thiserror::Error)]
#[error("reading `{path}`")]
pub struct ObserveError {
    /// The file.
    pub path: TreePath,
    /// Why.
    #[source]
    pub source: ReadBlobError,
}

impl FileFacts {
    /// Looks at a file.
    pub fn observe(path: &TreePath, bytes: &[u8]) -> Result<Self, ContentError> {
        let shebang = bytes.strip_prefix(b"#!").map(|rest| {
            let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
            String::from_utf8_lossy(&line[..line.len().min(256)])
                .trim()
                .to_owned()
        });
        Ok(Self {
            content: Content::inspect(bytes)?,
            leaks: find_leaks(bytes),
            shebang,
            pyc: if path.as_str().ends_with(".pyc") {
                Pyc::parse(bytes)
            } else {
                None
            },
        })
    }
}

impl Inventory {
    /// Looks at every file below `python/` of `distribution`, on so many threads.
    pub fn observe(
        distribution: &Tree,
        read: ReadBlob<'_>,
        threads: NonZeroUsize,
    ) -> Result<Self, ObserveError> {
        let tree = distribution.subtree(&python());
        let mut wanted: Vec<(&TreePath, &Digest)> =
            tree.files().map(|(path, digest, _)| (path, digest)).collect();
        // The largest first: the last one to start must not be the longest.
        wanted.sort_by_key(|(path, digest)| (std::cmp::Reverse(digest.size), *path));
        let next = AtomicUsize::new(0);
        let work = || {
            let mut seen = Vec::new();
            while let Some((path, digest)) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
                let bytes = read(digest).map_err(|source| ObserveError {
                    path: (*path).clone(),
                    source,
                })?;
                seen.push(((*path).clone(), FileFacts::observe(path, &bytes)));
            }
            Ok::<_, ObserveError>(seen)
        };
        let results: Vec<_> = std::thread::scope(|scope| {
            let handles: Vec<_> = (0..threads.get()).map(|_| scope.spawn(work)).collect();
            handles
                .into_iter()
                .map(|handle| handle.join().expect("inspecting a file never panics"))
                .collect()
        });
        let mut files = BTreeMap::new();
        let mut broken = BTreeMap::new();
        for seen in results {
            for (path, facts) in seen? {
                match facts {
                    Ok(facts) => drop(files.insert(path, facts)),
                    Err(error) => drop(broken.insert(path, error)),
                }
            }
        }
        Ok(Self { tree, files, broken })
    }

    /// The machine code: path, member of a static library, facts.
    pub fn codes(&self) -> impl Iterator<Item = (&TreePath, Option<&str>, Code<'_>)> {
        self.files.iter().flat_map(|(path, facts)| {
            facts
                .content
                .codes()
                .map(move |(member, code)| (path, member, code))
        })
    }

    /// The ELF files: path, member of a static library, facts.
    pub fn elves(&self) -> impl Iterator<Item = (&TreePath, Option<&str>, &Elf)> {
        self.codes().filter_map(|(path, member, code)| match code {
            Code::Elf(elf) => Some((path, member, elf)),
            Code::Pe(_) | Code::Coff(_) | Code::MachO(_) => None,
        })
    }

    /// The libraries and programs that a loader loads. What stands in `build/` is for linkers.
    pub fn images(&self) -> impl Iterator<Item = (&TreePath, Code<'_>)> {
        self.files
            .iter()
            .filter(|(path, _)| !path.as_str().starts_with("build/"))
            .filter_map(|(path, facts)| Some((path, facts.content.code()?)))
            .filter(|(_, code)| code.is_image())
    }

    /// The ELF files among them.
    pub fn elf_images(&self) -> impl Iterator<Item = (&TreePath, &Elf)> {
        self.images().filter_map(|(path, code)| match code {
            Code::Elf(elf) => Some((path, elf)),
            Code::Pe(_) | Code::Coff(_) | Code::MachO(_) => None,
        })
    }

    /// The machine code at `path`, through symbolic links.
    #[must_use]
    pub fn code(&self, path: &TreePath) -> Option<Code<'_>> {
        self.files.get(&self.resolve(path)?)?.content.code()
    }

    /// The ELF facts of the file at `path`, through symbolic links.
    #[must_use]
    pub fn elf(&self, path: &TreePath) -> Option<&Elf> {
        match self.code(path)? {
            Code::Elf(elf) => Some(elf),
            Code::Pe(_) | Code::Coff(_) | Code::MachO(_) => None,
        }
    }

    /// Where `path` leads through symbolic links; `None` where it leads nowhere.
    #[must_use]
    pub fn resolve(&self, path: &TreePath) -> Option<TreePath> {
        resolve(&self.tree, path)
    }
}

/// The directory in an archive that everything stands in.
#[must_use]
pub fn python() -> TreePath {
    TreePath::parse("python").expect("`python` is a path")
}

/// Where `path` leads in `tree` through symbolic links; `None` where it leads nowhere or out of it.
#[must_use]
pub fn resolve(tree: &Tree, path: &TreePath) -> Option<TreePath> {
    // As many links as Linux follows.
    const MOST_LINKS: usize = 40;
    let mut links = 0;
    let mut rest: Vec<String> = path.as_str().rsplit('/').map(str::to_owned).collect();
    let mut at = TreePath::root();
    while let Some(component) = rest.pop() {
        match component.as_str() {
            "" | "." => continue,
            ".." => {
                at = at.parent()?;
                continue;
            }
            _ => {}
        }
        let next = at.join(&TreePath::parse(&component).ok()?);
        match tree.get(&next)? {
            Entry::Symlink { target } => {
                links += 1;
                if links > MOST_LINKS || target.starts_with('/') {
                    return None;
                }
                rest.extend(target.split('/').rev().map(str::to_owned));
            }
            Entry::File { .. } if !rest.is_empty() => return None,
            Entry::File { .. } | Entry::Directory => at = next,
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> TreePath {
        TreePath::parse(text).unwrap()
    }

    fn link(target: &str) -> Entry {
        Entry::Symlink {
            target: target.to_owned(),
        }
    }

    #[test]
    fn follows_links_as_a_kernel_does() {
        let mut tree = Tree::new();
        let file = Entry::File {
            digest: Digest::of(b""),
            executable: false,
        };
        tree.insert(path("a/file"), file).unwrap();
        tree.insert(path("b"), link("a")).unwrap();
        tree.insert(path("c/d"), link("../b/file")).unwrap();
        tree.insert(path("loop"), link("loop")).unwrap();
        tree.insert(path("out"), link("../file")).unwrap();
        tree.insert(path("absolute"), link("/a/file")).unwrap();
        let check =
            |from: &str, to: Option<&str>| assert_eq!(resolve(&tree, &path(from)), to.map(path), "{from}");
        check("c/d", Some("a/file"));
        check("b/file", Some("a/file"));
        check("b", Some("a"));
        for nowhere in ["loop", "out", "absolute", "missing", "a/file/x"] {
            check(nowhere, None);
        }
    }

    #[test]
    fn names_the_file_that_is_broken() {
        let bytes = b"\x7fELF but not really";
        let mut tree = Tree::new();
        let entry = Entry::File {
            digest: Digest::of(bytes),
            executable: false,
        };
        tree.insert(path("python/x.o"), entry).unwrap();
        let inventory = Inventory::observe(&tree, &|_| Ok(bytes.to_vec()), NonZeroUsize::MIN).unwrap();
        assert_eq!(inventory.broken.keys().collect::<Vec<_>>(), [&path("x.o")]);
        let error = Inventory::observe(&tree, &|_| Err("gone".into()), NonZeroUsize::MIN).unwrap_err();
        assert_eq!(error.to_string(), "reading `x.o`");
    }
}
