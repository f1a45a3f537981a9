//! Where the files of a wheel go: as an installer spreads them, into one directory that `sys.path` names.

use std::collections::BTreeMap;

/// The files of a wheel where `sys.path` would have them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Spread {
    /// By path in that directory.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What goes somewhere else and so nowhere: scheme (`scripts`, `data`, `headers`) → number of files.
    pub left_out: BTreeMap<String, usize>,
    /// A file that goes where another already is.
    pub twice: Option<String>,
}

/// Where a file goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place<'a> {
    /// Into the directory, at this path.
    Inside(&'a str),
    /// To where this scheme has its files.
    Outside(&'a str),
}

/// Where the file `path` goes; `data` is the name of the wheel's directory `NAME-VERSION.data`.
pub(super) fn place<'a>(path: &'a str, data: &str) -> Place<'a> {
    let below = path.strip_prefix(data).and_then(|rest| rest.strip_prefix('/'));
    match below.and_then(|below| below.split_once('/')) {
        None => Place::Inside(path),
        Some(("purelib" | "platlib", rest)) => Place::Inside(rest),
        Some((scheme, _)) => Place::Outside(scheme),
    }
}

/// Spreads the files of a wheel. Bytecode beside sources is left out: it may be of any Python.
#[must_use]
pub fn spread(files: BTreeMap<String, Vec<u8>>, data: &str) -> Spread {
    let mut spread = Spread::default();
    for (path, content) in files {
        if is_cache(&path) {
            continue;
        }
        match place(&path, data) {
            Place::Outside(scheme) => *spread.left_out.entry(scheme.to_owned()).or_default() += 1,
            Place::Inside(place) => {
                if spread.files.contains_key(place) {
                    spread.twice.get_or_insert_with(|| place.to_owned());
                }
                spread.files.insert(place.to_owned(), content);
            }
        }
    }
    spread
}

/// Whether it is where Python keeps bytecode of sources.
pub(super) fn is_cache(path: &str) -> bool {
    path.split('/').any(|component| component == "__pycache__")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(paths: &[&str]) -> Spread {
        let files = paths.iter().map(|path| ((*path).to_owned(), Vec::new()));
        spread(files.collect(), "a-1.data")
    }

    #[test]
    fn files_go_where_an_installer_puts_them() {
        let spread = made(&[
            "a/__init__.py",
            "a/__pycache__/__init__.cpython-313.pyc",
            "a-1.data/purelib/b.py",
            "a-1.data/platlib/a/c.so",
            "a-1.data/scripts/a",
            "a-1.data/data/share/x",
            "a-1.data/data/share/y",
            "a-1.data/headers/a.h",
            "a-1.dist-info/RECORD",
        ]);
        let expected = ["a-1.dist-info/RECORD", "a/__init__.py", "a/c.so", "b.py"];
        assert!(spread.files.keys().eq(expected.iter()));
        let left_out: Vec<_> = spread
            .left_out
            .iter()
            .map(|(scheme, count)| (scheme.as_str(), *count))
            .collect();
        assert_eq!(left_out, [("data", 2), ("headers", 1), ("scripts", 1)]);
        assert_eq!(spread.twice, None);
    }

    #[test]
    fn two_files_for_one_place_are_noticed() {
        assert_eq!(
            made(&["b.py", "a-1.data/purelib/b.py"]).twice.as_deref(),
            Some("b.py")
        );
    }
}
