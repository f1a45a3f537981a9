//! L1 · Bills of materials, whatever they are of: SPDX 2.3 documents, and the words that other forms share
//! with them.

mod component;
mod document;
mod identifier;
mod licences;
mod package;
mod time;

pub(crate) use component::{Component, patched};
pub(crate) use document::Document;
pub(crate) use identifier::identifier;
pub(crate) use licences::all_of;
pub(crate) use package::{NOTHING, Package, Purpose, Reference};
pub(crate) use time::timestamp;

#[cfg(test)]
pub(crate) use document::check;
