//! What a report tells. These types are the source of `artifacts-schema/report.schema.json`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Node, Part};
use crate::model::{Digest, Options, Pin, Target};

/// What is in an executable that was linked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Report {
    /// Version of this format; 1.
    pub version: u32,
    /// The executable.
    pub executable: Executable,
    /// The distribution that it was linked from.
    pub distribution: Source,
    /// Sizes by part; together they are the whole file.
    pub parts: Vec<PartSize>,
    /// The extension modules that stayed and went.
    pub extensions: Extensions,
    /// The packages whose code is in the executable, CPython first and our own last.
    pub components: Vec<Component>,
    /// The projects that are embedded as wheels bring them.
    pub projects: Vec<Project>,
    /// Texts of licences that have no SPDX identifier: identifier → text.
    #[serde(skip)]
    pub(super) texts: BTreeMap<String, String>,
    /// When the distribution says it was made, in seconds since 1970.
    #[serde(skip)]
    pub(super) epoch: u64,
}

/// The executable.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Executable {
    /// Name of the file.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// Bytes of memory that are zero at the start and take no room in the file.
    pub memory: u64,
    /// Its digest.
    pub digest: Digest,
    /// The linker that made it.
    pub linker: String,
    /// Whether an application is embedded.
    pub application: bool,
}

/// A distribution.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Source {
    /// Version of CPython.
    pub python: String,
    /// The triple it runs on.
    pub target: Target,
    /// The options of its build.
    pub options: Options,
    /// Release tag.
    pub tag: String,
}

/// The size of a part.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PartSize {
    /// Which part.
    pub part: Part,
    /// What is in it.
    #[serde(flatten)]
    pub node: Node,
}

/// Extension modules.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Extensions {
    /// Those that stayed.
    pub kept: BTreeMap<String, KeptExtension>,
    /// Those that went → why.
    pub dropped: BTreeMap<String, String>,
}

/// An extension module that stayed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct KeptExtension {
    /// Why it stayed.
    pub why: String,
    /// Bytes of the file that are its own.
    pub size: u64,
    /// Bytes of the file that are of static libraries which nobody else links: they go with it.
    pub library_size: u64,
    /// Components that it links.
    pub components: Vec<String>,
    /// SPDX expressions of what it brings in.
    pub licenses: Vec<String>,
}

/// A package whose code is in the executable.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Component {
    /// Its name.
    pub name: String,
    /// Its version; of our own, the release tag of the distribution.
    pub version: String,
    /// What it is there for.
    pub role: Role,
    /// One line on what it is.
    pub summary: String,
    /// Its home page.
    pub homepage: String,
    /// Bytes of the file; for CPython its code and the standard library.
    pub size: u64,
    /// Extension modules that link it.
    pub used_by: Vec<String>,
    /// SPDX expressions of its licences; CPython's with those of foreign code in it that is linked.
    pub licenses: Vec<String>,
    /// Texts of its licences: paths in the distribution, and in the executable where something is embedded.
    pub license_paths: Vec<String>,
    /// Upstream's address of the source.
    pub url: Option<String>,
    /// Digest of upstream's archive.
    pub archive: Option<Pin>,
    /// Patches: paths in `patches/`.
    pub patches: Vec<String>,
    /// CPE 2.3 name.
    pub cpe: Option<String>,
    /// Package URL.
    pub purl: Option<String>,
}

/// What a component is there for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It is CPython.
    Interpreter,
    /// Static libraries of it are linked.
    Library,
    /// It brings what every executable starts and ends with.
    StartFiles,
    /// It starts the interpreter of a single-file executable, and is of pbs itself.
    Launcher,
}

/// A project that is embedded as a wheel brings it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Project {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// One line on what it is.
    pub summary: Option<String>,
    /// Bytes of the file.
    pub size: u64,
    /// The SPDX expression of its licence; null where it gives none.
    pub license: Option<String>,
    /// What it says of its licence in other words.
    pub license_said: Vec<String>,
    /// Texts of its licences: paths in the executable.
    pub license_paths: Vec<String>,
    /// Package URL.
    pub purl: String,
    /// Where it is: a directory `.dist-info`, or a wheel that is embedded as it is.
    pub path: String,
}

impl Report {
    /// Version of the format.
    pub const VERSION: u32 = 1;

    /// What is in a part, if anything is.
    #[must_use]
    pub fn part(&self, part: Part) -> Option<&Node> {
        let found = self.parts.iter().find(|size| size.part == part);
        found.map(|size| &size.node)
    }
}
