//! Paths of project files: three drives that are made up, and what stands for them.
//!
//! MSBuild's paths are Windows paths. CPython's source stands on one drive, what the build makes on
//! another, the packages that stand for foreign sources on a third; so no path of a project can
//! mean two things, and what lies on none of them is an error.

use std::fmt;

use serde::Serialize;

/// Where CPython's source is.
pub(crate) const SOURCE: &str = r"S:\";
/// Where the build writes.
pub(crate) const BUILD: &str = r"B:\";
/// Where the packages are, each in a directory of its name.
pub(crate) const PACKAGES: &str = r"P:\";
/// Microsoft's own property sheets, which are no files here ([`super::sheets`]).
pub(crate) const SHEETS: &str = r"V:\";
/// A user's own property sheets; nobody has any here.
pub(crate) const USER: &str = r"U:\";

/// A file or directory, with `/` and without `.` and `..`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In CPython's source; empty for all of it.
    Source(String),
    /// Among what the build makes.
    Build(String),
    /// Something of a package; which file does not matter.
    Package(String),
    /// A file that stands beside the description.
    Generated(String),
}

impl Place {
    /// The place that an absolute path means; nothing if it is on no drive that is known.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let path = full(path)?;
        let rest = |drive: &str| {
            Some(
                path.strip_prefix(drive)?
                    .trim_end_matches('\\')
                    .replace('\\', "/"),
            )
        };
        if let Some(rest) = rest(SOURCE) {
            Some(Self::Source(rest))
        } else if let Some(rest) = rest(BUILD) {
            Some(Self::Build(rest))
        } else {
            let rest = rest(PACKAGES)?;
            let (package, _) = rest.split_once('/').unwrap_or((&rest, ""));
            (!package.is_empty()).then(|| Self::Package(package.to_owned()))
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(path) | Self::Build(path) | Self::Generated(path) => f.write_str(path),
            Self::Package(package) => write!(f, "package {package}"),
        }
    }
}

/// A path made absolute from `directory`, which is absolute and ends in a separator.
pub(crate) fn absolute(directory: &str, path: &str) -> String {
    let path = path.replace('/', r"\");
    if path.as_bytes().get(1) == Some(&b':') {
        path
    } else if path.starts_with('\\') {
        let (drive, _) = directory.split_once('\\').unwrap_or_default();
        drive.to_owned() + &path
    } else {
        directory.to_owned() + &path
    }
}

/// An absolute path without `.`, `..` and doubled separators, the drive in upper case, as
/// `System.IO.Path.GetFullPath` gives it; nothing if it is not absolute or leads out of its drive.
pub(crate) fn full(path: &str) -> Option<String> {
    let path = path.replace('/', r"\");
    let (drive, rest) = path.split_once(r":\")?;
    let mut parts: Vec<&str> = Vec::new();
    for part in rest.split('\\') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    let slash = if rest.ends_with('\\') && !parts.is_empty() {
        r"\"
    } else {
        ""
    };
    Some(format!(r"{}:\{}{slash}", drive.to_uppercase(), parts.join(r"\")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_drives() {
        let check = |path: &str, place| assert_eq!(Place::parse(path), place, "{path}");
        check(
            r"S:\PCbuild\..\Modules\\getpath.c",
            Some(Place::Source("Modules/getpath.c".into())),
        );
        check(r"S:\PCbuild\..\", Some(Place::Source(String::new())));
        check(r"b:\\313_frozen\", Some(Place::Build("313_frozen".into())));
        check(r"P:\zlib\\deflate.c", Some(Place::Package("zlib".into())));
        check(r"P:\", None);
        check(r"C:\windows.h", None);
        check(r"S:\..\x", None);
        check(r"Modules\x.c", None);
    }

    #[test]
    fn makes_paths_full() {
        assert_eq!(full(r"S:\PCbuild\\..\").as_deref(), Some(r"S:\"));
        assert_eq!(full(r"S:\a\.\b\").as_deref(), Some(r"S:\a\b\"));
        assert_eq!(absolute(r"S:\PCbuild\", "../x"), r"S:\PCbuild\..\x");
        assert_eq!(absolute(r"S:\PCbuild\", r"\x"), r"S:\x");
        assert_eq!(absolute(r"S:\PCbuild\", r"P:\z"), r"P:\z");
    }
}
