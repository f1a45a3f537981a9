//! L1 · what is in an executable that was linked: sizes, licences, a bill of materials.
//!
//! Reads the linker's map, the sections of the executable, the manifest and what is embedded; touches no files.

mod build;
mod components;
mod content;
mod facts;
mod html;
mod image;
mod json;
mod largest;
mod map;
mod metadata;
mod owner;
mod part;
mod projects;
mod sbom;
mod sizes;
mod tree;
mod treemap;

pub use build::{Evidence, ReportError, build_report};
pub use facts::{Component, Executable, Extensions, KeptExtension, PartSize, Project, Report, Role, Source};
pub use html::render_html;
pub use image::ReadImageError;
pub use json::render_json;
pub use largest::render_largest;
pub use map::{Input, Piece, ReadMapError, read_map};
pub use owner::LinkFiles;
pub use part::Part;
pub use sbom::render_spdx;
pub use tree::Node;

#[cfg(test)]
mod sample;
