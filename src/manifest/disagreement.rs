//! The ways in which a build, its tree and the recipes can disagree.

use crate::model::TreePath;
use crate::plan::Linkage;

/// The build, the tree and the recipes disagree.
#[derive(Debug, thiserror::Error)]
#[error("the build does not agree with itself:{}", .0.iter().map(|problem| format!("\n  - {problem}")).collect::<String>())]
pub struct DeriveError(pub Vec<Disagreement>);

/// A point in which the build, the tree and the recipes disagree.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Disagreement {
    /// The wrong CPython was built.
    #[error("`{what}` is `{observed}` as built, but `{described}` in the recipes")]
    Differs {
        /// What.
        what: &'static str,
        /// As built.
        observed: String,
        /// As the recipes have it.
        described: String,
    },
    /// A file that the build names is not there.
    #[error("{owner} names `{path}`, which is not there")]
    Missing {
        /// Who names it.
        owner: String,
        /// The file.
        path: TreePath,
    },
    /// A file is there but is not what it is said to be.
    #[error("{owner} names `{path}`, which is no {expected}")]
    Kind {
        /// Who names it.
        owner: String,
        /// The file.
        path: TreePath,
        /// What it should be.
        expected: &'static str,
    },
    /// An object or a library that nobody names.
    #[error("`{path}` is there, but neither the core nor any extension module names it")]
    Unclaimed {
        /// The file.
        path: TreePath,
    },
    /// Two modules, or the core and a module, have the same object.
    #[error("`{path}` belongs to {first} and to {second}")]
    Twice {
        /// The object.
        path: TreePath,
        /// Who has it.
        first: String,
        /// Who has it too.
        second: String,
    },
    /// An extension module that only one side knows.
    #[error("the extension module `{name}` is known to {known} only")]
    Unknown {
        /// The module.
        name: String,
        /// `the build` or `the recipes`.
        known: &'static str,
    },
    /// An extension module that was linked in another way.
    #[error("the extension module `{name}` was built {observed:?}, but should be {described:?}")]
    Linkage {
        /// The module.
        name: String,
        /// As built.
        observed: Linkage,
        /// As the recipes have it.
        described: Linkage,
    },
    /// A library of a package that the recipes do not mention there.
    #[error("{owner} links `{library}` of `{package}`, which is not among its `needs`")]
    Needs {
        /// Who links it.
        owner: String,
        /// The library.
        library: String,
        /// The package.
        package: String,
    },
    /// A library that is neither of a package nor of the system.
    #[error("{owner} links `{library}`, and nothing says where it comes from")]
    Origin {
        /// Who links it.
        owner: String,
        /// The library.
        library: String,
    },
    /// A broken object or library.
    #[error("`{path}` is broken: {reason}")]
    Broken {
        /// The file.
        path: TreePath,
        /// Why.
        reason: String,
    },
    /// A name in a recipe that cannot stand in a tree.
    #[error(transparent)]
    Name(#[from] crate::model::ParsePathError),
}
