//! CPython's project files for Windows (`PCbuild/*.vcxproj`), read and turned into compile steps.
//!
//! What is compiled and how is CPython's knowledge and is taken from there; which projects are
//! taken, and what stands for the sources of others, is said by the recipes
//! (`recipes/cpython/projects.yaml`). A construct that is not understood is an error with file and
//! line: only what is known to have no effect is passed over, and [`metadata`], [`options`] and the
//! recipes say why.
//!
//! ```text
//! xml → evaluate (scope, scan, expand, function, condition, sheets) → describe → survey → makefile
//! ```

mod at;
mod condition;
mod describe;
mod error;
mod evaluate;
mod expand;
mod function;
mod makefile;
mod metadata;
mod options;
mod place;
mod project;
mod rules;
mod scan;
mod scope;
mod sheets;
mod source;
mod survey;
mod table;
#[cfg(test)]
mod tests;
mod xml;

pub use error::{Problem, ProjectError};
pub use makefile::files;
pub use place::Place;
pub use project::{
    Description, Entry, FrozenModule, Language, Link, ModuleBuild, Product, ProjectBuild, Resource, Runtime,
    Subsystem, Unit,
};
pub use rules::{ForeignSource, Makes, ProjectRules};
pub use source::Sources;
pub use survey::{Survey, SurveyError, survey};
pub use table::NoMarker;
