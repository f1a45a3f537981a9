//! The cross-references of recipes: whatever one file says of another must be true.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::error::{Problem, RecipeError};
use super::raw::{NotOn, PackageFile, StepEntry, TargetFile, VersionFile};
use super::set::{Package, RecipeSet, Written};
use super::source::{ArchiveEntry, Mirror, SourceEntry};
use super::{SourceFile, locate, nearest};
use crate::model::{PythonVersion, TreePath};
use crate::plan::{CPYTHON, Linkage};

/// Everything that does not fit together.
pub(crate) fn check(set: &RecipeSet) -> Vec<RecipeError> {
    let mut checker = Checker {
        set,
        used: BTreeSet::new(),
        errors: Vec::new(),
    };
    checker.release();
    for (name, target) in &set.targets {
        checker.target(name, target);
    }
    for (name, package) in &set.packages {
        checker.package(name, package);
    }
    checker.names_in_a_distribution();
    checker.modules();
    checker.images();
    checker.unused();
    // Only packages that exist can need each other.
    if checker.errors.is_empty() {
        checker.cycles();
    }
    checker.errors
}

struct Checker<'a> {
    set: &'a RecipeSet,
    /// Scripts and patches that something refers to.
    used: BTreeSet<String>,
    errors: Vec<RecipeError>,
}

