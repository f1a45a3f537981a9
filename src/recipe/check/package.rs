//! What a package's recipe and versions say of steps, files and each other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Checker;
use crate::model::{Family, Ground, PythonVersion};
use crate::plan::CPYTHON;
use crate::recipe::SourceFile;
use crate::recipe::error::Problem;
use crate::recipe::quoted::Quoted;
use crate::recipe::raw::{NotOn, StepEntry, VersionFile};
use crate::recipe::set::{Package, Written};
use crate::recipe::source::{ArchiveEntry, Mirror, SourceEntry};

/// Names of steps that plans have themselves, and of inputs that every step may have.
const RESERVED: [&str; 8] = [
    "source",
    "patched",
    "setup",
    "profile",
    "sysroot",
    "toolchain",
    "recipe",
    "root",
];

/// Whether a text can be part of a step's id and of a path.
fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    !text.is_empty() && text.chars().all(allowed)
}

/// Whether two steps would be one to some target.
fn clash(one: &StepEntry, other: &StepEntry) -> bool {
    let both = |ground: &Ground| one.is_for(*ground) && other.is_for(*ground);
    one.name == other.name && Ground::ALL.iter().any(both)
}

/// The names of earlier steps that are there wherever a step is.
fn seen_by(step: &StepEntry, earlier: &[StepEntry]) -> BTreeSet<String> {
    let names = earlier.iter().map(|other| &other.name);
    let everywhere = |name: &&Quoted<String>| {
        let mut grounds = Ground::ALL.iter().filter(|ground| step.is_for(**ground));
        grounds.all(|ground| {
            let mut there = earlier.iter().filter(|other| other.is_for(*ground));
            there.any(|other| other.name == **name)
        })
    };
    names.filter(everywhere).map(|name| name.0.clone()).collect()
}

