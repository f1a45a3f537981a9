//! COFF: what a linker for Windows is told, and the resources of an executable.

mod resources;
mod words;

pub use resources::{
    Icon, IconError, Resources, VersionInfo, VersionInfoError, WriteResourcesError, write_resources,
};
pub(super) use words::words;
