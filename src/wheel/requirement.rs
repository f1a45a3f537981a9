//! A requirement of METADATA: `pydantic-core[extra] (==2.1) ; python_version > "3"`.

use std::collections::BTreeSet;

use super::scan::Scan;
use super::{Environment, Marker, Specifiers, normalized};

/// What a project needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Requirement {
    /// The project that is needed; normalised.
    pub project: String,
    /// Its extras that are asked for; normalised.
    pub extras: BTreeSet<String>,
    /// The versions that will do.
    pub versions: Specifiers,
    /// When it is needed; `None` for always.
    pub marker: Option<Marker>,
}

/// Why a text is not a requirement.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{text}` is not a requirement")]
pub struct ParseRequirementError {
    /// The text.
    pub text: String,
}

impl Requirement {
    /// Parses a requirement. Where it names an address, any version will do.
    pub fn parse(text: &str) -> Result<Self, ParseRequirementError> {
        parse(text).ok_or_else(|| ParseRequirementError {
            text: text.trim().to_owned(),
        })
    }

    /// Whether it is one with these extras, whose names are normalised.
    #[must_use]
    pub fn applies(&self, environment: &Environment, extras: &BTreeSet<String>) -> bool {
        let marker = self.marker.as_ref();
        marker.is_none_or(|marker| marker.holds(environment, extras))
    }
}

fn name<'a>(scan: &mut Scan<'a>) -> Option<&'a str> {
    scan.skip_space();
    let name = scan.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    (!name.is_empty()).then_some(name)
}

fn parse(text: &str) -> Option<Requirement> {
    let mut scan = Scan::new(text);
    let project = normalized(name(&mut scan)?);
    let mut extras = BTreeSet::new();
    scan.skip_space();
    if scan.eat("[") {
        while let Some(extra) = name(&mut scan) {
            extras.insert(normalized(extra));
            scan.skip_space();
            if !scan.eat(",") {
                break;
            }
        }
        scan.skip_space();
        scan.eat("]").then_some(())?;
        scan.skip_space();
    }
    let versions = if scan.eat("@") {
        scan.skip_space();
        scan.take_while(|c| !c.is_whitespace());
        Specifiers::default()
    } else if scan.eat("(") {
        let versions = scan.take_while(|c| c != ')');
        scan.eat(")").then_some(())?;
        Specifiers::parse(versions)?
    } else {
        Specifiers::parse(scan.take_while(|c| c != ';'))?
    };
    scan.skip_space();
    let marker = if scan.eat(";") {
        Some(Marker::parse(scan.rest()).ok()?)
    } else {
        scan.at_end().then_some(())?;
        None
    };
    Some(Requirement {
        project,
        extras,
        versions,
        marker,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_needed() {
        for (text, project, extras, versions, conditional) in [
            ("numpy", "numpy", &[][..], "", false),
            (
                "Typing_Extensions>=4.6.1",
                "typing-extensions",
                &[],
                ">=4.6.1",
                false,
            ),
            ("a (>=1,<2) ; os_name == 'nt'", "a", &[], ">=1,<2", true),
            ("a[x, Y_z]>=1;extra=='q'", "a", &["x", "y-z"], ">=1", true),
            ("a[] ~=1.0", "a", &[], "~=1.0", false),
            (
                "a @ https://example.invalid/a.whl ; os_name == 'nt'",
                "a",
                &[],
                "",
                true,
            ),
        ] {
            let found = Requirement::parse(text).unwrap();
            assert_eq!(found.project, project);
            assert!(found.extras.iter().eq(extras), "{text}");
            assert_eq!(found.versions.to_string(), versions);
            assert_eq!(found.marker.is_some(), conditional, "{text}");
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in [
            "",
            ">=1",
            "a b",
            "a[x",
            "a (>=1",
            "a ; nothing",
            "a ==",
            "a >= 1 x",
        ] {
            assert!(Requirement::parse(text).is_err(), "{text}");
        }
    }
}
