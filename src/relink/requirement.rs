//! Reads the wheels that an application requires.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::{GatherError, RequirementError, SingleFile};
use crate::archive::{ArchiveError, UnpackLimits, read_zip};
use crate::manifest::Manifest;
use crate::wheel::{Fit, Takes, Version, Wheel, WheelName, normalized};

/// A wheel that fits the distribution.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) wheel: Wheel,
    pub(super) fit: Fit,
}

/// Reads wheels, and all of those directories that are among the paths; sorted by project.
pub(super) fn read_wheels(single: &SingleFile, manifest: &Manifest) -> Result<Vec<Chosen>, GatherError> {
    let chosen = choose(&single.requirements, manifest, single.other.as_ref())?;
    let read = chosen.into_values().map(|(path, name, fit)| {
        let wheel = read_wheel(&path, name)?;
        check_python(&wheel, manifest)?;
        Ok(Chosen { wheel, fit })
    });
    read.collect()
}

/// The wheels that are meant, by project; those that only another executable takes are not.
pub(super) fn choose(
    paths: &[Utf8PathBuf],
    manifest: &Manifest,
    other: Option<&Takes>,
) -> Result<BTreeMap<String, (Utf8PathBuf, WheelName, Fit)>, GatherError> {
    if paths.is_empty() {
        return Ok(BTreeMap::new());
    }
    let takes = Takes::of(manifest).ok_or(GatherError::Manifest {
        field: "python_abi_tag",
    })?;
    let mut projects = BTreeMap::<String, (Utf8PathBuf, WheelName, Fit)>::new();
    for path in find(paths)? {
        let name = WheelName::parse(path.file_name().unwrap_or_default()).map_err(RequirementError::from)?;
        let fit = match takes.fit(&name) {
            Ok(fit) => fit,
            Err(_) if other.is_some_and(|other| other.fit(&name).is_ok()) => continue,
            Err(misfit) => {
                return Err(RequirementError::Misfit {
                    file: name.file.clone(),
                    misfit,
                    tags: name.tags(),
                    takes: takes.to_string(),
                }
                .into());
            }
        };
        let project = normalized(&name.project);
        match projects.get(&project) {
            // The same one, named twice.
            Some((first, ..)) if *first == path => {}
            Some((_, first, _)) => {
                return Err(RequirementError::Project {
                    first: first.file.clone(),
                    second: name.file,
                    project,
                }
                .into());
            }
            None => {
                projects.insert(project, (path, name, fit));
            }
        }
    }
    Ok(projects)
}

/// The files that are meant.
fn find(paths: &[Utf8PathBuf]) -> Result<Vec<Utf8PathBuf>, RequirementError> {
    let failed = |path: &Utf8Path| {
        let path = path.to_owned();
        move |source| RequirementError::Read { path, source }
    };
    let mut files = Vec::new();
    for path in paths {
        if !fs_err::metadata(path).map_err(failed(path))?.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        for entry in path.read_dir_utf8().map_err(failed(path))? {
            let entry = entry.map_err(failed(path))?.into_path();
            if entry.extension() == Some("whl") {
                files.push(entry);
            }
        }
        if files.len() == before {
            let directory = path.clone();
            return Err(RequirementError::Empty { directory });
        }
        files[before..].sort();
    }
    Ok(files)
}

fn read_wheel(path: &Utf8Path, name: WheelName) -> Result<Wheel, RequirementError> {
    let path = path.to_owned();
    let file = fs_err::File::open(&path).map_err(|source| RequirementError::Read {
        path: path.clone(),
        source,
    })?;
    let files = read_zip(file, &UnpackLimits::default()).map_err(|source| match source {
        ArchiveError::Format => RequirementError::NoZip { path: path.clone() },
        source => RequirementError::Archive {
            path: path.clone(),
            source,
        },
    })?;
    Wheel::read(name, files).map_err(|source| RequirementError::Content { path, source })
}

fn check_python(wheel: &Wheel, manifest: &Manifest) -> Result<(), RequirementError> {
    let python = &manifest.python_version;
    let (Some(wanted), Some(version)) = (&wheel.metadata.python, Version::parse(python)) else {
        return Ok(());
    };
    if wanted.hold(&version, python) {
        return Ok(());
    }
    Err(RequirementError::Python {
        file: wheel.name.file.clone(),
        wanted: wanted.to_string(),
        python: python.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_all_that_is_in_them() {
        let place = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(place.path()).unwrap();
        for name in ["b-1-py3-none-any.whl", "a-1-py3-none-any.whl", "a-1.tar.gz"] {
            fs_err::write(root.join(name), "").unwrap();
        }
        let found = find(&[root.to_owned(), root.join("a-1.tar.gz")]).unwrap();
        let names: Vec<_> = found.iter().filter_map(|path| path.file_name()).collect();
        assert_eq!(
            names,
            ["a-1-py3-none-any.whl", "b-1-py3-none-any.whl", "a-1.tar.gz"]
        );
        fs_err::create_dir_all(root.join("empty")).unwrap();
        let empty = find(&[root.join("empty")]);
        assert!(matches!(empty, Err(RequirementError::Empty { .. })));
        assert!(matches!(
            find(&[root.join("nowhere")]),
            Err(RequirementError::Read { .. })
        ));
    }
}
