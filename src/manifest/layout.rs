//! Where things stand in a distribution: `python/{build,install,licenses}`, and what of it goes
//! into which archive. Pure: trees in, a tree out.

use std::collections::BTreeMap;

use super::{Manifest, python};
use crate::model::{Entry, MergeError, Tree, TreePath};
use crate::plan::{Assemble, Flavor, LicenseFile};

/// What a distribution is laid out from.
#[derive(Clone, Debug)]
pub struct LayoutInputs<'a> {
    /// Output of CPython's last step: `install/`, `build/`, `facts/`, `stripped/`.
    pub cpython: &'a Tree,
    /// Outputs of the packages whose libraries are linked, by package.
    pub packages: BTreeMap<&'a str, &'a Tree>,
    /// Source trees of the packages that have licences, by package.
    pub sources: BTreeMap<&'a str, &'a Tree>,
}

/// Why a distribution cannot be laid out.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// CPython's output lacks one of its parts.
    #[error("the output of CPython's last step has no `{part}`")]
    Part {
        /// `install` or `build`.
        part: &'static str,
    },
    /// A package that is named was not given.
    #[error("the package `{package}` is no input of this step")]
    Package {
        /// Its name.
        package: String,
    },
    /// A package lacks a library that its recipe promises.
    #[error(
        "the package `{package}` has no `{library}`: see `libraries:` of its recipe and what its script installs"
    )]
    Library {
        /// Its name.
        package: String,
        /// The file.
        library: TreePath,
    },
    /// A source lacks a licence text that its recipe promises.
    #[error(
        "the source of `{package}` has no `{file}`: see `licenses:` of its recipe and `select:` of its version"
    )]
    License {
        /// Its name.
        package: String,
        /// The file.
        file: TreePath,
    },
    /// A name that cannot stand in a tree.
    #[error(transparent)]
    Name(#[from] crate::model::ParsePathError),
    /// Two files want the same place.
    #[error("laying out the distribution")]
    Merge(#[from] MergeError),
}

fn path(text: &str) -> TreePath {
    TreePath::parse(text).expect("a path written here is one")
}

/// Where a static library of a package stands, relative to `python/`.
pub(super) fn library_path(file: &str) -> Result<TreePath, crate::model::ParsePathError> {
    Ok(path("build/lib").join(&TreePath::parse(file)?))
}

/// Where a licence text stands, relative to `python/`.
pub(super) fn license_path(license: &LicenseFile) -> Result<TreePath, crate::model::ParsePathError> {
    Ok(path("licenses").join(&TreePath::parse(&license.name)?))
}

/// Lays out a distribution, without its manifest.
pub fn assemble(inputs: &LayoutInputs<'_>, assemble: &Assemble) -> Result<Tree, LayoutError> {
    let mut root = Tree::new();
    for part in ["build", "install"] {
        let tree = inputs.cpython.subtree(&path(part));
        if tree.is_empty() {
            return Err(LayoutError::Part { part });
        }
        root.merge(&path(part), &tree)?;
    }
    for (package, libraries) in &assemble.libraries {
        let tree = find(&inputs.packages, package)?;
        for library in libraries {
            let from = path("lib").join(&TreePath::parse(library)?);
            let entry = find_file(tree, &from).ok_or_else(|| LayoutError::Library {
                package: package.clone(),
                library: from.clone(),
            })?;
            root.insert(library_path(library)?, entry)?;
        }
    }
    for (package, licenses) in &assemble.licenses {
        let tree = find(&inputs.sources, package)?;
        for license in licenses {
            let entry = find_file(tree, &license.file).ok_or_else(|| LayoutError::License {
                package: package.clone(),
                file: license.file.clone(),
            })?;
            root.insert(license_path(license)?, entry)?;
        }
    }
    let mut distribution = Tree::new();
    distribution.merge(&python(), &root)?;
    Ok(distribution)
}

fn find<'a>(trees: &BTreeMap<&str, &'a Tree>, package: &str) -> Result<&'a Tree, LayoutError> {
    trees.get(package).copied().ok_or_else(|| LayoutError::Package {
        package: package.to_owned(),
    })
}

/// The file at `path`, through links, as one that nobody executes.
fn find_file(tree: &Tree, path: &TreePath) -> Option<Entry> {
    match tree.get(&super::resolve(tree, path)?)? {
        Entry::File { digest, .. } => Some(Entry::File {
            digest: *digest,
            executable: false,
        }),
        _ => None,
    }
}