impl Checker<'_> {
    /// Adds a problem; its place is where `words` stand one behind the other.
    fn report(&mut self, file: &Arc<SourceFile>, words: &[&str], problem: Problem) {
        self.errors.push(RecipeError {
            problem,
            file: Arc::clone(file),
            span: locate::find(&file.text, words),
        });
    }

    /// Reports `name` unless it is one of `known`.
    fn known<'k>(
        &mut self,
        file: &Arc<SourceFile>,
        words: &[&str],
        what: &'static str,
        known: impl IntoIterator<Item = &'k String>,
    ) {
        let name = *words.last().expect("the last word is the name");
        let valid: Vec<String> = known.into_iter().cloned().collect();
        if !valid.iter().any(|known| known == name) {
            let name = name.to_owned();
            self.report(file, words, Problem::Unknown { what, name, valid });
        }
    }

    fn options(&self) -> Vec<String> {
        let known = self.set.options.value.options.keys();
        known.map(|options| options.0.to_string()).collect()
    }

    fn release(&mut self) {
        let Written { value, file } = &self.set.release;
        let python = value.defaults.python.0.to_string();
        let versions = self.set.packages[CPYTHON].versions.keys();
        self.known(file, &["defaults", "python", &python], "version", versions);
        let options = value.defaults.options.0.to_string();
        self.known(
            file,
            &["defaults", "options", &options],
            "option",
            &self.options(),
        );
    }

    fn target(&mut self, name: &str, target: &Written<TargetFile>) {
        let Written { value, file } = target;
        self.placed(file, "target", value.target.0.as_str(), name);
        let packages = &self.set.packages;
        self.known(
            file,
            &["worker", value.worker.as_str()],
            "image",
            self.set.images.keys(),
        );
        self.known(
            file,
            &["sysroot", value.sysroot.as_str()],
            "package",
            packages.keys(),
        );
        self.known(
            file,
            &["toolchain", value.toolchain.as_str()],
            "package",
            packages.keys(),
        );
        for failure in &value.tests.expected_failures {
            for options in &failure.options {
                let options = options.0.to_string();
                self.known(
                    file,
                    &[failure.test.as_str(), &options],
                    "option",
                    &self.options(),
                );
            }
        }
    }

    fn placed(&mut self, file: &Arc<SourceFile>, what: &'static str, found: &str, expected: &str) {
        if found != expected {
            let problem = Problem::Misplaced {
                what,
                found: found.to_owned(),
                expected: expected.to_owned(),
            };
            self.report(file, &[what, found], problem);
        }
    }

    fn package(&mut self, name: &str, package: &Package) {
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
        let mut earlier = Vec::new();
        for step in &value.steps {
            self.step(name, file, step, &earlier);
            earlier.push(step.name.0.clone());
        }
        for (version, written) in &package.versions {
            self.version(name, version, written);
        }
        self.defaults(name, package);
    }

    fn step(&mut self, package: &str, file: &Arc<SourceFile>, step: &StepEntry, earlier: &[String]) {
        let name = step.name.as_str();
        if earlier.iter().any(|other| other == name) {
            self.twice(file, &["name", name, "name", name], "step", name, "above");
        }
        if !is_name(name) || RESERVED.contains(&name) {
            self.name(file, &["name", name], "step", name);
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
            self.known(file, &[name, "after", after.as_str()], "step", earlier);
        }
        if step.setup && package != CPYTHON {
            self.report(file, &[name, "setup"], Problem::Setup);
        }
    }

    fn name(&mut self, file: &Arc<SourceFile>, words: &[&str], what: &'static str, name: &str) {
        let name = name.to_owned();
        self.report(file, words, Problem::Name { what, name });
    }

    fn twice(&mut self, file: &Arc<SourceFile>, words: &[&str], what: &'static str, name: &str, other: &str) {
        let problem = Problem::Twice {
            what,
            name: name.to_owned(),
            other: other.to_owned(),
        };
        self.report(file, words, problem);
    }

    /// Reports a script or patch that does not exist, and remembers that it is used.
    fn file(&mut self, file: &Arc<SourceFile>, words: &[&str], path: &str) {
        self.used.insert(path.to_owned());
        if !self.set.files.contains_key(path) {
            let near = nearest(path, self.set.files.keys().map(String::as_str));
            let problem = Problem::NoSuchFile {
                path: path.to_owned(),
                near: near.map(str::to_owned),
            };
            self.report(file, words, problem);
        }
    }

    fn version(&mut self, package: &str, version: &str, written: &Written<VersionFile>) {
        let Written { value, file } = written;
        self.placed(file, "version", value.version.as_str(), version);
        for patch in &value.patches {
            let path = patch.0.as_str();
            self.file(file, &["patches", path], &format!("patches/{path}"));
        }
        match &value.source {
            SourceEntry::Archive(archive) => self.source(file, archive),
            SourceEntry::None => {
                let recipe = &self.set.packages[package].recipe.value;
                let taken = [
                    ("patches", !value.patches.is_empty()),
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
    fn names_in_a_distribution(&mut self) {
        let set = self.set;
        let mut licenses: BTreeMap<&str, &str> = BTreeMap::new();
        let mut libraries: BTreeMap<&str, &str> = BTreeMap::new();
        for (package, Package { recipe, .. }) in &set.packages {
            for license in &recipe.value.licenses {
                let name = license.name.as_str();
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
            for library in &recipe.value.libraries {
                let name = library.as_str();
                if let Some(other) = libraries.insert(name, package) {
                    self.twice(
                        &recipe.file,
                        &["libraries", name],
                        "library",
                        name,
                        &in_package(other),
                    );
                }
            }
        }
    }

    fn modules(&mut self) {
        let set = self.set;
        let Written { value, file } = &set.extensions;
        let seen: BTreeSet<&str> = set.packages[CPYTHON]
            .recipe
            .value
            .steps
            .iter()
            .flat_map(|step| step.needs.iter().map(|need| need.as_str()))
            .collect();
        let series: BTreeSet<String> = set.packages[CPYTHON]
            .versions
            .values()
            .filter_map(|version| Some(version.value.python.as_ref()?.major_minor.0.to_string()))
            .collect();
        for (name, module) in &value.modules {
            let name = name.as_str();
            let key = format!("{name}:");
            if module.linkage == Linkage::Absent && module.why.is_none() {
                let problem = Problem::AbsentWithoutWhy {
                    module: name.to_owned(),
                };
                self.report(file, &["modules", &key], problem);
            }
            for need in &module.needs {
                let need = need.as_str();
                self.known(
                    file,
                    &["modules", &key, "needs", need],
                    "package",
                    set.packages.keys(),
                );
                if set.packages.contains_key(need) && !seen.contains(need) {
                    let problem = Problem::ModuleNeed {
                        module: name.to_owned(),
                        package: need.to_owned(),
                    };
                    self.report(file, &["modules", &key, "needs", need], problem);
                }
            }
            for wanted in &module.series {
                let wanted = wanted.0.to_string();
                self.known(file, &["modules", &key, "in", &wanted], "series", &series);
            }
        }
    }

    fn images(&mut self) {
        let set = self.set;
        for (name, image) in &set.images {
            let Written { value, file } = &image.recipe;
            self.placed(file, "image", value.image.as_str(), name);
            let Written {
                value: lock,
                file: lock_file,
            } = &image.lock;
            self.placed(lock_file, "image", lock.image.as_str(), name);
            let locked: BTreeSet<&str> = lock
                .packages
                .iter()
                .map(|locked| locked.package.as_str())
                .collect();
            for package in value.packages.iter().chain(&value.toolchain) {
                if !locked.contains(package.as_str()) {
                    let problem = Problem::StaleLock {
                        package: package.0.clone(),
                    };
                    self.report(file, &[package.as_str()], problem);
                }
            }
            for locked in &lock.packages {
                if locked.digest().is_err() {
                    let message = format!("`{}` is not a SHA-256 sum", locked.sha256);
                    self.report(lock_file, &[&locked.sha256], Problem::Value { message });
                }
                if TreePath::parse(&locked.filename).is_err() {
                    let message = format!("`{}` is not a relative path", locked.filename);
                    self.report(lock_file, &[&locked.filename], Problem::Value { message });
                }
            }
        }
    }

    fn unused(&mut self) {
        for (path, file) in &self.set.files {
            if !self.used.contains(path) {
                self.report(file, &[], Problem::UnusedFile);
            }
        }
    }

    fn cycles(&mut self) {
        let set = self.set;
        for target in set.targets.values() {
            let graph = set
                .packages
                .iter()
                .map(|(name, package)| (name.as_str(), needs(&package.recipe.value, &target.value)))
                .collect();
            if let Some(cycle) = find_cycle(&graph) {
                let first = &set.packages[cycle[0]].recipe.file;
                let words = ["needs", cycle[1]];
                let cycle = cycle.iter().map(|&name| name.to_owned()).collect();
                self.report(first, &words, Problem::Cycle { cycle });
                return;
            }
        }
    }
}

/// Names of steps that plans have themselves, and of inputs that every step may have.
const RESERVED: [&str; 7] = [
    "source",
    "patched",
    "setup",
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

fn in_package(name: &str) -> String {
    format!("in recipes/{name}/recipe.yaml")
}

/// The packages whose output the steps of a package see.
pub(crate) fn needs<'a>(package: &'a PackageFile, target: &'a TargetFile) -> BTreeSet<&'a str> {
    let mut needs = BTreeSet::new();
    for step in &package.steps {
        needs.extend(step.needs.iter().map(|need| need.as_str()));
        if !step.bare {
            needs.extend([target.sysroot.as_str(), target.toolchain.as_str()]);
        }
    }
    needs
}

/// A way from a package back to itself.
fn find_cycle<'a>(graph: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Option<Vec<&'a str>> {
    fn walk<'a>(
        name: &'a str,
        graph: &BTreeMap<&'a str, BTreeSet<&'a str>>,
        path: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> bool {
        if let Some(start) = path.iter().position(|other| *other == name) {
            path.drain(..start);
            path.push(name);
            return true;
        }
        if done.contains(name) {
            return false;
        }
        path.push(name);
        for need in graph.get(name).into_iter().flatten() {
            if walk(need, graph, path, done) {
                return true;
            }
        }
        path.pop();
        done.insert(name);
        false
    }

    let mut done = BTreeSet::new();
    graph.keys().find_map(|name| {
        let mut path = Vec::new();
        walk(name, graph, &mut path, &mut done).then_some(path)
    })
}
