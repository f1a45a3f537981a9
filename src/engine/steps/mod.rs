//! What each kind of step does. One file each; they are given a [`Job`] and return a tree.

mod assemble;
mod execute;
mod fetch;
mod given;
mod job;
mod manifest;
mod pack;
mod patch;
mod projects;
mod root;
mod run;
mod setup;
mod stage;
mod verify;

pub(crate) use execute::{blocking, execute};
pub(crate) use job::{Done, Job};
pub(crate) use run::stage;
pub(crate) use stage::{Setting, Stage, environment};
pub(crate) use verify::report as verify_report;
