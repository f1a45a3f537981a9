//! What the name of an archive says, as `pbs build` names archives.

use super::{FileName, ParseTextError, Tag};
use crate::model::{Options, PythonVersion, Target};
use crate::plan::Flavor;

/// The parts of an archive's name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ArchiveName {
    /// The version of CPython.
    pub python: PythonVersion,
    /// Release tag.
    pub tag: Tag,
    /// The triple it runs on.
    pub target: Target,
    /// The options, where the name has them: install archives with the target's usual ones leave them out.
    pub options: Option<Options>,
    /// Which archive.
    pub flavor: Flavor,
}

impl ArchiveName {
    /// Reads `cpython-VERSION+TAG-TARGET[-OPTIONS]-FLAVOUR.tar.{gz,zst}`.
    ///
    /// A triple ends where the options begin, and both may hold any word; so the last word before
    /// the flavour is the options where all of it is known as such.
    pub fn parse(name: &FileName) -> Result<Self, ParseTextError> {
        let wrong = || ParseTextError {
            text: name.to_string(),
            what: "the name of an archive that `pbs build` makes",
        };
        parts(name.as_str()).ok_or_else(wrong)
    }
}

fn parts(name: &str) -> Option<ArchiveName> {
    let stem = name
        .strip_suffix(".tar.zst")
        .or_else(|| name.strip_suffix(".tar.gz"))?;
    let (stem, flavor) = Flavor::ALL.into_iter().find_map(|flavor| {
        let stem = stem.strip_suffix(flavor.as_str())?.strip_suffix('-')?;
        Some((stem, flavor))
    })?;
    let (python, rest) = stem.strip_prefix("cpython-")?.split_once('+')?;
    let (tag, rest) = rest.split_once('-')?;
    let (target, options) = match rest.rsplit_once('-') {
        Some((target, words)) if is_options(words) => (target, words.parse().ok()),
        _ => (rest, None),
    };
    Some(ArchiveName {
        python: python.parse().ok()?,
        tag: Tag::parse(tag).ok()?,
        target: Target::parse(target).ok()?,
        options,
        flavor,
    })
}

fn is_options(words: &str) -> bool {
    words.split('+').all(|word| Options::KNOWN.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str) -> Result<ArchiveName, ParseTextError> {
        ArchiveName::parse(&FileName::parse(name)?)
    }

    #[test]
    fn reads_the_names_of_all_flavours() {
        let check = |name: &str, target: &str, options: Option<&str>, flavor| {
            let found = parse(name).unwrap();
            assert_eq!(found.python.to_string(), "3.13.5", "{name}");
            assert_eq!(found.tag.as_str(), "20260101", "{name}");
            assert_eq!(found.target.as_str(), target, "{name}");
            assert_eq!(found.options, options.map(|text| text.parse().unwrap()), "{name}");
            assert_eq!(found.flavor, flavor, "{name}");
        };
        let stem = "cpython-3.13.5+20260101-x86_64-a-linux-gnu";
        let target = "x86_64-a-linux-gnu";
        check(
            &format!("{stem}-pgo+lto-full.tar.zst"),
            target,
            Some("pgo+lto"),
            Flavor::Full,
        );
        check(
            &format!("{stem}-install_only.tar.gz"),
            target,
            None,
            Flavor::InstallOnly,
        );
        check(
            &format!("{stem}-noopt-install_only_stripped.tar.gz"),
            target,
            Some("noopt"),
            Flavor::InstallOnlyStripped,
        );
        check(
            &format!("{stem}-debug-debuginfo.tar.zst"),
            target,
            Some("debug"),
            Flavor::DebugInfo,
        );
    }

    #[test]
    fn refuses_other_names() {
        for name in [
            "cpython.tar.gz",
            "cpython-3.13.5-x86_64-a-b-full.tar.zst",
            "cpython-3.13+20260101-x86_64-a-b-full.tar.zst",
            "cpython-3.13.5+today-x86_64-a-b-full.tar.zst",
            "cpython-3.13.5+20260101-x86_64-full.tar.zst",
            "cpython-3.13.5+20260101-x86_64-a-b-half.tar.zst",
            "cpython-3.13.5+20260101-x86_64-a-b-full.zip",
        ] {
            let error = parse(name).unwrap_err();
            assert!(error.to_string().contains("`pbs build`"), "{error}");
        }
    }
}
