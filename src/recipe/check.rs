//! The cross-references of recipes: whatever one file says of another must be true.

mod cycle;
mod family;
mod given;
mod modules;
mod package;
mod profiles;
mod projects;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::error::{Problem, RecipeError};
use super::raw::{LOCK_VERSION, TargetFile};
use super::set::{RecipeSet, Written};
use super::{SourceFile, locate, nearest};
use crate::model::{Os, TreePath};
use crate::plan::{CPYTHON, parse_glob};

pub(crate) use cycle::needs;

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
    checker.projects();
    checker.profiles();
    checker.images();
    checker.unused();
    // Only packages that exist can need each other.
    if checker.errors.is_empty() {
        checker.families();
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
        if (value.os == Os::Darwin) != value.apple_sdk.is_some() {
            let words: &[&str] = match &value.apple_sdk {
                Some(_) => &["apple-sdk"],
                None => &["os", value.os.as_str()],
            };
            self.report(file, words, Problem::AppleSdk { os: value.os });
        }
        let packages = &self.set.packages;
        self.known(
            file,
            &["worker", value.worker.as_str()],
            "image",
            self.set.images.keys(),
        );
        if let Some(root) = &value.tests.root {
            self.known(
                file,
                &["tests", "root", root.as_str()],
                "image",
                self.set.images.keys(),
            );
        }
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
            if lock.version != LOCK_VERSION {
                let found = lock.version;
                let words = ["version", &found.to_string()];
                self.report(lock_file, &words, Problem::LockVersion { found });
            }
            for glob in &value.remove {
                self.glob(file, &["remove", glob.as_str()]);
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

    /// Reports a pattern that is none: the last of `words`.
    fn glob(&mut self, file: &Arc<SourceFile>, words: &[&str]) {
        let glob = *words.last().expect("the last word is the pattern");
        if let Err(error) = parse_glob(glob) {
            let problem = Problem::Glob {
                glob: glob.to_owned(),
                reason: error.kind().to_string(),
            };
            self.report(file, words, problem);
        }
    }

    fn unused(&mut self) {
        for (path, file) in &self.set.files {
            if !self.used.contains(path) {
                self.report(file, &[], Problem::UnusedFile);
            }
        }
    }
}
