//! Versions of projects and what is asked of them, as PEP 440 has them.

use std::cmp::Ordering;
use std::fmt;

use super::scan::Scan;

/// A version, comparable.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Version {
    epoch: u64,
    release: Release,
    pre: Pre,
    /// Later than the version without.
    post: Option<u64>,
    dev: Dev,
    local: Vec<Local>,
}

/// The numbers between dots; `1` and `1.0` are the same.
#[derive(Clone, Debug)]
struct Release(Vec<u64>);

impl Release {
    fn number(&self, index: usize) -> u64 {
        self.0.get(index).copied().unwrap_or(0)
    }
}

impl PartialEq for Release {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Release {}

impl PartialOrd for Release {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Release {
    fn cmp(&self, other: &Self) -> Ordering {
        let count = self.0.len().max(other.0.len());
        (0..count)
            .map(|index| self.number(index).cmp(&other.number(index)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

/// What comes before a release, in order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Pre {
    /// Nothing but a development version: before all.
    Dev,
    Alpha(u64),
    Beta(u64),
    Candidate(u64),
    /// It is a release, or comes after one.
    Final,
}

/// A development version comes before what it leads to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Dev {
    Number(u64),
    None,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Local {
    Text(String),
    Number(u64),
}

impl Version {
    /// Parses a version in any spelling that PEP 440 allows; `None` if it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let (public, local) = match text.split_once('+') {
            Some((public, local)) => (public, parse_local(local)?),
            None => (text.as_str(), Vec::new()),
        };
        let public = public.strip_prefix('v').unwrap_or(public);
        let (epoch, rest) = match public.split_once('!') {
            Some((epoch, rest)) => (epoch.parse().ok()?, rest),
            None => (0, public),
        };
        let mut scan = Scan::new(rest);
        let mut release = vec![scan.number()?];
        while let Some(number) = scan.attempt(|scan| scan.eat(".").then(|| scan.number()).flatten()) {
            release.push(number);
        }
        let pre = scan.attempt(|scan| {
            let stages: [Stage<Pre>; 8] = [
                ("alpha", Pre::Alpha),
                ("a", Pre::Alpha),
                ("beta", Pre::Beta),
                ("b", Pre::Beta),
                ("preview", Pre::Candidate),
                ("pre", Pre::Candidate),
                ("rc", Pre::Candidate),
                ("c", Pre::Candidate),
            ];
            labelled(scan, &stages)
        });
        let post = scan.attempt(|scan| {
            let stages: [Stage<u64>; 3] = [("post", |n| n), ("rev", |n| n), ("r", |n| n)];
            labelled(scan, &stages)
        });
        let post = post.or_else(|| scan.attempt(|scan| scan.eat("-").then(|| scan.number()).flatten()));
        let dev = scan.attempt(|scan| labelled(scan, &[("dev", Dev::Number as fn(u64) -> Dev)]));
        if !scan.at_end() {
            return None;
        }
        Some(Self {
            epoch,
            release: Release(release),
            pre: match (pre, post, dev) {
                (Some(pre), ..) => pre,
                (None, None, Some(_)) => Pre::Dev,
                _ => Pre::Final,
            },
            post,
            dev: dev.unwrap_or(Dev::None),
            local,
        })
    }

    fn public(&self) -> Self {
        Self {
            local: Vec::new(),
            ..self.clone()
        }
    }

    fn is_before_release(&self) -> bool {
        self.pre != Pre::Final || self.dev != Dev::None
    }

    fn same_release(&self, other: &Self) -> bool {
        self.epoch == other.epoch && self.release == other.release
    }

    /// Whether it begins with the first `count` numbers of another.
    fn begins(&self, other: &Self, count: usize) -> bool {
        self.epoch == other.epoch
            && (0..count).all(|index| self.release.number(index) == other.release.number(index))
    }
}

/// A label, and what its number makes.
type Stage<T> = (&'static str, fn(u64) -> T);

/// A separator, a label, a separator, a number, which is 0 where there is none.
fn labelled<T>(scan: &mut Scan<'_>, stages: &[Stage<T>]) -> Option<T> {
    let separator = |scan: &mut Scan<'_>| [".", "-", "_"].iter().any(|text| scan.eat(text));
    separator(scan);
    let (_, make) = stages.iter().find(|(label, _)| scan.eat(label))?;
    let number = scan.attempt(|scan| {
        separator(scan);
        scan.number()
    });
    Some(make(number.unwrap_or(0)))
}

fn parse_local(text: &str) -> Option<Vec<Local>> {
    text.split(['.', '-', '_'])
        .map(|part| {
            let fits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let number = part.parse().map(Local::Number);
            fits.then(|| number.unwrap_or_else(|_| Local::Text(part.to_owned())))
        })
        .collect()
}

/// What is asked of a version: all of it must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Specifiers {
    parts: Vec<Specifier>,
    text: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Specifier {
    /// `===`.
    Text(String),
    /// `==1.2.*`: the version, and whether it must not be so.
    Begins(Version, bool),
    Compares(Operator, Version),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Operator {
    Equal,
    NotEqual,
    AtLeast,
    AtMost,
    Above,
    Below,
    Compatible,
}

/// Operators, the longer ones first.
const OPERATORS: [(&str, Operator); 7] = [
    ("~=", Operator::Compatible),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    (">=", Operator::AtLeast),
    ("<=", Operator::AtMost),
    (">", Operator::Above),
    ("<", Operator::Below),
];

impl Specifiers {
    /// Parses `>=1.2,!=1.4.*`; `None` if it is nothing of that kind.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        Some(Self {
            parts: parts.map(Specifier::parse).collect::<Option<_>>()?,
            text: text.trim().to_owned(),
        })
    }

