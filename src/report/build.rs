//! Evidence of a link → what is in the executable.

use std::collections::BTreeMap;

use super::components::Inside;
use super::image::{ReadImageError, read_image};
use super::map::{ReadMapError, read_map};
use super::owner::{LinkFiles, Owners};
use super::projects::projects;
use super::sizes::measure;
use super::{Component, Executable, Part, PartSize, Project, Report, Source};
use crate::bundle::{Bundle, ReadBundleError};
use crate::manifest::{Manifest, Selected};
use crate::model::Digest;

/// What is known of a link that was done.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// Name of the executable's file.
    pub name: &'a str,
    /// The executable.
    pub executable: &'a [u8],
    /// The linker's map.
    pub map: &'a str,
    /// The name of the linker.
    pub linker: &'a str,
    /// The files that were linked and are not of the distribution.
    pub files: LinkFiles<'a>,
    /// The distribution's manifest.
    pub manifest: &'a Manifest,
    /// The extension modules that stayed and went.
    pub selected: &'a Selected,
    /// What is embedded, and the same as bytes.
    pub bundle: Option<(&'a Bundle, &'a [u8])>,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The map cannot be read.
    #[error(transparent)]
    Map(#[from] ReadMapError),
    /// The executable cannot be read.
    #[error(transparent)]
    Image(#[from] ReadImageError),
    /// What is embedded cannot be read.
    #[error(transparent)]
    Content(#[from] ReadBundleError),
    /// What is embedded is not where the map should have it.
    #[error("the linker's map does not say where it put what is embedded")]
    Bundle,
}

/// Tells what is in an executable that was linked.
pub fn build_report(evidence: &Evidence<'_>) -> Result<Report, ReportError> {
    let Evidence {
        manifest,
        selected,
        bundle,
        ..
    } = *evidence;
    let image = read_image(evidence.executable)?;
    let pieces = read_map(evidence.map)?;
    let owners = Owners::new(manifest, selected, evidence.files);
    let mut grown = measure(evidence, &image, &pieces, &owners)?;
    let parts: Vec<PartSize> = Part::ALL
        .into_iter()
        .filter_map(|part| {
            let node = grown.remove(&part)?.node(part.title().to_owned());
            Some(PartSize { part, node })
        })
        .collect();
    let inside = Inside {
        manifest,
        selected,
        parts: &parts,
    };
    let node = |part| parts.iter().find(|size| size.part == part).map(|size| &size.node);
    let components = inside.components();
    let projects = bundle.map_or_else(Vec::new, |(bundle, _)| projects(bundle, node(Part::Wheels)));
    Ok(Report {
        version: Report::VERSION,
        executable: Executable {
            name: evidence.name.to_owned(),
            size: evidence.executable.len() as u64,
            memory: parts.iter().map(|size| size.node.memory).sum(),
            digest: Digest::of(evidence.executable),
            linker: evidence.linker.to_owned(),
            application: node(Part::Application).is_some(),
        },
        distribution: Source {
            python: manifest.python_version.clone(),
            target: manifest.target_triple.clone(),
            options: manifest.build_options.clone(),
            tag: manifest.pbs.tag.clone(),
        },
        extensions: inside.extensions(),
        texts: texts(&components, &projects, bundle.map(|(bundle, _)| bundle)),
        epoch: manifest.pbs.epoch,
        components,
        projects,
        parts,
    })
}

/// How identifiers of licences begin that SPDX does not list.
pub(super) const REFERENCE: &str = "LicenseRef-";

/// The identifiers in an SPDX expression that SPDX does not list.
fn references(expression: &str) -> impl Iterator<Item = &str> {
    let words = expression.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')'));
    words.filter(|word| word.starts_with(REFERENCE))
}

/// The texts of licences that only their text identifies.
fn texts(
    components: &[Component],
    projects: &[Project],
    bundle: Option<&Bundle>,
) -> BTreeMap<String, String> {
    let components = components.iter().map(|component| {
        let licenses = component.licenses.iter().map(String::as_str);
        (
            licenses.collect::<Vec<_>>(),
            &component.license_paths,
            &component.name,
        )
    });
    let projects = projects.iter().map(|project| {
        let licenses = project.license.iter().map(String::as_str);
        (
            licenses.collect::<Vec<_>>(),
            &project.license_paths,
            &project.name,
        )
    });
    let mut texts = BTreeMap::new();
    for (licenses, paths, name) in components.chain(projects) {
        for reference in licenses.into_iter().flat_map(references) {
            let found = paths
                .iter()
                .filter_map(|path| bundle?.files.get(path))
                .map(|text| String::from_utf8_lossy(text).into_owned());
            let found: Vec<String> = found.collect();
            let text = if found.is_empty() {
                format!("The licence of {name}, whose text comes with its source.")
            } else {
                found.join("\n")
            };
            texts.entry(reference.to_owned()).or_insert(text);
        }
    }
    texts
}
