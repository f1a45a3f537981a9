//! An index for tests, and the published schema.

pub(super) mod sample;
mod schema;
