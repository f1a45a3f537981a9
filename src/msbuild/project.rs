//! What a project comes to: what is compiled and how it is linked. Values, and no logic.

use std::collections::BTreeSet;

use serde::Serialize;

use super::place::Place;

/// All that is made of a source's project files.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Description {
    /// What is compiled and linked, in the order of the names of the projects.
    pub projects: Vec<ProjectBuild>,
    /// The modules that are frozen into the core, in the order of the project file.
    pub frozen: Vec<FrozenModule>,
    /// `pyconfig.h.in`, and where it is read as `pyconfig.h`; nothing where the source has the file itself.
    pub pyconfig: Option<(Place, Place)>,
    /// The extension modules that a build has, by name.
    pub modules: Vec<ModuleBuild>,
}

/// A project that is taken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ProjectBuild {
    /// Its name: that of its file, without suffix.
    pub project: String,
    /// What it comes to.
    pub makes: Product,
    /// The file that it would make by itself: `python.exe`.
    pub output: String,
    /// What is compiled.
    pub units: Vec<Unit>,
    /// The resources.
    pub resources: Vec<Resource>,
    /// The packages that it needs.
    pub packages: BTreeSet<String>,
    /// The projects that are made first.
    pub references: Vec<String>,
    /// How it is linked.
    pub link: Link,
}

/// See [`ProjectBuild::makes`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Product {
    /// The interpreter as a library.
    Core,
    /// A module that is linked into the core.
    Builtin,
    /// A module in a file of its own.
    Shared,
    /// A program.
    Program,
    /// A library that is no module.
    Library,
}

/// A source and how it is compiled.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Unit {
    /// The source.
    pub source: Place,
    /// The object, as a path in the directory of the build.
    pub object: String,
    /// The language.
    pub language: Language,
    /// `NAME` or `NAME=VALUE`, as C takes them.
    pub defines: Vec<String>,
    /// Where headers are looked for, in this order.
    pub include: Vec<Place>,
    /// What else the compiler is told.
    pub flags: Vec<&'static str>,
}

/// Languages of sources.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// C.
    C,
    /// C++20: what CPython's one C++ source asks for.
    #[serde(rename = "c++20")]
    Cxx20,
}

/// A resource script and how it is compiled.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Resource {
    /// The script.
    pub source: Place,
    /// What comes of it, as a path in the directory of the build.
    pub object: String,
    /// `NAME` or `NAME=VALUE`.
    pub defines: Vec<String>,
    /// Where what it includes is looked for.
    pub include: Vec<Place>,
    /// Number of the language of its texts.
    pub culture: String,
}

/// How a project is linked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Link {
    /// Import libraries of the system.
    pub libraries: Vec<String>,
    /// Whether the program has a window of text of its own.
    pub subsystem: Subsystem,
    /// Bytes of the first thread's stack, if it is said.
    pub stack_reserve: Option<u64>,
    /// Whether nothing of it runs when it is loaded.
    pub entry: Entry,
    /// Libraries that are loaded when they are called first.
    pub delay_load: Vec<String>,
    /// What else is exported, as the linker's `/export:` takes it.
    pub exports: Vec<String>,
    /// How upstream links the C run-time.
    pub runtime: Runtime,
}

/// See [`Link::subsystem`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subsystem {
    /// It has.
    Console,
    /// It has none.
    Windows,
}

/// See [`Link::entry`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// The C run-time's start-up.
    Runtime,
    /// Nothing.
    None,
}

/// See [`Link::runtime`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Runtime {
    /// From the system's library.
    Dynamic,
    /// As a part of it.
    Static,
}

/// A module whose bytecode is a part of the core.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct FrozenModule {
    /// Its name.
    pub module: String,
    /// Its source.
    pub source: Place,
    /// The header that is made of it.
    pub header: Place,
}

/// An extension module of a build.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ModuleBuild {
    /// Its name.
    pub module: String,
    /// The project that has it; nothing for those of the core's own table.
    pub project: Option<String>,
    /// The function that makes it; nothing where there is none, as for `sys`.
    pub init: Option<String>,
}
