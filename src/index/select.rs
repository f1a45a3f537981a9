//! The newest archive that fits a choice.

use std::collections::BTreeSet;

use super::{Artifact, Choice, Index};
use crate::model::Options;

/// Nothing in an index fits a choice.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no archive {missing}")]
pub struct NoMatch {
    /// What nothing fits, in words: `for the target …`.
    pub missing: String,
    /// What there is in its place, for a person to choose from.
    pub instead: Vec<String>,
}

impl NoMatch {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        if self.instead.is_empty() {
            return "the index is empty".to_owned();
        }
        format!("there is {}", self.instead.join(", "))
    }
}

impl Index {
    /// The newest archive that fits: the highest version — one that is finished before any other —,
    /// then the fastest options where none are named, then the latest release.
    pub fn newest(&self, choice: &Choice) -> Result<&Artifact, NoMatch> {
        let all = self.artifacts.iter().collect();
        let fits = |artifact: &Artifact| artifact.target == choice.target;
        let left = narrow(
            all,
            fits,
            |artifact| artifact.target.to_string(),
            || format!("for `{}`", choice.target),
        )?;
        let fits = |artifact: &Artifact| artifact.flavor == choice.flavor;
        let left = narrow(
            left,
            fits,
            |artifact| artifact.flavor.as_str().to_owned(),
            || format!("of flavour `{}` for `{}`", choice.flavor.as_str(), choice.target),
        )?;
        let fits = |artifact: &Artifact| choice.python.admits(&artifact.python, &artifact.tag);
        let left = narrow(
            left,
            fits,
            |artifact| format!("{}+{}", artifact.python, artifact.tag),
            || format!("of CPython {} for `{}`", choice.python, choice.target),
        )?;
        let fits = |artifact: &Artifact| match &choice.options {
            Some(options) => artifact.options == *options,
            None => is_ordinary(&artifact.options),
        };
        let left = narrow(
            left,
            fits,
            |artifact| artifact.options.to_string(),
            || match &choice.options {
                Some(options) => format!("of CPython {} with the options `{options}`", choice.python),
                None => format!("of CPython {} with ordinary options", choice.python),
            },
        )?;
        let newest = left.into_iter().max_by_key(|artifact| {
            (
                artifact.python.prerelease.is_empty(),
                artifact.python.order(),
                speed(&artifact.options),
                &artifact.tag,
                // Two that are equal so far differ in their names at least.
                &artifact.name,
            )
        });
        Ok(newest.expect("nothing is left out without a word"))
    }
}

/// Those that fit; where there are none, what there is in their place.
fn narrow(
    candidates: Vec<&Artifact>,
    fits: impl Fn(&Artifact) -> bool,
    shown: impl Fn(&Artifact) -> String,
    missing: impl FnOnce() -> String,
) -> Result<Vec<&Artifact>, NoMatch> {
    let (left, others): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|artifact| fits(artifact));
    if left.is_empty() {
        let instead: BTreeSet<String> = others.into_iter().map(shown).collect();
        return Err(NoMatch {
            missing: missing(),
            instead: instead.into_iter().collect(),
        });
    }
    Ok(left)
}

/// Whether people get these options who ask for none: what they mean is speed only.
fn is_ordinary(options: &Options) -> bool {
    options
        .words()
        .iter()
        .all(|word| matches!(*word, "pgo" | "lto" | "noopt"))
}

/// Sorts ordinary options by how fast they make the interpreter.
fn speed(options: &Options) -> (bool, bool) {
    (options.has("pgo"), options.has("lto"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::tests::sample::artifact;
    use crate::model::Target;
    use crate::plan::Flavor;

    fn index(artifacts: &[(&str, &str, &str)]) -> Index {
        let mut index = Index::empty();
        index.artifacts = artifacts
            .iter()
            .map(|(python, tag, options)| artifact(python, tag, "a-b-c", options))
            .collect();
        index
    }

    fn choice(python: &str, options: Option<&str>) -> Choice {
        Choice {
            python: if python.is_empty() {
                super::super::VersionChoice::default()
            } else {
                python.parse().unwrap()
            },
            target: Target::parse("a-b-c").unwrap(),
            options: options.map(|text| text.parse().unwrap()),
            flavor: Flavor::Full,
        }
    }

    #[test]
    fn takes_the_newest_that_fits() {
        let index = index(&[
            ("3.13.9", "20260101", "pgo+lto"),
            ("3.13.10", "20260101", "noopt"),
            ("3.13.10", "20260101", "pgo+lto"),
            ("3.13.10", "20260301", "lto"),
            ("3.13.10", "20260301", "debug"),
            ("3.14.0", "20260101", "debug"),
            ("3.15.0rc2", "20260101", "noopt"),
            ("3.15.0rc10", "20260101", "noopt"),
        ]);
        let check = |python: &str, options: Option<&str>, expected: &str| {
            let found = index.newest(&choice(python, options)).unwrap();
            let shown = format!("{}+{} {}", found.python, found.tag, found.options);
            assert_eq!(shown, expected, "{python} {options:?}");
        };
        check("", None, "3.13.10+20260101 pgo+lto");
        check("3", None, "3.13.10+20260101 pgo+lto");
        check("3.13", None, "3.13.10+20260101 pgo+lto");
        check("3.13+20260301", None, "3.13.10+20260301 lto");
        check("3.13.9", None, "3.13.9+20260101 pgo+lto");
        check("3.13", Some("noopt"), "3.13.10+20260101 noopt");
        check("", Some("debug"), "3.14.0+20260101 debug");
        check("3.15", None, "3.15.0rc10+20260101 noopt");
    }

    #[test]
    fn says_what_there_is_instead() {
        let index = index(&[("3.13.9", "20260101", "pgo+lto"), ("3.14.0", "20260101", "debug")]);
        let check = |choice: &Choice, message: &str, hint: &str| {
            let error = index.newest(choice).unwrap_err();
            assert_eq!(error.to_string(), message);
            assert_eq!(error.hint(), hint);
        };
        check(
            &choice("3.12", None),
            "there is no archive of CPython 3.12 for `a-b-c`",
            "there is 3.13.9+20260101, 3.14.0+20260101",
        );
        check(
            &choice("3.14", None),
            "there is no archive of CPython 3.14 with ordinary options",
            "there is debug",
        );
        check(
            &choice("3.13", Some("lto")),
            "there is no archive of CPython 3.13 with the options `lto`",
            "there is pgo+lto",
        );
        let elsewhere = Choice {
            target: Target::parse("d-e-f").unwrap(),
            ..choice("", None)
        };
        check(&elsewhere, "there is no archive for `d-e-f`", "there is a-b-c");
        let stripped = Choice {
            flavor: Flavor::InstallOnlyStripped,
            ..choice("", None)
        };
        check(
            &stripped,
            "there is no archive of flavour `install_only_stripped` for `a-b-c`",
            "there is full",
        );
        let error = Index::empty().newest(&choice("", None)).unwrap_err();
        assert_eq!(error.hint(), "the index is empty");
    }
}
