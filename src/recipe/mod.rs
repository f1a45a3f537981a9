//! L1 · what was written (YAML with positions) and what it means (a concrete build).

mod build;
mod check;
mod date;
mod error;
mod file;
mod given;
mod in_place;
mod locate;
mod modules;
mod nearest;
mod patch_header;
mod place;
mod profile;
mod projects;
mod quoted;
pub mod raw;
mod resolve;
mod set;
mod setup;
mod source;
mod system;
mod yaml;

pub use build::{
    Build, DefaultOptions, GivenBuild, Linked, PackageBuild, Profile, Recorded, Source, StepBuild,
};
pub(crate) use date::date;
pub use error::{Problem, RecipeError, RecipeErrors};
pub use file::SourceFile;
pub use given::{GivenEntry, GivenError, GivenSdk, GivenSysroot, Lack, Needed, SdkEntry};
pub use modules::{ExtensionsFile, OwnModules};
pub use nearest::nearest;
pub use patch_header::{PatchHeader, PatchHeaderError, UpstreamStatus, parse_patch_header};
pub use profile::{PROFILE_ARCHIVE, PROFILE_VERSION, PROFILES, ProfileFile, render_profile};
pub use projects::{ForeignEntry, MakesEntry, ProjectEntry, ProjectsFile, Unused};
pub use quoted::{Quoted, Sha256, Spelled};
pub use resolve::{Combination, ProfileChoice, Request, ResolveError};
pub use set::{Image, Package, RecipeSet, Written, read_image};
pub use setup::{SetupError, SetupSources, SourceLine, generate_setup, project_extensions};
pub use source::{ArchiveEntry, CrateMirror, DebianMirror, Mirror, PypiMirror, SourceEntry};
pub(crate) use yaml::documents as yaml_documents;
#[cfg(feature = "driver")]
pub(crate) use yaml::parse as parse_yaml;
