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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::write_bundle;
    use crate::link::write_embed;
    use crate::manifest::Dropped;
    use crate::model::{Arch, ObjectFormat};

    /// A report of an object with a bundle, as if it were an executable, and the object's size.
    fn report(pieces: &[&str], bundle: &Bundle) -> (Result<Report, ReportError>, u64) {
        let manifest = include_bytes!("../../tests/fixtures/manifest/sample.json");
        let manifest = Manifest::read(manifest).unwrap();
        let bytes = write_bundle(bundle, false).unwrap();
        let executable = write_embed(ObjectFormat::Elf, Arch::X86_64, &bytes, false).unwrap();
        let mut map = "               VMA       Size Align Out     In      Symbol\n".to_owned();
        for piece in pieces {
            let piece = piece.replace("BUNDLE", &bytes.len().to_string());
            map.push_str(&format!("{piece}\n"));
        }
        let mut selected = Selected::default();
        selected.dropped.insert("zlib".to_owned(), Dropped::Excluded);
        let evidence = Evidence {
            name: "app",
            executable: &executable,
            map: &map,
            linker: "mold",
            files: LinkFiles {
                python: "/d/python",
                inittab: "/s/inittab.o",
                bundle: Some("/s/bundle.o"),
                members: &BTreeMap::new(),
            },
            manifest: &manifest,
            selected: &selected,
            bundle: Some((bundle, &bytes)),
        };
        (build_report(&evidence), executable.len() as u64)
    }

    const RODATA: [&str; 3] = [
        "0x0 BUNDLE 4096 .rodata",
        "0x0 BUNDLE 4096         /s/bundle.o:(.rodata)",
        "0x0 8 8 .data.rel.ro",
    ];

    fn bundle() -> Bundle {
        let mut bundle = Bundle::default();
        bundle
            .options
            .insert("stdlib".to_owned(), "lib/python3".to_owned());
        for (path, size) in [
            ("lib/python3/x.txt", 30),
            ("app/shop/a.txt", 20),
            ("licenses/L", 10),
        ] {
            bundle.files.insert(path.to_owned(), vec![b'x'; size]);
        }
        bundle
    }

    #[test]
    fn the_parts_are_the_whole_file() {
        // The second piece claims more than there is.
        let pieces = [
            "0x0 5 8         /d/python/build/Programs/python.o:(.data.rel.ro)",
            "0x4 99 8         /d/python/build/lib/libz.a(adler32.o):(.data.rel.ro)",
        ];
        let (report, size) = report(&[&RODATA[..], &pieces].concat(), &bundle());
        let report = report.unwrap();
        assert_eq!(report.parts.iter().map(|part| part.node.size).sum::<u64>(), size);
        let sizes = |part| report.part(part).map(|node| node.size);
        assert_eq!(sizes(Part::Interpreter), Some(5));
        assert_eq!(sizes(Part::Libraries), Some(3));
        assert_eq!(sizes(Part::StandardLibrary), Some(30));
        assert_eq!(sizes(Part::Application), Some(20));
        assert_eq!(sizes(Part::Licenses), Some(10));
        assert!(report.executable.application);
        let names: Vec<_> = report
            .components
            .iter()
            .map(|component| (component.name.as_str(), component.size))
            .collect();
        assert_eq!(names, [("zlib", 3)], "it is there, whatever was selected");
        assert_eq!(report.extensions.dropped["zlib"], "excluded");
    }

    #[test]
    fn a_library_that_nothing_is_taken_from_is_not_inside() {
        let (report, size) = report(&RODATA, &Bundle::default());
        let report = report.unwrap();
        assert_eq!(report.parts.iter().map(|part| part.node.size).sum::<u64>(), size);
        assert_eq!(report.components, []);
        assert!(!report.executable.application);
    }

    #[test]
    fn what_is_embedded_must_be_found() {
        let (report, _) = report(&RODATA[..1], &bundle());
        assert!(matches!(report.unwrap_err(), ReportError::Bundle));
    }
}
