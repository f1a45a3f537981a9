//! Why a project file is refused, with the line and what to do about it.

/// Something in a project file that is not understood, or not true.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{file} line {line}: {problem}")]
pub struct ProjectError {
    /// The file, as a path in CPython's source.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: Problem,
}

impl ProjectError {
    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        self.problem.hint()
    }
}

/// See [`ProjectError::problem`].
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// It is no XML.
    #[error("cannot be read as XML: {reason}")]
    Xml {
        /// What the parser says.
        reason: String,
    },
    /// An element that is not known where it stands.
    #[error("unknown element `{name}` in `{parent}`")]
    Element {
        /// The element around it.
        parent: String,
        /// The element.
        name: String,
    },
    /// An attribute that is not known.
    #[error("unknown attribute `{name}` of `{element}`")]
    Attribute {
        /// The element.
        element: String,
        /// The attribute.
        name: String,
    },
    /// An attribute that must be there.
    #[error("`{element}` lacks the attribute `{name}`")]
    NoAttribute {
        /// The element.
        element: String,
        /// The attribute.
        name: &'static str,
    },
    /// A target that may do something which has to be done here, too.
    #[error("unknown target `{name}`")]
    Target {
        /// Its name.
        name: String,
    },
    /// A kind of item that is not known.
    #[error("unknown kind of item `{kind}`")]
    Item {
        /// The kind.
        kind: String,
    },
    /// Metadata that may change how an item is compiled or linked.
    #[error("unknown metadata `{name}` of `{kind}`")]
    Metadata {
        /// Kind of the item.
        kind: String,
        /// The metadata.
        name: String,
    },
    /// A value of metadata or of a property that is not understood.
    #[error("`{name}` is `{value}`, which is not understood")]
    Value {
        /// The metadata or property.
        name: String,
        /// The value.
        value: String,
    },
    /// An option of a tool that is not known.
    #[error("unknown option `{option}` of the {tool}")]
    Option {
        /// `compiler` or `linker`.
        tool: &'static str,
        /// The option.
        option: String,
    },
    /// An expression that does not have the form of one.
    #[error("`{text}` is not understood: {reason}")]
    Syntax {
        /// The expression.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A function that is not known, or not with these arguments.
    #[error("unknown function `{call}`")]
    Function {
        /// The call.
        call: String,
    },
    /// A function cannot say what it is asked.
    #[error("`{call}` has no value: {reason}")]
    Call {
        /// The call.
        call: String,
        /// Why.
        reason: String,
    },
    /// A condition is neither true nor false.
    #[error("condition `{text}` cannot be decided: {reason}")]
    Condition {
        /// The condition.
        text: String,
        /// Why.
        reason: String,
    },
    /// A file that is imported or read is not there.
    #[error("`{path}` is not in the source")]
    NoFile {
        /// The path.
        path: String,
    },
    /// A path that leads out of what is known.
    #[error("`{path}` is in no place that is known")]
    Place {
        /// The path.
        path: String,
    },
}

impl Problem {
    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Xml { .. } => "compare the file with upstream's; a patch may have damaged it",
            Self::Element { .. } | Self::Attribute { .. } | Self::NoAttribute { .. } => {
                "teach src/msbuild what it means"
            }
            Self::Target { .. } => {
                "read what it does: do the same in a step, or name it with the reason in recipes/cpython/projects.yaml (`unused: targets:`)"
            }
            Self::Item { .. } => {
                "name it in recipes/cpython/projects.yaml (`unused: items:`) if only targets use it, or teach src/msbuild/describe.rs what it is for"
            }
            Self::Metadata { .. } => "add it to src/msbuild/metadata.rs: read, or without effect and why",
            Self::Value { .. } => "teach src/msbuild/describe.rs what the value means",
            Self::Option { .. } => "add it to src/msbuild/options.rs: read, or without effect and why",
            Self::Syntax { .. } | Self::Condition { .. } => {
                "teach src/msbuild the form, or set a property in recipes/cpython/projects.yaml so that it does not come up"
            }
            Self::Function { .. } | Self::Call { .. } => "teach src/msbuild/function.rs the function",
            Self::NoFile { .. } => {
                "if it belongs to another project's source, name the directory in recipes/cpython/projects.yaml (`packages:`)"
            }
            Self::Place { .. } => {
                "set the property that names the directory in recipes/cpython/projects.yaml (`packages:`)"
            }
        }
    }
}