/// What goes into an archive of this flavour, and its manifest; the tree is without `PYTHON.json`.
///
/// `distribution` is the assembled tree, with or without `PYTHON.json`; `manifest` is the one of
/// the full archive; `stripped` replaces files of `install/` where the flavour wants that.
pub fn select_flavor(
    distribution: &Tree,
    manifest: &Manifest,
    flavor: Flavor,
    stripped: Option<&Tree>,
) -> Result<(Tree, Manifest), LayoutError> {
    let mut full = distribution.clone();
    full.remove(&path(Manifest::PATH));
    if flavor == Flavor::Full {
        return Ok((full, manifest.clone()));
    }
    let install = path("python/install");
    let dropped = dropped_from_install(manifest);
    let mut root = Tree::new();
    for (at, entry) in full.subtree(&install).iter() {
        let in_full = path("install").join(at);
        let is_dropped = dropped
            .iter()
            .any(|dropped| in_full.strip_prefix(dropped).is_some());
        if *entry == Entry::Directory || is_dropped || at.as_str().ends_with(".a") {
            continue;
        }
        let replaced = match (flavor, entry) {
            (Flavor::InstallOnlyStripped, Entry::File { executable, .. }) => {
                match stripped.and_then(|stripped| stripped.get(at)) {
                    Some(Entry::File { digest, .. }) => Some(Entry::File {
                        digest: *digest,
                        executable: *executable,
                    }),
                    _ => None,
                }
            }
            _ => None,
        };
        root.insert(at.clone(), replaced.unwrap_or_else(|| entry.clone()))?;
    }
    root.merge(&path("licenses"), &full.subtree(&path("python/licenses")))?;
    let manifest = rewrite(manifest, flavor, &root);
    let mut tree = Tree::new();
    tree.merge(&python(), &root)?;
    Ok((tree, manifest))
}

/// What goes into the archive of debug information: `debug` and the licences of the distribution.
pub fn select_debug_info(distribution: &Tree, debug: &Tree) -> Result<Tree, LayoutError> {
    let mut tree = Tree::new();
    tree.merge(&path("python/debug"), debug)?;
    let licenses = path("python/licenses");
    tree.merge(&licenses, &distribution.subtree(&licenses))?;
    Ok(tree)
}

/// What of `install/` serves only tests.
fn dropped_from_install(manifest: &Manifest) -> Vec<TreePath> {
    let mut dropped = Vec::new();
    if let Some(stdlib) = manifest.python_paths.get("stdlib") {
        for package in &manifest.python_stdlib_test_packages {
            if let Ok(package) = TreePath::parse(&package.replace('.', "/")) {
                dropped.push(stdlib.join(&package));
            }
        }
    }
    let variants = manifest.build_info.iter().flat_map(|build| &build.extensions);
    for (name, variants) in variants {
        if manifest
            .pbs
            .extensions
            .get(name)
            .is_some_and(|extension| extension.test)
        {
            dropped.extend(variants.iter().filter_map(|variant| variant.shared_lib.clone()));
        }
    }
    dropped
}

/// The manifest of an archive whose `python/` is what `install/` was.
fn rewrite(full: &Manifest, flavor: Flavor, root: &Tree) -> Manifest {
    let moved = |at: &TreePath| at.strip_prefix(&path("install")).unwrap_or_else(|| at.clone());
    let mut manifest = full.clone();
    manifest.python_exe = moved(&full.python_exe);
    manifest.python_paths = full
        .python_paths
        .iter()
        .map(|(name, at)| (name.clone(), moved(at)))
        .collect();
    manifest.python_stdlib_platform_config = full.python_stdlib_platform_config.as_ref().map(moved);
    manifest.tcl_library_path = full.tcl_library_path.as_ref().map(moved);
    // The objects are in the full archive only, and so is the script.
    manifest.build_info = None;
    manifest.run_tests = None;
    manifest.python_stdlib_test_packages.clear();
    manifest.pbs.flavor = flavor;
    manifest.pbs.interpreter.main_object = None;
    manifest.pbs.interpreter.start = None;
    manifest.pbs.interpreter.launcher = None;
    for component in &mut manifest.pbs.components {
        component.libraries.clear();
    }
    manifest.pbs.extensions.retain(|_, extension| !extension.test);
    manifest.pbs.files = root
        .files()
        .map(|(at, digest, _)| (at.clone(), *digest))
        .collect();
    manifest
}
