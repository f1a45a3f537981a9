//! L1 · what was written (YAML with positions) and what it means (a concrete build).

mod check;
mod error;
mod file;
mod locate;
mod nearest;
mod quoted;
pub mod raw;
mod resolve;
mod set;
mod setup;
mod source;
mod yaml;

pub use error::{Problem, RecipeError, RecipeErrors};
pub use file::SourceFile;
pub use nearest::nearest;
pub use quoted::{Quoted, Sha256, Spelled};
pub use resolve::{
    Build, Combination, DefaultOptions, Linked, PackageBuild, Request, ResolveError, Source, StepBuild,
};
pub use set::{Image, Package, RecipeSet, Written, read_image};
pub use setup::{SetupError, SetupSources, SourceLine, generate_setup};
pub use source::{ArchiveEntry, CrateMirror, DebianMirror, Mirror, PypiMirror, SourceEntry};
