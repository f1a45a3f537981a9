//! A file of facts in memory.

/// A file below the root of a workspace: what the rest of `recipe` is given to work on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceFile {
    /// `recipes/zlib/recipe.yaml`.
    pub path: String,
    /// All of it.
    pub text: String,
}
