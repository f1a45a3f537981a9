//! Environment markers: `python_version < "3.11" and extra == "test"`.

use std::collections::{BTreeMap, BTreeSet};

use super::scan::Scan;
use super::{Specifiers, Version, normalized};
use crate::manifest::Manifest;
use crate::model::{Arch, Os};

/// More brackets within each other are nobody's.
const DEEPEST: usize = 32;

/// Why a text is not a marker.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{text}` is not an environment marker")]
pub struct ParseMarkerError {
    /// The text.
    pub text: String,
}

/// The values of markers in a distribution.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Environment(BTreeMap<&'static str, String>);

impl Environment {
    /// What they are where the distribution with this manifest runs.
    ///
    /// `platform_release` and `platform_version` are of the machine, which is not known: they are empty.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Self {
        let os = manifest.pbs.os;
        let (os_name, sys_platform, system) = match os {
            Os::Linux => ("posix", "linux", "Linux"),
            Os::Darwin => ("posix", "darwin", "Darwin"),
            Os::Windows => ("nt", "win32", "Windows"),
        };
        let machine = match (os, manifest.target_triple.arch()) {
            (Os::Darwin, Some(Arch::Aarch64)) => "arm64",
            (Os::Windows, Some(Arch::Aarch64)) => "ARM64",
            (Os::Windows, Some(Arch::X86_64)) => "AMD64",
            (_, Some(arch)) => arch.as_str(),
            (_, None) => "",
        };
        let name = manifest.python_implementation_name.as_str();
        let implementation = if name == "cpython" { "CPython" } else { name };
        let full = manifest.python_version.as_str();
        let values = [
            ("implementation_name", name),
            ("implementation_version", full),
            ("os_name", os_name),
            ("platform_machine", machine),
            ("platform_python_implementation", implementation),
            ("platform_release", ""),
            ("platform_system", system),
            ("platform_version", ""),
            ("python_full_version", full),
            ("python_version", manifest.python_major_minor_version.as_str()),
            ("sys_platform", sys_platform),
        ];
        Self(values.map(|(key, value)| (key, value.to_owned())).into())
    }
}

/// A condition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Marker {
    /// Both.
    And(Box<Self>, Box<Self>),
    /// One of them.
    Or(Box<Self>, Box<Self>),
    /// A comparison.
    Compare(Value, Operator, Value),
}

/// What is compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// A variable of the environment.
    Variable(&'static str),
    /// The extra that is asked for.
    Extra,
    /// A text.
    Text(String),
}

/// How it is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operator {
    /// As versions or as texts: the sign.
    Sign(&'static str),
    /// Whether the left is a part of the right.
    In,
    /// Whether it is not.
    NotIn,
}

const VARIABLES: [&str; 11] = [
    "implementation_name",
    "implementation_version",
    "os_name",
    "platform_machine",
    "platform_python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "python_full_version",
    "python_version",
    "sys_platform",
];

/// Spellings from before PEP 508.
const OLDER: [(&str, &str); 5] = [
    ("os.name", "os_name"),
    ("sys.platform", "sys_platform"),
    ("platform.version", "platform_version"),
    ("platform.machine", "platform_machine"),
    ("platform.python_implementation", "platform_python_implementation"),
];

/// Signs, the longer ones first.
const SIGNS: [&str; 8] = ["===", "~=", "==", "!=", "<=", ">=", "<", ">"];

impl Marker {
    /// Parses a marker.
    pub fn parse(text: &str) -> Result<Self, ParseMarkerError> {
        let mut scan = Scan::new(text);
        let marker = either(&mut scan, 0);
        scan.skip_space();
        marker.filter(|_| scan.at_end()).ok_or_else(|| ParseMarkerError {
            text: text.trim().to_owned(),
        })
    }

    /// Whether it holds with these extras, whose names are normalised.
    #[must_use]
    pub fn holds(&self, environment: &Environment, extras: &BTreeSet<String>) -> bool {
        match self {
            Self::And(one, other) => one.holds(environment, extras) && other.holds(environment, extras),
            Self::Or(one, other) => one.holds(environment, extras) || other.holds(environment, extras),
            Self::Compare(Value::Extra, operator, other) | Self::Compare(other, operator, Value::Extra) => {
                let name = normalized(other.of(environment));
                match operator {
                    Operator::Sign("!=") => !extras.contains(&name),
                    Operator::Sign("==") => extras.contains(&name),
                    _ => false,
                }
            }
            Self::Compare(left, operator, right) => {
                compare(left.of(environment), *operator, right.of(environment))
            }
        }
    }
}

impl Value {
    fn of<'a>(&'a self, environment: &'a Environment) -> &'a str {
        match self {
            Self::Text(text) => text,
            Self::Variable(name) => environment.0.get(name).map_or("", String::as_str),
            Self::Extra => "",
        }
    }
}

