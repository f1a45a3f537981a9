//! The one integration test binary: one link, many modules.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod archive;
mod bare;
mod bench;
mod bucket;
mod cli;
mod diff;
mod dist;
mod distribution;
mod embed;
mod engine;
mod fetch;
mod fetch_client;
mod inside;
mod linking;
mod macho;
mod macho_written;
mod macos_link;
mod manifest;
mod mini;
mod moto;
mod nginx;
mod patched;
mod pe;
mod plan;
mod presets;
mod projects;
mod publish;
mod recipe;
mod registry;
mod relink;
mod report;
mod resources;
mod sandbox;
mod server;
mod single;
mod store;
mod support;
mod tidy;
mod verify;
mod wheels;
mod windows_install;
mod windows_link;
mod wine;
