//! What is known of CPython's source tree: which files it has, and the text of some.

use std::collections::BTreeMap;

/// The files of a source, and the texts of those that project files are made of or read.
#[derive(Clone, Default, Debug)]
pub struct Sources {
    /// Path in lower case → path as it is spelled: project files are written for a file system
    /// that does not care.
    files: BTreeMap<String, String>,
    /// Path as it is spelled → text.
    texts: BTreeMap<String, String>,
}

/// The version, which `python.props` reads.
const PATCHLEVEL: &str = "Include/patchlevel.h";

impl Sources {
    /// CPython's table of built-in modules on Windows.
    pub const CONFIG: &'static str = "PC/config.c";

    /// Whether the text of a file is wanted.
    #[must_use]
    pub fn wants(path: &str) -> bool {
        let project = path.strip_prefix("PCbuild/").is_some_and(|name| {
            let suffixes = [".vcxproj", ".props", ".targets"];
            !name.contains('/') && suffixes.iter().any(|suffix| name.ends_with(suffix))
        });
        project || path == PATCHLEVEL || path == Self::CONFIG
    }

    /// Adds a file, with its text if it is [wanted](Self::wants).
    pub fn add(&mut self, path: &str, text: Option<String>) {
        self.files.insert(path.to_lowercase(), path.to_owned());
        if let Some(text) = text {
            self.texts.insert(path.to_owned(), text);
        }
    }

    /// How a path is spelled; nothing where there is no such file.
    pub(crate) fn spelling(&self, path: &str) -> Option<&str> {
        self.files.get(&path.to_lowercase()).map(String::as_str)
    }

    /// The text of a file, its path spelled in any way.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(self.spelling(path)?).map(String::as_str)
    }

    /// The names of the project files, without suffix.
    pub(crate) fn projects(&self) -> impl Iterator<Item = &str> {
        self.texts
            .keys()
            .filter_map(|path| path.strip_prefix("PCbuild/")?.strip_suffix(".vcxproj"))
    }
}
