//! L2 · the store: blobs and trees by content, results of actions by key.

mod api;

pub use api::*;
