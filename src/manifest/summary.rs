//! What `pbs inspect` tells of a distribution: everything from the manifest, as a table or as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use super::{Manifest, SysrootRecord};
use crate::model::ObjectFormat;
use crate::plan::{Flavor, Linkage};

/// A distribution at a glance.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Summary {
    /// Version of CPython.
    pub python: String,
    /// The triple it runs on.
    pub target: String,
    /// The format of its machine code.
    pub format: ObjectFormat,
    /// The options of its build.
    pub options: String,
    /// Which archive.
    pub flavor: Flavor,
    /// Release tag.
    pub tag: String,
    /// What it asks of the C library.
    pub crt_features: Vec<String>,
    /// How many files there are.
    pub files: usize,
    /// How many bytes they are.
    pub size: u64,
    /// The extension modules, the largest first.
    pub extensions: Vec<ExtensionSummary>,
    /// What it is made of.
    pub components: Vec<ComponentSummary>,
    /// The directory that was given in the place of the sysroot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sysroot: Option<SysrootRecord>,
    /// Shared libraries of the system that the interpreter loads.
    pub needed: Vec<String>,
}

/// An extension module at a glance.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ExtensionSummary {
    /// Its name.
    pub name: String,
    /// How it reaches the interpreter.
    pub linkage: Linkage,
    /// Whether no interpreter works without it.
    pub required: bool,
    /// Whether it only serves CPython's own tests.
    pub test: bool,
    /// Bytes of its own code and data.
    pub size: u64,
    /// Bytes of the static libraries that it alone needs.
    pub library_size: u64,
    /// The components it links.
    pub needs: Vec<String>,
    /// Licences of what it links.
    pub licenses: Vec<String>,
    /// Why it is as it is.
    pub why: Option<String>,
}

/// A component at a glance.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ComponentSummary {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SPDX expressions of its licences.
    pub licenses: Vec<String>,
    /// Its static libraries.
    pub libraries: Vec<String>,
    /// How many patches it has.
    pub patches: usize,
    /// Whether code of it is in the distribution.
    pub linked: bool,
}