impl Checker<'_> {
    pub(super) fn package(&mut self, name: &str, package: &Package) {
        let Written { value, file } = &package.recipe;
        self.placed(file, "package", value.package.as_str(), name);
        if !is_name(name) || name == "dist" || self.set.images.contains_key(name) {
            self.name(file, &["package", name], "package", name);
        }
        if value.steps.is_empty() {
            let problem = Problem::NoSteps {
                package: name.to_owned(),
            };
            self.report(file, &["steps"], problem);
        }
        for steps in [&value.steps, &value.training] {
            for (index, step) in steps.iter().enumerate() {
                self.step(name, file, step, &steps[..index]);
            }
        }
        for step in &value.training {
            if let Some(other) = value.steps.iter().find(|other| clash(other, step)) {
                let other = other.name.as_str();
                self.twice(file, &["training", "name", other], "step", other, "`steps`");
            }
        }
        if !value.training.is_empty() && name != CPYTHON {
            self.report(file, &["training"], Problem::Training);
        }
        self.given(name, package);
        for (version, written) in &package.versions {
            self.version(name, version, written);
        }
        self.defaults(name, package);
    }

    fn step(&mut self, package: &str, file: &Arc<SourceFile>, step: &StepEntry, earlier: &[StepEntry]) {
        let name = step.name.as_str();
        if earlier.iter().any(|other| clash(other, step)) {
            self.twice(file, &["name", name, "name", name], "step", name, "above");
        }
        if !is_name(name) || RESERVED.contains(&name) {
            self.name(file, &["name", name], "step", name);
        }
        if !Ground::ALL.iter().any(|ground| step.is_for(*ground)) {
            let message = "no system of this `os` is of this `family`".to_owned();
            self.report(file, &["name", name], Problem::Value { message });
        }
        let mut base_names = BTreeMap::new();
        for path in std::iter::once(&step.script).chain(&step.files) {
            let path = path.0.as_str();
            let full = format!("recipes/{package}/{path}");
            self.file(file, &[name, path], &full);
            let base = path.rsplit('/').next().unwrap_or_default();
            if let Some(other) = base_names.insert(base, path) {
                self.twice(file, &[name, "files", path], "file", base, other);
            }
        }
        for need in &step.needs {
            let packages = &self.set.packages;
            self.known(file, &[name, "needs", need.as_str()], "package", packages.keys());
        }
        for after in &step.after {
            let words = [name, "after", after.as_str()];
            self.known(file, &words, "step", &seen_by(step, earlier));
        }
        if step.setup && package != CPYTHON {
            self.report(file, &[name, "setup"], Problem::Setup);
        }
        if step.projects && package != CPYTHON {
            self.report(file, &[name, "projects"], Problem::Setup);
        }
        if step.projects && self.set.projects.is_none() {
            let path = "recipes/cpython/projects.yaml".to_owned();
            self.report(
                file,
                &[name, "projects"],
                Problem::NoSuchFile { path, near: None },
            );
        }
        if step.profile && package != CPYTHON {
            self.report(file, &[name, "profile"], Problem::Training);
        }
    }

    fn version(&mut self, package: &str, version: &str, written: &Written<VersionFile>) {
        let Written { value, file } = written;
        self.placed(file, "version", value.version.as_str(), version);
        for patch in value.patches.iter().chain(value.patches_on.values().flatten()) {
            let path = patch.0.as_str();
            self.file(file, &[path], &format!("patches/{path}"));
        }
        match &value.source {
            SourceEntry::Archive(archive) => self.source(file, archive),
            SourceEntry::None => {
                let recipe = &self.set.packages[package].recipe.value;
                let taken = [
                    ("patches", !value.patches.is_empty()),
                    ("patches-on", !value.patches_on.is_empty()),
                    ("licenses", !recipe.licenses.is_empty()),
                    ("setup", recipe.steps.iter().any(|step| step.setup)),
                ];
                for (what, _) in taken.into_iter().filter(|(_, there)| *there) {
                    self.report(file, &["source", "none"], Problem::NoSource { what });
                }
            }
        }
        let wrong = |field, verb| Problem::WrongPackage {
            field,
            verb,
            package: package.to_owned(),
        };
        if package == CPYTHON {
            if let Err(error) = version.parse::<PythonVersion>() {
                let message = error.to_string();
                self.report(file, &["version"], Problem::Value { message });
            }
            match &value.python {
                None => self.report(file, &["version"], wrong("python", "is missing")),
                Some(python) => {
                    let series = python.major_minor.0.to_string();
                    let expected = version.rsplit_once('.').map_or(version, |(series, _)| series);
                    self.placed(file, "major-minor", &series, expected);
                }
            }
            if value.default {
                self.report(file, &["default"], wrong("default", "has no meaning"));
            }
            for exception in &value.not_on {
                self.exception(file, exception);
            }
        } else {
            if value.python.is_some() {
                self.report(file, &["python"], wrong("python", "has no meaning"));
            }
            if !value.not_on.is_empty() {
                self.report(file, &["not-on"], wrong("not-on", "has no meaning"));
            }
        }
    }

    fn source(&mut self, file: &Arc<SourceFile>, archive: &ArchiveEntry) {
        let upstream = archive.sha256.0;
        for glob in &archive.select {
            self.glob(file, &["select", glob.as_str()]);
        }
        let mut repacked = archive.subdir.is_some();
        for mirror in &archive.mirrors {
            let Mirror {
                url,
                debian,
                krate,
                pypi,
            } = mirror;
            let places = [url.is_some(), debian.is_some(), krate.is_some(), pypi.is_some()];
            if places.iter().filter(|there| **there).count() != 1 {
                self.report(file, &["mirrors"], Problem::MirrorKind);
            }
            repacked |= debian.as_ref().is_some_and(|debian| {
                debian.sha256.as_ref().is_some_and(|sum| sum.0 != upstream) || debian.subdir.is_some()
            }) || krate.is_some()
                || pypi.is_some();
        }
        if repacked && archive.tree.is_none() {
            self.report(file, &["mirrors"], Problem::NoTree);
        }
    }

    fn exception(&mut self, file: &Arc<SourceFile>, exception: &NotOn) {
        let target = exception.target.as_ref().map(|target| target.0.to_string());
        let options = exception.options.as_ref().map(|options| options.0.to_string());
        if target.is_none() && options.is_none() {
            self.report(file, &["not-on"], Problem::MatchesEverything);
        }
        let targets = self.set.targets.keys().cloned().collect();
        for (what, name, valid) in [("target", target, targets), ("option", options, self.options())] {
            if let Some(name) = name.filter(|name| !valid.contains(name)) {
                let words = ["not-on", name.as_str()];
                let name = name.clone();
                self.report(file, &words, Problem::NeverMatches { what, name, valid });
            }
        }
    }

    fn defaults(&mut self, name: &str, package: &Package) {
        let defaults = package
            .versions
            .iter()
            .filter(|(_, version)| version.value.default);
        let defaults: Vec<String> = defaults.map(|(version, _)| version.clone()).collect();
        if name != CPYTHON && defaults.len() != 1 {
            let problem = Problem::Defaults {
                package: name.to_owned(),
                defaults,
                versions: package.versions.keys().cloned().collect(),
            };
            self.report(&package.recipe.file, &["package", name], problem);
        }
    }

    /// Licences and libraries of all packages land in one directory each.
    pub(super) fn names_in_a_distribution(&mut self) {
        let set = self.set;
        let mut licenses: BTreeMap<&str, &str> = BTreeMap::new();
        let mut libraries: BTreeMap<(Family, &str), &str> = BTreeMap::new();
        for (package, Package { recipe, .. }) in &set.packages {
            for license in &recipe.value.licenses {
                let name = license.name.0.as_str();
                if let Some(other) = licenses.insert(name, package) {
                    self.twice(
                        &recipe.file,
                        &["as", name],
                        "licence file",
                        name,
                        &in_package(other),
                    );
                }
            }
            let of = |family: &Family| (*family, recipe.value.libraries.of(*family));
            for (family, library) in Family::ALL
                .iter()
                .map(of)
                .flat_map(|(family, all)| all.iter().map(move |one| (family, one)))
            {
                let name = library.0.as_str();
                if let Some(other) = libraries.insert((family, name), package) {
                    self.twice(
                        &recipe.file,
                        &["libraries", family.as_str(), name],
                        "library",
                        name,
                        &in_package(other),
                    );
                }
            }
        }
    }
}

fn in_package(name: &str) -> String {
    format!("in recipes/{name}/recipe.yaml")
}
