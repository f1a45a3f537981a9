//! An executable for both processors of macOS: two links, and one file of them.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::requirement::choose;
use super::run::beside;
use super::{RelinkError, Relinked, Request, RequirementError, SingleFile, relink};
use crate::link::{object_format, write_universal};
use crate::manifest::Manifest;
use crate::model::ObjectFormat;
use crate::wheel::Takes;

/// A distribution that is linked.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// Where the manifest stands.
    pub python: &'a Utf8Path,
    /// The manifest.
    pub manifest: &'a Manifest,
}

/// Links the same of two distributions, which are for macOS and for one processor each, and writes a file that runs on
/// both. What is told is of the first, but for sizes.
///
/// Wheels that are for one of the processors go into that one's part, and those that are for any into both.
pub fn relink_universal(sides: [Side<'_>; 2], request: &Request<'_>) -> Result<Relinked, RelinkError> {
    check(sides)?;
    let output = request.output;
    if output.is_dir() {
        let path = output.to_owned();
        return Err(RelinkError::Directory { path });
    }
    let failed = |source| RelinkError::Io {
        path: output.to_owned(),
        source,
    };
    if let Some(single) = request.single {
        check_wheels(sides, single)?;
    }
    let scratch = beside(output).map_err(failed)?;
    let scratch_dir = Utf8PathBuf::from_path_buf(scratch.path().to_owned())
        .map_err(|_| failed(std::io::ErrorKind::InvalidFilename.into()))?;
    let mut made = Vec::new();
    for (side, other) in [(sides[0], sides[1]), (sides[1], sides[0])] {
        let single = request.single.map(|single| SingleFile {
            other: Takes::of(other.manifest),
            ..single.clone()
        });
        let part = scratch_dir
            .join(side.manifest.target_triple.as_str())
            .join(output.file_name().unwrap_or_default());
        let request = Request {
            output: &part,
            single: single.as_ref(),
            ..*request
        };
        let linked = relink(side.python, side.manifest, &request)?;
        made.push((linked, fs_err::read(&part).map_err(failed)?));
    }
    let parts: Vec<&[u8]> = made.iter().map(|(_, content)| content.as_slice()).collect();
    let written = write_universal(&parts).map_err(|source| RelinkError::Universal {
        path: output.to_owned(),
        source,
    })?;
    let whole = scratch_dir.join("universal");
    fs_err::write(&whole, &written).map_err(failed)?;
    let first = scratch_dir.join(sides[0].manifest.target_triple.as_str());
    let first = first.join(output.file_name().unwrap_or_default());
    let permissions = fs_err::metadata(&first).map_err(failed)?.permissions();
    fs_err::set_permissions(&whole, permissions).map_err(failed)?;
    fs_err::rename(&whole, output).map_err(failed)?;
    let embedded = made.iter().map(|(linked, _)| linked.embedded).sum();
    let (linked, _) = made.swap_remove(0);
    Ok(Relinked {
        size: written.len() as u64,
        embedded,
        ..linked
    })
}

/// Whether the two can be one.
fn check(sides: [Side<'_>; 2]) -> Result<(), RelinkError> {
    for side in sides {
        if object_format(side.manifest)? != ObjectFormat::MachO {
            return Err(RelinkError::OnlyMacos {
                option: "--universal",
                target: side.manifest.target_triple.to_string(),
            });
        }
    }
    let [one, other] = sides.map(|side| side.manifest);
    if one.target_triple == other.target_triple {
        let target = one.target_triple.to_string();
        return Err(RelinkError::SameProcessor { target });
    }
    let [first, second] = [one, other].map(|manifest| manifest.python_version.clone());
    if first != second || one.python_abi_tag != other.python_abi_tag {
        return Err(RelinkError::OtherPython { first, second });
    }
    Ok(())
}

/// Whether both get wheels of the same projects.
fn check_wheels(sides: [Side<'_>; 2], single: &SingleFile) -> Result<(), RelinkError> {
    let [one, other] = sides.map(|side| side.manifest);
    let chosen = |manifest: &Manifest, other: &Manifest| {
        let chosen = choose(&single.requirements, manifest, Takes::of(other).as_ref())?;
        let projects = chosen
            .into_iter()
            .map(|(project, (_, name, _))| (project, name.file));
        Ok::<BTreeSet<_>, RelinkError>(projects.collect())
    };
    let (first, second) = (chosen(one, other)?, chosen(other, one)?);
    let only = |these: &BTreeSet<(String, String)>, those: &BTreeSet<(String, String)>| {
        let has = |project: &String| those.iter().any(|(other, _)| other == project);
        these.iter().find(|(project, _)| !has(project)).cloned()
    };
    match only(&first, &second).or_else(|| only(&second, &first)) {
        None => Ok(()),
        Some((_, file)) => Err(super::GatherError::from(RequirementError::OneProcessor { file }).into()),
    }
}
