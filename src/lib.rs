//! `pbs` builds optimised, bit-reproducible, relinkable CPython distributions for every target
//! from one Linux machine.
//!
//! One direction of flow: recipe → build → plan → steps → tree → manifest → archive →
//! {verify, link, publish}. A later stage never reaches back. The modules below stand in layer
//! order; a lower one never imports a higher one (`tests/it/tidy.rs` holds the table).

// L0 · vocabulary.
pub mod model;

// L1 · meaning: pure functions over values.
pub mod bundle;
pub mod diff;
pub mod evidence;
pub mod imports;
pub mod index;
pub mod inspect;
pub mod link;
pub mod manifest;
pub mod msbuild;
pub mod plan;
pub mod recipe;
pub mod report;
mod sbom;
pub mod verify;
pub mod wheel;

// L2 · world: each module owns one kind of effect.
#[cfg(feature = "driver")]
pub mod archive;
#[cfg(feature = "driver")]
pub mod bucket;
#[cfg(feature = "driver")]
pub mod fetch;
#[cfg(feature = "driver")]
pub mod registry;
#[cfg(feature = "driver")]
pub mod sandbox;
#[cfg(feature = "driver")]
pub mod sign;
#[cfg(feature = "driver")]
pub mod store;
#[cfg(feature = "driver")]
pub mod workspace;

// L3 · conduct.
#[cfg(feature = "driver")]
pub mod attest;
#[cfg(feature = "driver")]
pub mod engine;
#[cfg(feature = "driver")]
pub mod obtain;
#[cfg(feature = "driver")]
pub mod publish;
#[cfg(feature = "driver")]
pub mod relink;

// L4 · skin.
#[cfg(feature = "driver")]
pub mod cli;
#[cfg(feature = "driver")]
pub mod ui;
