//! All recipes of a workspace, read and checked against each other.
//!
//! It knows what was written and where; what it means for one artifact [`super::resolve`] says.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::error::{Problem, RecipeError, RecipeErrors};
use super::modules::ExtensionsFile;
use super::profile::ProfileFile;
use super::projects::ProjectsFile;
use super::raw::{
    ImageFile, LockFile, OptionsFile, PackageFile, Release, SystemFile, TargetFile, VersionFile,
};
use super::{SourceFile, check, system, yaml};
use crate::plan::CPYTHON;

/// What a file says, and the file.
#[derive(Clone, Debug)]
pub struct Written<T> {
    /// What it says.
    pub value: T,
    /// The file, for errors.
    pub file: Arc<SourceFile>,
}

/// A package: its recipe and its versions.
#[derive(Clone, Debug)]
pub struct Package {
    /// `recipe.yaml`.
    pub recipe: Written<PackageFile>,
    /// `versions/*.yaml` by version.
    pub versions: BTreeMap<String, Written<VersionFile>>,
}

/// A worker root: what is asked for and what that came to.
#[derive(Clone, Debug)]
pub struct Image {
    /// `image.yaml`.
    pub recipe: Written<ImageFile>,
    /// `image.lock`.
    pub lock: Written<LockFile>,
}

/// All recipes; every reference in them holds.
#[derive(Clone, Debug)]
pub struct RecipeSet {
    /// `recipes/release.yaml`.
    pub release: Written<Release>,
    /// `recipes/options.yaml`.
    pub options: Written<OptionsFile>,
    /// `recipes/targets/*.yaml` by triple.
    pub targets: BTreeMap<String, Written<TargetFile>>,
    /// The packages by name.
    pub packages: BTreeMap<String, Package>,
    /// `recipes/cpython/extensions.yaml`.
    pub extensions: Written<ExtensionsFile>,
    /// `recipes/cpython/projects.yaml`, where a step wants it.
    pub projects: Option<Written<ProjectsFile>>,
    /// `recipes/cpython/profiles/*.yaml` by version.
    pub profiles: BTreeMap<String, Written<ProfileFile>>,
    /// The worker roots by name.
    pub images: BTreeMap<String, Image>,
    /// Scripts and patches by path.
    pub files: BTreeMap<String, Arc<SourceFile>>,
}

/// Reads `docker/<image>/image.yaml` alone, to make the lock that a [`RecipeSet`] wants.
pub fn read_image(file: SourceFile) -> Result<ImageFile, RecipeErrors> {
    yaml::parse(&Arc::new(file)).map_err(|error| RecipeErrors(vec![error]))
}

/// The files of a workspace, sorted by what they are, before they are checked.
#[derive(Default)]
struct Reader {
    errors: Vec<RecipeError>,
    release: Option<Written<Release>>,
    options: Option<Written<OptionsFile>>,
    extensions: Option<Written<ExtensionsFile>>,
    projects: Option<Written<ProjectsFile>>,
    targets: BTreeMap<String, Written<TargetFile>>,
    systems: BTreeMap<String, Written<SystemFile>>,
    recipes: BTreeMap<String, Written<PackageFile>>,
    versions: BTreeMap<String, BTreeMap<String, Written<VersionFile>>>,
    profiles: BTreeMap<String, Written<ProfileFile>>,
    images: BTreeMap<String, Written<ImageFile>>,
    locks: BTreeMap<String, Written<LockFile>>,
    files: BTreeMap<String, Arc<SourceFile>>,
}

impl RecipeSet {
    /// Reads and checks all files of a workspace; reports every mistake it finds.
    pub fn load(files: Vec<SourceFile>) -> Result<Self, RecipeErrors> {
        let mut reader = Reader::default();
        for file in files {
            reader.take(Arc::new(file));
        }
        let set = reader.finish()?;
        match check::check(&set) {
            errors if errors.is_empty() => Ok(set),
            errors => Err(RecipeErrors(errors)),
        }
    }
}