fn compare(left: &str, operator: Operator, right: &str) -> bool {
    let sign = match operator {
        Operator::In => return right.contains(left),
        Operator::NotIn => return !right.contains(left),
        Operator::Sign(sign) => sign,
    };
    // As versions where both sides are such, else as texts.
    if let (Some(version), Some(wanted)) =
        (Version::parse(left), Specifiers::parse(&format!("{sign}{right}")))
    {
        return wanted.hold(&version, left);
    }
    match sign {
        "==" | "===" => left == right,
        "!=" => left != right,
        "<" => left < right,
        "<=" => left <= right,
        ">" => left > right,
        ">=" => left >= right,
        _ => false,
    }
}

fn either(scan: &mut Scan<'_>, depth: usize) -> Option<Marker> {
    let mut marker = both(scan, depth)?;
    while word(scan, "or") {
        marker = Marker::Or(Box::new(marker), Box::new(both(scan, depth)?));
    }
    Some(marker)
}

fn both(scan: &mut Scan<'_>, depth: usize) -> Option<Marker> {
    let mut marker = one(scan, depth)?;
    while word(scan, "and") {
        marker = Marker::And(Box::new(marker), Box::new(one(scan, depth)?));
    }
    Some(marker)
}

fn one(scan: &mut Scan<'_>, depth: usize) -> Option<Marker> {
    scan.skip_space();
    if scan.eat("(") {
        let marker = (depth < DEEPEST).then(|| either(scan, depth + 1)).flatten()?;
        scan.skip_space();
        return scan.eat(")").then_some(marker);
    }
    let left = value(scan)?;
    scan.skip_space();
    let operator = if let Some(sign) = SIGNS.into_iter().find(|sign| scan.eat(sign)) {
        Operator::Sign(sign)
    } else if word(scan, "not") {
        word(scan, "in").then_some(Operator::NotIn)?
    } else {
        word(scan, "in").then_some(Operator::In)?
    };
    Some(Marker::Compare(left, operator, value(scan)?))
}

/// Goes on behind a word, if that is next and ends there.
fn word(scan: &mut Scan<'_>, text: &str) -> bool {
    let found = scan.attempt(|scan| {
        scan.skip_space();
        let name = scan.take_while(|c| c.is_alphanumeric() || c == '_');
        (name == text).then_some(())
    });
    found.is_some()
}

fn value(scan: &mut Scan<'_>) -> Option<Value> {
    scan.skip_space();
    for quote in ["\"", "'"] {
        if scan.eat(quote) {
            let text = scan.take_while(|c| !quote.contains(c));
            return scan.eat(quote).then(|| Value::Text(text.to_owned()));
        }
    }
    let name = scan.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    if name == "extra" {
        return Some(Value::Extra);
    }
    let older = OLDER.iter().find(|(older, _)| *older == name);
    let name = older.map_or(name, |(_, name)| name);
    let known = VARIABLES.into_iter().find(|known| *known == name)?;
    Some(Value::Variable(known))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn environment() -> Environment {
        let text = include_bytes!("../../tests/fixtures/manifest/sample.json");
        Environment::of(&Manifest::read(text).unwrap())
    }

    fn holds(text: &str, extras: &[&str]) -> bool {
        let extras = extras.iter().map(|extra| (*extra).to_owned()).collect();
        Marker::parse(text).unwrap().holds(&environment(), &extras)
    }

    #[test]
    fn conditions_hold_or_not() {
        for (text, expected) in [
            ("python_version >= '3.8'", true),
            ("python_version < \"3.9\"", false),
            ("python_version == '3.13'", true),
            ("'3.9' < python_version", true),
            ("python_full_version >= '3.13.1'", true),
            ("python_version in '3.12, 3.13'", true),
            ("sys_platform == 'win32'", false),
            ("sys_platform != 'win32'", true),
            ("sys.platform == 'linux'", true),
            (
                "platform_system == 'Linux' and platform_machine == 'x86_64'",
                true,
            ),
            ("os_name == 'nt' or implementation_name == 'cpython'", true),
            ("platform_python_implementation != 'PyPy'", true),
            ("'linux' in sys_platform", true),
            ("'win' not in sys_platform", true),
            (
                "python_version < '3' and os_name == 'posix' or os_name == 'posix'",
                true,
            ),
            (
                "python_version < '3' and (os_name == 'posix' or os_name == 'posix')",
                false,
            ),
            ("extra == 'test'", false),
            ("platform_release >= '5'", false),
        ] {
            assert_eq!(holds(text, &[]), expected, "{text}");
        }
        assert!(holds("extra == 'Fast_Math'", &["fast-math"]));
        assert!(!holds("extra != 'x'", &["x"]));
        assert!(holds("python_version > '3' and extra == 'x'", &["y", "x"]));
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        let deep = format!("{}os_name == 'x'{}", "(".repeat(1000), ")".repeat(1000));
        for text in [
            "",
            "os_name",
            "os_name ==",
            "os_name = 'x'",
            "unknown == 'x'",
            "os_name == 'x",
            "os_name == 'x' and",
            "(os_name == 'x'",
            "os_name == 'x' orelse",
            "os_name not 'x'",
            deep.as_str(),
        ] {
            assert!(Marker::parse(text).is_err(), "{text}");
        }
    }
}
