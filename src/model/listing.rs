//! What stands in a directory, before anybody has read its files.

use std::collections::BTreeMap;

use super::TreePath;

/// So many links may stand on the way to a file, as for a kernel.
const MOST_LINKS: usize = 40;

/// What stands at a path of a directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Listed {
    /// A directory.
    Directory,
    /// A file.
    File,
    /// A symbolic link.
    Symlink {
        /// Its text.
        target: String,
    },
}

/// All paths of a directory, and what stands there.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Listing(pub BTreeMap<TreePath, Listed>);

impl Listing {
    /// Whether there is a file or a directory at `path`, maybe by way of links.
    #[must_use]
    pub fn has(&self, path: &TreePath) -> bool {
        self.real(path, &mut 0).is_some()
    }

    /// A path that differs from `path` in nothing but capital and small letters.
    #[must_use]
    pub fn other_case(&self, path: &TreePath) -> Option<&TreePath> {
        let wanted = path.as_str().to_lowercase();
        let mut paths = self.0.keys();
        paths.find(|other| *other != path && other.as_str().to_lowercase() == wanted)
    }

    /// The path without links that `path` leads to; counts them.
    fn real(&self, path: &TreePath, links: &mut usize) -> Option<TreePath> {
        let mut at = TreePath::root();
        let mut names = path.components().peekable();
        while let Some(name) = names.next() {
            at = at.join(&TreePath::parse(name).ok()?);
            match self.0.get(&at)? {
                Listed::Directory => {}
                Listed::File if names.peek().is_none() => {}
                Listed::File => return None,
                Listed::Symlink { target } => {
                    *links += 1;
                    if *links > MOST_LINKS {
                        return None;
                    }
                    let directory = at.parent().unwrap_or_else(TreePath::root);
                    at = self.real(&directory.leads_to(target)?, links)?;
                }
            }
        }
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> TreePath {
        TreePath::parse(text).unwrap()
    }

    fn listing() -> Listing {
        let link = |target: &str| Listed::Symlink {
            target: target.to_owned(),
        };
        let all = [
            ("a", Listed::Directory),
            ("a/File.h", Listed::File),
            ("a/near.h", link("File.h")),
            ("a/none.h", link("missing.h")),
            ("a/self", link("self")),
            ("b", link("./a")),
            ("c", Listed::Directory),
            ("c/up", link("../b/near.h")),
        ];
        Listing(all.map(|(text, listed)| (path(text), listed)).into())
    }

    #[test]
    fn what_links_lead_to_is_there() {
        let check = |text: &str, expected: bool| {
            assert_eq!(listing().has(&path(text)), expected, "{text}");
        };
        check("a", true);
        check("a/File.h", true);
        check("a/near.h", true);
        check("b/near.h", true);
        check("c/up", true);
        check("a/none.h", false);
        check("a/self", false);
        check("a/file.h", false);
        check("a/File.h/x", false);
    }

    #[test]
    fn knows_names_in_another_case() {
        let listing = listing();
        assert_eq!(listing.other_case(&path("A/file.h")), Some(&path("a/File.h")));
        assert_eq!(listing.other_case(&path("a/File.h")), None);
    }
}
