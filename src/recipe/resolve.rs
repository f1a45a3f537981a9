//! What the recipes mean for one artifact: everything concrete, nothing left to decide.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::build::{Build, DefaultOptions, GivenBuild, Linked, PackageBuild, Profile, Recorded, StepBuild};
use super::check::needs;
use super::date::date;
use super::given::GivenSysroot;
use super::nearest;
use super::place::source;
use super::quoted::Quoted;
use super::raw::{OptionSet, StepEntry, TargetFile, VersionFile};
use super::set::{Image, Package, RecipeSet};
use super::source::SourceEntry;
use crate::model::{Digest, Ground, Options, PythonVersion, Target, TreePath};
use crate::plan::{CPYTHON, LicenseFile, LockedPackage, Root, TextFile};

/// What is asked for, in the words of the command line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Request {
    /// A version or a series of CPython; the release's default if nothing is said.
    pub python: Option<String>,
    /// A triple.
    pub target: String,
    /// A set of options; the release's default if nothing is said.
    pub options: Option<String>,
    /// Versions of dependencies other than their defaults.
    pub pins: BTreeMap<String, String>,
    /// Where the profile comes from, if the options have one.
    pub profile: ProfileChoice,
    /// What stands in the place of the target's sysroot, if not the package that the recipes have.
    pub sysroot: Option<GivenSysroot>,
}

/// Where the profile of a build is to come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ProfileChoice {
    /// The recorded one.
    #[default]
    Recorded,
    /// It is trained as a part of the build.
    Trained,
}

/// A version, a target and a set of options.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Combination {
    /// The version.
    pub python: PythonVersion,
    /// The target.
    pub target: Target,
    /// The options.
    pub options: Options,
}

impl std::fmt::Display for Combination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "CPython {} with `{}` for `{}`",
            self.python, self.options, self.target
        )
    }
}

/// Why there is no build for a request.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// A name that the recipes do not have.
    #[error("there is no {what} `{name}`")]
    Unknown {
        /// `target`, `version of cpython`, `set of options`, `package`.
        what: String,
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// A combination that the recipes exclude.
    #[error("{combination} is not built: {why}")]
    Excluded {
        /// What is asked for.
        combination: Box<Combination>,
        /// The reason in the recipe.
        why: String,
        /// What there is for this target.
        instead: Vec<String>,
    },
    /// A pin of a package that this build does not have.
    #[error("the build does not have the package `{package}` that is pinned")]
    UnusedPin {
        /// The package.
        package: String,
        /// The packages of the build that can be pinned.
        known: Vec<String>,
    },
    /// Options that want a profile, and none is recorded.
    #[error("no profile of CPython {python} is recorded, and `{options}` compiles with one")]
    NoProfile {
        /// The version.
        python: PythonVersion,
        /// The options.
        options: Options,
    },
    /// Options without a profile.
    #[error("`{options}` compiles without a profile: there is nothing to train")]
    NothingToTrain {
        /// The options.
        options: Options,
        /// Options that have one.
        known: Vec<String>,
    },
    /// A target that has no steps that train.
    #[error("no profile can be trained for `{target}`")]
    NoTraining {
        /// The target.
        target: Target,
    },
    /// A directory in the place of a sysroot that no other can stand in for.
    #[error("the sysroot of `{target}` cannot be given: `{package}` is the only one that its steps can use")]
    NotGiven {
        /// The target.
        target: Target,
        /// Its sysroot.
        package: String,
    },
    /// CPython cannot be pinned.
    #[error("the version of cpython cannot be pinned")]
    PinnedPython,
}