impl Reader {
    fn take(&mut self, file: Arc<SourceFile>) {
        let path = file.path.clone();
        let parts: Vec<&str> = path.split('/').collect();
        match parts[..] {
            [.., name] if name.ends_with(".md") => {}
            ["recipes", "release.yaml"] => self.release = self.parse(&file),
            ["recipes", "options.yaml"] => self.options = self.parse(&file),
            ["recipes", CPYTHON, "extensions.yaml"] => self.extensions = self.parse(&file),
            ["recipes", CPYTHON, "projects.yaml"] => self.projects = self.parse(&file),
            ["recipes", "targets", name] if name.ends_with(".yaml") => {
                let parsed = self.parse(&file);
                insert(&mut self.targets, stem(name), parsed);
            }
            ["recipes", "systems", name] if name.ends_with(".yaml") => {
                let parsed = self.parse(&file);
                insert(&mut self.systems, stem(name), parsed);
            }
            ["recipes", package, "recipe.yaml"] => {
                let parsed = self.parse(&file);
                insert(&mut self.recipes, package, parsed);
            }
            ["recipes", package, "versions", name] if name.ends_with(".yaml") => {
                let parsed = self.parse(&file);
                let versions = self.versions.entry(package.to_owned()).or_default();
                insert(versions, stem(name), parsed);
            }
            ["recipes", CPYTHON, "profiles", name] if name.ends_with(".yaml") => {
                let parsed = self.parse(&file);
                insert(&mut self.profiles, stem(name), parsed);
            }
            ["docker", image, "image.yaml"] => {
                let parsed = self.parse(&file);
                insert(&mut self.images, image, parsed);
            }
            ["docker", image, "image.lock"] => {
                let parsed = self.parse(&file);
                insert(&mut self.locks, image, parsed);
            }
            _ => {
                self.files.insert(path, file);
            }
        }
    }

    fn parse<T: DeserializeOwned>(&mut self, file: &Arc<SourceFile>) -> Option<Written<T>> {
        match yaml::parse(file) {
            Ok(value) => Some(Written {
                value,
                file: Arc::clone(file),
            }),
            Err(error) => {
                self.errors.push(error);
                None
            }
        }
    }

    fn finish(mut self) -> Result<RecipeSet, RecipeErrors> {
        // A file that cannot be read hides what it would have said: more errors would mislead.
        if !self.errors.is_empty() {
            return Err(RecipeErrors(self.errors));
        }
        let mut missing = system::share(&mut self.targets, &self.systems);
        let mut packages = BTreeMap::new();
        for (name, recipe) in self.recipes {
            let versions = self.versions.remove(&name).unwrap_or_default();
            packages.insert(name, Package { recipe, versions });
        }
        for name in self.versions.keys() {
            let path = format!("recipes/{name}/recipe.yaml");
            missing.push(missing_file(&path, "there are versions of this package"));
        }
        let mut images = BTreeMap::new();
        for (name, recipe) in self.images {
            match self.locks.remove(&name) {
                Some(lock) => {
                    images.insert(name, Image { recipe, lock });
                }
                None => missing.push(missing_file(
                    &format!("docker/{name}/image.lock"),
                    "`pbs image lock` writes it",
                )),
            }
        }
        for name in self.locks.keys() {
            let path = format!("docker/{name}/image.yaml");
            missing.push(missing_file(&path, "there is a lock of this image"));
        }
        let required = "every workspace has it";
        let mut need = |path: &str| missing.push(missing_file(path, required));
        if self.release.is_none() {
            need("recipes/release.yaml");
        }
        if self.options.is_none() {
            need("recipes/options.yaml");
        }
        if self.extensions.is_none() {
            need("recipes/cpython/extensions.yaml");
        }
        if !packages.contains_key(CPYTHON) {
            need("recipes/cpython/recipe.yaml");
        }
        match (self.release, self.options, self.extensions) {
            (Some(release), Some(options), Some(extensions)) if missing.is_empty() => Ok(RecipeSet {
                release,
                options,
                targets: self.targets,
                packages,
                extensions,
                projects: self.projects,
                profiles: self.profiles,
                images,
                files: self.files,
            }),
            _ => Err(RecipeErrors(missing)),
        }
    }
}

fn missing_file(path: &str, because: &'static str) -> RecipeError {
    RecipeError {
        problem: Problem::MissingFile {
            path: path.to_owned(),
            because,
        },
        file: Arc::new(SourceFile {
            path: path.to_owned(),
            text: String::new(),
        }),
        span: None,
    }
}

fn stem(name: &str) -> &str {
    name.strip_suffix(".yaml").unwrap_or(name)
}

fn insert<T>(map: &mut BTreeMap<String, T>, name: &str, value: Option<T>) {
    if let Some(value) = value {
        map.insert(name.to_owned(), value);
    }
}