impl Summary {
    /// What the manifest says.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Self {
        let pbs = &manifest.pbs;
        let variant = |name: &str| manifest.build_info.as_ref()?.extensions.get(name)?.first();
        let mut extensions: Vec<_> = pbs
            .extensions
            .iter()
            .map(|(name, record)| ExtensionSummary {
                name: name.clone(),
                linkage: record.linkage,
                required: variant(name).is_some_and(|variant| variant.required),
                test: record.test,
                size: record.size,
                library_size: record.library_size,
                needs: record.needs.clone(),
                licenses: variant(name)
                    .and_then(|variant| variant.licenses.clone())
                    .unwrap_or_default(),
                why: record.why.clone(),
            })
            .collect();
        extensions.sort_by_key(|extension| std::cmp::Reverse(extension.size + extension.library_size));
        Self {
            python: manifest.python_version.clone(),
            target: manifest.target_triple.to_string(),
            format: pbs.os.object_format(),
            options: manifest.build_options.to_string(),
            flavor: pbs.flavor,
            tag: pbs.tag.clone(),
            crt_features: manifest.crt_features.clone(),
            files: pbs.files.len(),
            size: pbs.files.values().map(|digest| digest.size).sum(),
            extensions,
            components: pbs
                .components
                .iter()
                .map(|component| ComponentSummary {
                    name: component.name.clone(),
                    version: component.version.clone(),
                    licenses: component.licenses.clone(),
                    libraries: component
                        .libraries
                        .iter()
                        .map(|path| path.name().to_owned())
                        .collect(),
                    patches: component.patches.len(),
                    linked: component.linked,
                })
                .collect(),
            sysroot: pbs.sysroot.clone(),
            needed: pbs.interpreter.needed.clone(),
        }
    }

    /// The summary for people.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = format!(
            "CPython {} for {} ({}, {}, {})\n{} files, {}, machine code in {}\nloads {}\n\n",
            self.python,
            self.target,
            self.options,
            self.tag,
            self.crt_features.join(", "),
            self.files,
            bytes(self.size),
            self.format,
            self.needed.join(" ")
        );
        let mut rows = vec![
            ["extension", "linkage", "own", "libraries", "needs", "licences"]
                .map(str::to_owned)
                .to_vec(),
        ];
        for extension in self
            .extensions
            .iter()
            .filter(|extension| extension.linkage != Linkage::Absent)
        {
            let mark = if extension.required { " (required)" } else { "" };
            rows.push(vec![
                extension.name.clone(),
                format!("{}{mark}", linkage(extension.linkage)),
                bytes(extension.size),
                if extension.library_size == 0 {
                    String::new()
                } else {
                    bytes(extension.library_size)
                },
                extension.needs.join(" "),
                extension.licenses.join(" "),
            ]);
        }
        text.push_str(&table(&rows));
        for extension in self
            .extensions
            .iter()
            .filter(|extension| extension.linkage == Linkage::Absent)
        {
            let why = extension.why.as_deref().unwrap_or("nothing says why");
            let _ = writeln!(text, "absent: {}: {why}", extension.name);
        }
        text.push('\n');
        let mut rows = vec![
            ["component", "version", "licences", "libraries", "patches"]
                .map(str::to_owned)
                .to_vec(),
        ];
        for component in self.components.iter().filter(|component| component.linked) {
            rows.push(vec![
                component.name.clone(),
                component.version.clone(),
                component.licenses.join(", "),
                component.libraries.join(" "),
                if component.patches == 0 {
                    String::new()
                } else {
                    component.patches.to_string()
                },
            ]);
        }
        text.push_str(&table(&rows));
        if let Some(given) = &self.sysroot {
            let _ = writeln!(text, "\ngiven sysroot: {given}; {}", given.terms);
        }
        text
    }
}

const fn linkage(linkage: Linkage) -> &'static str {
    match linkage {
        Linkage::Builtin => "builtin",
        Linkage::Shared => "shared",
        Linkage::Absent => "absent",
    }
}

/// Bytes as people read them, in powers of 1024.
fn bytes(count: u64) -> String {
    let mut unit = 0;
    let (mut whole, mut tenths) = (count, 0);
    while whole >= 1024 && unit < 3 {
        tenths = whole % 1024 * 10 / 1024;
        whole /= 1024;
        unit += 1;
    }
    match unit {
        0 => format!("{whole} B"),
        _ => format!("{whole}.{tenths} {}", ["B", "KiB", "MiB", "GiB"][unit]),
    }
}

/// Columns as wide as they must be; no blanks at the ends of lines.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Digest, TreeDigest};

    #[test]
    fn tells_a_distribution() {
        let sample = include_bytes!("../../tests/fixtures/manifest/sample.json");
        let mut manifest = Manifest::read(sample).unwrap();
        let mut zlib = manifest.pbs.extensions["_tkinter"].clone();
        zlib.linkage = Linkage::Builtin;
        zlib.needs.push("zlib".into());
        (zlib.size, zlib.library_size) = (30_000, 1_500_000);
        manifest.pbs.extensions.insert("zlib".into(), zlib);
        insta::assert_snapshot!(Summary::of(&manifest).render());
        let tree = TreeDigest(Digest::of(b"given"));
        let layout = "xwin splat".to_owned();
        let terms = SysrootRecord::TERMS.to_owned();
        manifest.pbs.sysroot = Some(SysrootRecord { layout, tree, terms });
        let text = Summary::of(&manifest).render();
        assert!(
            text.contains(&format!("\n\ngiven sysroot: {tree} (xwin splat); whoever gave")),
            "{text}"
        );
    }

    #[test]
    fn bytes_are_rounded_down() {
        for (count, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_572_864, "1.5 MiB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }
}