impl ResolveError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Unknown { name, known, .. } | Self::UnusedPin { package: name, known } => {
                let all = format!("there is: {}", known.join(", "));
                match nearest(name, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`? {all}"),
                    None => all,
                }
            }
            Self::Excluded { instead, .. } if instead.is_empty() => "choose another target".into(),
            Self::Excluded { instead, .. } => format!("for this target there is: {}", instead.join(", ")),
            Self::NoProfile { python, .. } => {
                format!("`pbs train --python {python}` records one; `--train` trains for this build alone")
            }
            Self::NothingToTrain { known, .. } => format!("with a profile there is: {}", known.join(", ")),
            Self::NoTraining { .. } => {
                "`training:` of recipes/cpython/recipe.yaml has no step for its family; the recorded profile serves every target".into()
            }
            Self::NotGiven { package, .. } => {
                format!("leave `--sysroot` out; `given:` in recipes/{package}/recipe.yaml would say what a directory must have")
            }
            Self::PinnedPython => "choose it with `--python`".into(),
        }
    }
}

impl RecipeSet {
    /// The build that a request means.
    pub fn resolve(&self, request: &Request) -> Result<Build, ResolveError> {
        let mut target_file = lookup("target", &request.target, &self.targets)?.value.clone();
        let target = target_file.target.0.clone();
        let python = self.python(request.python.as_deref())?;
        let default_options = &self.release.value.defaults.options.0;
        let (options, set) = self.options(request.options.as_deref())?;
        self.check_combination(&python, &target, &options)?;

        let series = python.series;
        let given = match &request.sysroot {
            Some(sysroot) => Some(self.put_in_place(sysroot, &mut target_file)?),
            None => None,
        };
        let packages = self.packages(&python, &target_file, given.as_ref(), &request.pins)?;
        let modules = self.extensions.value.of(target_file.ground(), series);
        let projects = self.projects.as_ref();
        let projects = projects.map(|projects| projects.value.rules(target_file.arch));
        let image = &self.images[target_file.worker.as_str()];
        let epoch = self.release.value.epoch;
        let locked = &image.lock.value.packages;
        let worker_toolchain = toolchain_versions(&image.recipe.value.toolchain, locked);
        let profile = match (set.profile, request.profile) {
            (true, ProfileChoice::Trained) if packages[CPYTHON].training.is_empty() => {
                return Err(ResolveError::NoTraining { target });
            }
            (true, ProfileChoice::Trained) => Some(Profile::Trained),
            (true, ProfileChoice::Recorded) => {
                Some(self.recorded(&python, &options, &packages[CPYTHON], &worker_toolchain)?)
            }
            (false, ProfileChoice::Recorded) => None,
            (false, ProfileChoice::Trained) => return Err(self.nothing_to_train(options)),
        };
        let test_root = target_file.tests.root.as_ref();
        let test_root = test_root.map(|name| self.root(name.as_str())).transpose()?;
        Ok(Build {
            default_options: if options == *default_options {
                DefaultOptions::Yes
            } else {
                DefaultOptions::No
            },
            python,
            target,
            options,
            options_env: text_map(&set.env),
            profile,
            packages,
            given,
            modules,
            projects,
            path: texts(&image.recipe.value.path),
            worker_toolchain,
            root: image.root(&target_file.worker.0),
            test_root,
            lock: Digest::of(image.lock.file.text.as_bytes()),
            target_file,
            epoch,
            tag: date(epoch),
        })
    }

    /// The worker root of an image, whether or not a target uses it.
    pub fn root(&self, image: &str) -> Result<Root, ResolveError> {
        Ok(lookup("image", image, &self.images)?.root(image))
    }

    /// Every combination that is released: version × target × options without the exceptions, and
    /// without those that want a profile which is not recorded yet.
    #[must_use]
    pub fn released(&self) -> Vec<Request> {
        let mut requests = Vec::new();
        for (python, version) in &self.packages[CPYTHON].versions {
            for target in self.targets.values() {
                for (options, set) in &self.options.value.options {
                    let is_complete = !set.profile || self.profiles.contains_key(python);
                    let excluded = excluded(&version.value, &target.value.target.0, &options.0);
                    if is_complete && excluded.is_none() {
                        requests.push(Request {
                            python: Some(python.clone()),
                            target: target.value.target.0.to_string(),
                            options: Some(options.0.to_string()),
                            ..Request::default()
                        });
                    }
                }
            }
        }
        requests
    }

    fn python(&self, asked: Option<&str>) -> Result<PythonVersion, ResolveError> {
        let default = &self.release.value.defaults.python.0;
        let Some(asked) = asked else {
            return Ok(default.clone());
        };
        let versions = &self.packages[CPYTHON].versions;
        let parsed = versions.keys().filter_map(|version| version.parse().ok());
        let of_series = |version: &PythonVersion| version.series.to_string() == asked;
        if of_series(default) {
            return Ok(default.clone());
        }
        // The newest of the series, a finished one before any that is not.
        let newest = parsed
            .clone()
            .filter(of_series)
            .max_by_key(|version: &PythonVersion| (version.prerelease.is_empty(), version.order()));
        newest
            .or_else(|| parsed.clone().find(|version| version.to_string() == asked))
            .ok_or_else(|| unknown("version of cpython", asked, versions.keys()))
    }

    fn recorded(
        &self,
        python: &PythonVersion,
        options: &Options,
        cpython: &PackageBuild,
        toolchain: &BTreeMap<String, String>,
    ) -> Result<Profile, ResolveError> {
        let record = self.profiles.get(&python.to_string());
        let record = record.ok_or_else(|| ResolveError::NoProfile {
            python: python.clone(),
            options: options.clone(),
        })?;
        Ok(Profile::Recorded(Box::new(Recorded {
            source: record.value.source(),
            drift: record.value.drift(cpython, toolchain),
        })))
    }

    fn nothing_to_train(&self, options: Options) -> ResolveError {
        let known = self.options.value.options.iter();
        let known = known
            .filter(|(_, set)| set.profile)
            .map(|(options, _)| options.0.to_string());
        ResolveError::NothingToTrain {
            options,
            known: known.collect(),
        }
    }

    fn options(&self, asked: Option<&str>) -> Result<(Options, &OptionSet), ResolveError> {
        let known = &self.options.value.options;
        let options = match asked {
            None => Some(self.release.value.defaults.options.0.clone()),
            Some(text) => text.parse().ok(),
        };
        options
            .and_then(|options| Some((options.clone(), known.get(&Quoted(options))?)))
            .ok_or_else(|| {
                let names: Vec<String> = known.keys().map(|options| options.0.to_string()).collect();
                unknown("set of options", asked.unwrap_or_default(), &names)
            })
    }

    fn check_combination(
        &self,
        python: &PythonVersion,
        target: &Target,
        options: &Options,
    ) -> Result<(), ResolveError> {
        let version = &self.packages[CPYTHON].versions[&python.to_string()];
        let Some(why) = excluded(&version.value, target, options) else {
            return Ok(());
        };
        let instead = self
            .released()
            .into_iter()
            .filter(|request| request.target == target.as_str())
            .map(|request| {
                let [python, options] = [request.python, request.options].map(Option::unwrap_or_default);
                format!("{python} with `{options}`")
            })
            .collect();
        Err(ResolveError::Excluded {
            combination: Box::new(Combination {
                python: python.clone(),
                target: target.clone(),
                options: options.clone(),
            }),
            why,
            instead,
        })
    }

    fn packages(
        &self,
        python: &PythonVersion,
        target: &TargetFile,
        given: Option<&GivenBuild>,
        pins: &BTreeMap<String, String>,
    ) -> Result<IndexMap<String, PackageBuild>, ResolveError> {
        let mut order = Vec::new();
        // What is given is not made, and neither is what only its package needs.
        order.extend(given.map(|given| given.package.as_str()));
        self.visit(CPYTHON, target, &mut order);
        // The sysroot and the toolchain are there even if every step happens to be bare.
        self.visit(target.sysroot.as_str(), target, &mut order);
        self.visit(target.toolchain.as_str(), target, &mut order);
        order.drain(..usize::from(given.is_some()));
        let linked = self.linked(target.ground());
        for (name, version) in pins {
            let package = lookup("package", name, &self.packages)?;
            if name == CPYTHON {
                return Err(ResolveError::PinnedPython);
            }
            lookup(&format!("version of {name}"), version, &package.versions)?;
            if !order.contains(&name.as_str()) {
                let known = order
                    .iter()
                    .filter(|name| **name != CPYTHON)
                    .map(|&name| name.to_owned());
                return Err(ResolveError::UnusedPin {
                    package: name.clone(),
                    known: known.collect(),
                });
            }
        }
        let build = |name: &str| {
            let package = &self.packages[name];
            let version = match (name, pins.get(name)) {
                (CPYTHON, _) => &package.versions[&python.to_string()],
                (_, Some(pin)) => &package.versions[pin],
                (_, None) => package
                    .versions
                    .values()
                    .find(|version| version.value.default)
                    .expect("checked: each package has one default version"),
            };
            let linked = if linked.contains(name) {
                Linked::Yes
            } else {
                Linked::No
            };
            let built = self.package(package, &version.value, target.ground(), linked);
            (name.to_owned(), built)
        };
        Ok(order.into_iter().map(build).collect())
    }

    /// Puts a package behind everything it needs.
    fn visit<'a>(&'a self, name: &'a str, target: &'a TargetFile, order: &mut Vec<&'a str>) {
        if order.contains(&name) {
            return;
        }
        for need in needs(&self.packages[name].recipe.value, target) {
            self.visit(need, target, order);
        }
        if !order.contains(&name) {
            order.push(name);
        }
    }

    /// CPython and what its extension modules link, with what that needs in turn.
    fn linked(&self, ground: Ground) -> BTreeSet<&str> {
        let mut linked = BTreeSet::new();
        let mut waiting = vec![CPYTHON];
        while let Some(name) = waiting.pop() {
            if linked.insert(name) {
                let steps = &self.packages[name].recipe.value.steps;
                waiting.extend(
                    steps
                        .iter()
                        .filter(|step| step.is_for(ground))
                        .flat_map(|step| step.needs.iter().map(|need| need.as_str())),
                );
            }
        }
        linked
    }

    fn package(
        &self,
        package: &Package,
        version: &VersionFile,
        ground: Ground,
        linked: Linked,
    ) -> PackageBuild {
        let recipe = &package.recipe.value;
        let name = recipe.package.as_str();
        let text_of = |path: &str| self.files[path].text.clone();
        let is_there = |step: &&StepEntry| step.is_for(ground);
        let step = |step: &StepEntry| {
            let files = std::iter::once(&step.script)
                .chain(&step.files)
                .map(|path| TextFile {
                    name: path.0.name().to_owned(),
                    text: text_of(&format!("recipes/{name}/{}", path.0.as_str())),
                });
            StepBuild {
                name: step.name.0.clone(),
                why: step.why.0.clone(),
                script: step.script.0.name().to_owned(),
                files: files.collect(),
                needs: texts(&step.needs),
                after: texts(&step.after),
                env: text_map(&step.env),
                weight: step.weight,
                timeout_minutes: step.timeout_minutes,
                bare: step.bare,
                setup: step.setup,
                projects: step.projects,
                profile: step.profile,
            }
        };
        let patches = version
            .patches
            .iter()
            .chain(version.patches_on.get(&ground.os).into_iter().flatten());
        let patches = patches.map(|path| TextFile {
            name: path.0.as_str().to_owned(),
            text: text_of(&format!("patches/{}", path.0.as_str())),
        });
        let licenses = recipe.licenses.iter().map(|license| LicenseFile {
            spdx: license.spdx.0.clone(),
            file: license.file.0.clone(),
            name: license.name.0.to_string(),
        });
        let libraries = recipe.libraries.of(ground.family);
        PackageBuild {
            version: version.version.0.clone(),
            summary: recipe.summary.0.clone(),
            homepage: recipe.homepage.0.clone(),
            source: match &version.source {
                SourceEntry::None => None,
                SourceEntry::Archive(archive) => Some(source(archive)),
            },
            patches: patches.collect(),
            steps: recipe.steps.iter().filter(is_there).map(step).collect(),
            training: recipe.training.iter().filter(is_there).map(step).collect(),
            licenses: licenses.collect(),
            libraries: libraries.iter().map(|path| path.0.to_string()).collect(),
            env: text_map(&version.env),
            hint: text(&recipe.hint),
            linked,
            cpe: text(&version.cpe),
            purl: text(&version.purl),
        }
    }
}

/// The reason why a combination does not exist.
fn excluded(version: &VersionFile, target: &Target, options: &Options) -> Option<String> {
    let exception = version.not_on.iter().find(|exception| {
        exception
            .target
            .as_ref()
            .is_none_or(|excluded| excluded.0 == *target)
            && exception
                .options
                .as_ref()
                .is_none_or(|excluded| excluded.0 == *options)
    });
    exception.map(|exception| exception.why.0.clone())
}

impl Image {
    /// What its packages are unpacked to.
    fn root(&self, name: &str) -> Root {
        let image = &self.recipe.value;
        Root {
            image: name.to_owned(),
            packages: self.lock.value.packages.clone(),
            links: tree_map(&image.links),
            files: tree_map(&image.files),
            directories: image.directories.iter().map(|path| path.0.clone()).collect(),
            remove: texts(&image.remove),
            snapshot: image.snapshot.0.clone(),
        }
    }
}

pub(super) fn lookup<'a, T>(
    what: &str,
    name: &str,
    known: &'a BTreeMap<String, T>,
) -> Result<&'a T, ResolveError> {
    known.get(name).ok_or_else(|| unknown(what, name, known.keys()))
}

fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a String>) -> ResolveError {
    ResolveError::Unknown {
        what: what.to_owned(),
        name: name.to_owned(),
        known: known.into_iter().cloned().collect(),
    }
}

fn toolchain_versions(names: &[Quoted<String>], locked: &[LockedPackage]) -> BTreeMap<String, String> {
    let version = |name: &str| locked.iter().find(|locked| locked.package == name);
    names
        .iter()
        .filter_map(|name| Some((name.0.clone(), version(name.as_str())?.version.clone())))
        .collect()
}

fn text(text: &Option<Quoted<String>>) -> Option<String> {
    text.as_ref().map(|text| text.0.clone())
}

fn texts(texts: &[Quoted<String>]) -> Vec<String> {
    texts.iter().map(|text| text.0.clone()).collect()
}

fn text_map(map: &BTreeMap<Quoted<String>, Quoted<String>>) -> BTreeMap<String, String> {
    map.iter()
        .map(|(key, value)| (key.0.clone(), value.0.clone()))
        .collect()
}

fn tree_map(map: &BTreeMap<Quoted<TreePath>, Quoted<String>>) -> BTreeMap<TreePath, String> {
    map.iter()
        .map(|(key, value)| (key.0.clone(), value.0.clone()))
        .collect()
}