    /// Whether a version is what is asked for.
    #[must_use]
    pub fn hold(&self, version: &Version, text: &str) -> bool {
        self.parts.iter().all(|part| part.holds(version, text))
    }
}

impl fmt::Display for Specifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Specifier {
    fn parse(text: &str) -> Option<Self> {
        if let Some(text) = text.strip_prefix("===") {
            return Some(Self::Text(text.trim().to_owned()));
        }
        let (sign, operator) = OPERATORS.into_iter().find(|(sign, _)| text.starts_with(sign))?;
        let version = text[sign.len()..].trim();
        if let Some(begin) = version.strip_suffix(".*") {
            let not = operator == Operator::NotEqual;
            return (not || operator == Operator::Equal)
                .then(|| Some(Self::Begins(Version::parse(begin)?, not)))?;
        }
        let version = Version::parse(version)?;
        // What is compatible has all numbers but the last, so there must be two.
        let compatible = operator == Operator::Compatible;
        (!compatible || version.release.0.len() > 1).then_some(Self::Compares(operator, version))
    }

    fn holds(&self, given: &Version, text: &str) -> bool {
        let (operator, wanted) = match self {
            Self::Text(wanted) => return wanted.eq_ignore_ascii_case(text.trim()),
            Self::Begins(wanted, not) => return given.begins(wanted, wanted.release.0.len()) != *not,
            Self::Compares(operator, wanted) => (operator, wanted),
        };
        let public = given.public();
        let equal = || {
            let given = if wanted.local.is_empty() { &public } else { given };
            given == wanted
        };
        match operator {
            Operator::Equal => equal(),
            Operator::NotEqual => !equal(),
            Operator::AtLeast => public >= *wanted,
            Operator::AtMost => public <= *wanted,
            // `>1.2` means neither 1.2.post1 nor 1.2+local.
            Operator::Above => {
                public > *wanted
                    && (wanted.post.is_some() || given.post.is_none() || !given.same_release(wanted))
            }
            // `<1.2` means not 1.2rc1 either.
            Operator::Below => {
                public < *wanted
                    && (wanted.is_before_release()
                        || !given.is_before_release()
                        || !given.same_release(wanted))
            }
            Operator::Compatible => public >= *wanted && given.begins(wanted, wanted.release.0.len() - 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn versions_follow_each_other() {
        let ordered = [
            "0.9",
            "1.dev0",
            "1.0a1.dev1",
            "1.0a1",
            "1.0-alpha.2",
            "1.0b1",
            "1.0rc1",
            "1.0",
            "1.0+abc",
            "1.0+5",
            "1.0.post1.dev2",
            "1.0-1",
            "1.0.post2",
            "1.0.1",
            "1.1",
            "1.10",
            "1!0.1",
        ]
        .map(version);
        for pair in ordered.windows(2) {
            assert!(pair[0] < pair[1], "{pair:?}");
        }
    }

    #[test]
    fn spellings_of_a_version_are_one() {
        for (one, other) in [
            ("1.0", "v1.0.0"),
            ("1.0a1", "1.0-ALPHA_1"),
            ("1.0rc", "1.0c0"),
            ("1.0.post3", "1.0-3"),
            ("1.0.post0", "1.0rev"),
            ("1.0+a.1", "1.0+A-1"),
        ] {
            assert_eq!(version(one), version(other));
        }
    }

    #[test]
    fn what_is_no_version_is_none() {
        for text in [
            "",
            "x",
            "1.",
            "1..2",
            "1.0x",
            "1.0+",
            "1.0 2",
            "99999999999999999999999",
        ] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_asked_for_holds_or_not() {
        for (asked, given, holds) in [
            (">=1.2", "1.2", true),
            (">=1.2", "1.2rc1", false),
            (">=1.2,<2", "1.9+local", true),
            ("<2", "2.0a1", false),
            ("<2", "1.9.post1", true),
            (">1.2", "1.2.post1", false),
            (">1.2", "1.2.1", true),
            ("==1.2", "1.2.0+cpu", true),
            ("==1.2+cpu", "1.2+gpu", false),
            ("==1.2.*", "1.2.7", true),
            ("!=1.2.*", "1.2.7", false),
            ("==1.2.*", "1.20", false),
            ("~=1.4.2", "1.4.9", true),
            ("~=1.4.2", "1.5", false),
            ("~=1.4", "1.9", true),
            ("~=1.4", "2.0", false),
            ("===1.2", "1.2", true),
            ("", "7", true),
            (" >= 1.0 , != 1.5 ", "1.5", false),
        ] {
            let specifiers = Specifiers::parse(asked).unwrap();
            assert_eq!(specifiers.hold(&version(given), given), holds, "{asked} {given}");
        }
        for text in ["1.2", "=1.2", ">=1.*", "~=1", ">=x"] {
            assert_eq!(Specifiers::parse(text), None, "{text}");
        }
    }
}
