//! What wheels need and nobody brings.

use std::collections::{BTreeMap, BTreeSet};

use super::{Environment, Metadata, Requirement, Version, normalized};

/// A requirement that is not met.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Lack {
    /// The project that has it.
    pub project: String,
    /// The requirement, as it is written.
    pub requirement: String,
    /// Why it is not met.
    pub why: Why,
}

/// Why a requirement is not met.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Why {
    /// The project is not there.
    Absent,
    /// Another version is there.
    Version(String),
    /// What it says is not understood.
    Unclear,
}

/// The requirements of projects that are not met among themselves, with all extras that they ask of each other.
#[must_use]
pub fn lacking(projects: &[&Metadata], environment: &Environment) -> Vec<Lack> {
    let by_name: BTreeMap<String, &Metadata> = projects
        .iter()
        .map(|project| (normalized(&project.name), *project))
        .collect();
    let mut extras: BTreeMap<&str, BTreeSet<String>> = by_name
        .keys()
        .map(|name| (name.as_str(), BTreeSet::new()))
        .collect();
    let mut lacks = BTreeSet::new();
    let mut left: Vec<&str> = by_name.keys().map(String::as_str).collect();
    while let Some(name) = left.pop() {
        let project = by_name[name];
        let own = extras[name].clone();
        for text in &project.requires {
            let mut lack = |why| {
                lacks.insert(Lack {
                    project: project.name.clone(),
                    requirement: text.split_whitespace().collect::<Vec<_>>().join(" "),
                    why,
                });
            };
            let Ok(requirement) = Requirement::parse(text) else {
                lack(Why::Unclear);
                continue;
            };
            if !requirement.applies(environment, &own) {
                continue;
            }
            let Some((key, found)) = by_name.get_key_value(&requirement.project) else {
                lack(Why::Absent);
                continue;
            };
            let version = Version::parse(&found.version);
            if !version.is_some_and(|version| requirement.versions.hold(&version, &found.version)) {
                lack(Why::Version(found.version.clone()));
            }
            let theirs = extras.entry(key.as_str()).or_default();
            let before = theirs.len();
            theirs.extend(requirement.extras);
            if theirs.len() > before {
                left.push(key.as_str());
            }
        }
    }
    lacks.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::marker::tests::environment;
    use super::*;

    fn project(name: &str, version: &str, requires: &[&str]) -> Metadata {
        Metadata {
            name: name.to_owned(),
            version: version.to_owned(),
            python: None,
            requires: requires.iter().map(|text| (*text).to_owned()).collect(),
            licenses: Vec::new(),
        }
    }

    #[test]
    fn what_is_not_there_is_said() {
        let projects = [
            project(
                "shop",
                "1",
                &[
                    "Till_Box[fast]>=2",
                    "bag; sys_platform == 'win32'",
                    "coin<2",
                    "door>=1 ; python_version >= '3'",
                    "what is this",
                    "spade; extra == 'garden'",
                ],
            ),
            project(
                "till-box",
                "2.1",
                &["rocket; extra == 'fast'", "snail; extra == 'slow'"],
            ),
            project("coin", "2.0", &[]),
        ];
        let lacks = lacking(&projects.each_ref(), &environment());
        let said: Vec<_> = lacks
            .iter()
            .map(|lack| (lack.project.as_str(), lack.requirement.as_str(), lack.why.clone()))
            .collect();
        assert_eq!(
            said,
            [
                ("shop", "coin<2", Why::Version("2.0".to_owned())),
                ("shop", "door>=1 ; python_version >= '3'", Why::Absent),
                ("shop", "what is this", Why::Unclear),
                ("till-box", "rocket; extra == 'fast'", Why::Absent),
            ]
        );
    }
}
