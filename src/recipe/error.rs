//! What is wrong with a recipe, where it stands, and what to do.
//!
//! An error knows the file it is in, so that it can show the line. It is a miette
//! `Diagnostic`; [`RecipeError::render`] is the plain text of it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexSet;

use super::SourceFile;
use super::locate::line_and_column;
use super::nearest::nearest;
use super::raw::LOCK_VERSION;
use crate::model::{Family, Os, Target};

/// No more of a line is shown than so many characters.
const SHOWN: usize = 240;

/// Everything that is wrong with a set of recipes; never empty.
#[derive(Debug, thiserror::Error)]
pub struct RecipeErrors(pub Vec<RecipeError>);

impl fmt::Display for RecipeErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0[..] {
            [one] => write!(f, "the recipes have a mistake: {one}"),
            all => write!(f, "the recipes have {} mistakes", all.len()),
        }
    }
}

impl RecipeErrors {
    /// All of them as text, each with the line it is about.
    #[must_use]
    pub fn render(&self) -> String {
        // Two checks may stumble over one mistake.
        let texts: IndexSet<String> = self.0.iter().map(RecipeError::render).collect();
        texts.into_iter().collect::<Vec<_>>().join("\n")
    }
}

impl miette::Diagnostic for RecipeErrors {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        Some(Box::new(
            self.0.iter().map(|error| error as &dyn miette::Diagnostic),
        ))
    }
}

/// One thing that is wrong with a recipe.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub struct RecipeError {
    /// What it is.
    pub problem: Problem,
    /// The file it is in.
    pub file: Arc<SourceFile>,
    /// The part of the file it is about.
    pub span: Option<Range<usize>>,
}

/// The mistakes that can be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// No YAML.
    #[error("not YAML: {message}")]
    Syntax {
        /// The parser's words.
        message: String,
    },
    /// An anchor, or an alias of one.
    #[error("anchors and aliases are not used in recipes")]
    Anchor,
    /// A key that stands twice in a mapping.
    #[error("`{key}` stands twice")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// A field that does not exist.
    #[error("unknown field `{field}`")]
    UnknownField {
        /// The field.
        field: String,
        /// The fields that exist.
        valid: Vec<String>,
    },
    /// A field that must be there.
    #[error("field `{field}` is missing")]
    MissingField {
        /// The field.
        field: String,
    },
    /// A word that is not one of a few.
    #[error("unknown word `{word}`")]
    UnknownWord {
        /// The word.
        word: String,
        /// The words that there are.
        valid: Vec<String>,
    },
    /// Something that YAML takes for a number, a truth value or nothing.
    #[error("{found} stands where {expected} is wanted")]
    Unquoted {
        /// What YAML takes it for.
        found: String,
        /// What is wanted.
        expected: String,
    },
    /// A value that is not what it should be.
    #[error("{message}")]
    Value {
        /// Why not.
        message: String,
    },
    /// A file that must be there.
    #[error("`{path}` is missing")]
    MissingFile {
        /// Its path.
        path: String,
        /// What makes it necessary.
        because: &'static str,
    },
    /// A file that nothing refers to.
    #[error("nothing refers to this file")]
    UnusedFile,
    /// A name that does not fit the file's path.
    #[error("the {what} is `{found}`, but the file's path says `{expected}`")]
    Misplaced {
        /// `version`, `package`, `target`, `image`.
        what: &'static str,
        /// What is written.
        found: String,
        /// What the path says.
        expected: String,
    },
    /// A reference to something that does not exist.
    #[error("unknown {what} `{name}`")]
    Unknown {
        /// `package`, `step`, `target`, …
        what: &'static str,
        /// The name.
        name: String,
        /// The names that there are.
        valid: Vec<String>,
    },
    /// A patch or script that does not exist.
    #[error("`{path}` does not exist")]
    NoSuchFile {
        /// The path.
        path: String,
        /// Files it could have been.
        near: Option<String>,
    },
    /// Not exactly one version with `default: true`.
    #[error("package `{package}` has {} default versions", .defaults.len())]
    Defaults {
        /// The package.
        package: String,
        /// Its versions with `default: true`.
        defaults: Vec<String>,
        /// All its versions.
        versions: Vec<String>,
    },
    /// A field that only `cpython` may have, or may not have.
    #[error("`{field}` {verb} in a version of `{package}`")]
    WrongPackage {
        /// The field.
        field: &'static str,
        /// `is missing` or `has no meaning`.
        verb: &'static str,
        /// The package.
        package: String,
    },
    /// The same name twice where it must be one.
    #[error("{what} `{name}` stands twice")]
    Twice {
        /// What it is.
        what: &'static str,
        /// The name.
        name: String,
        /// Where else.
        other: String,
    },
    /// Packages that need each other.
    #[error("packages need each other: {}", .cycle.join(" → "))]
    Cycle {
        /// The packages, the first one also last.
        cycle: Vec<String>,
    },
    /// A mirror with other bytes or a part of an archive, and no digest of the tree to check it by.
    #[error("the source is not one whole archive, the same everywhere, and there is no `tree:`")]
    NoTree,
    /// A mirror with no place or more than one.
    #[error("a mirror has exactly one of `url`, `debian`, `crate`, `pypi`")]
    MirrorKind,
    /// An absent module without a reason.
    #[error("module `{module}` is absent and does not say why")]
    AbsentWithoutWhy {
        /// The module.
        module: String,
    },
    /// A `not-on` that never matches.
    #[error("this exception never matches: there is no {what} `{name}`")]
    NeverMatches {
        /// `target` or `option`.
        what: &'static str,
        /// The name.
        name: String,
        /// The names that there are.
        valid: Vec<String>,
    },
    /// A `not-on` that matches everything.
    #[error("an exception names a target, a set of options, or both")]
    MatchesEverything,
    /// A package without steps.
    #[error("package `{package}` has no steps")]
    NoSteps {
        /// The package.
        package: String,
    },
    /// A package without steps for a family that needs it.
    #[error("package `{package}` has no steps for the family `{family}` on `{os}`, and `{target}` needs it")]
    NoStepsFor {
        /// The package.
        package: String,
        /// The family.
        family: Family,
        /// The operating system.
        os: Os,
        /// A target of the family.
        target: Target,
    },
    /// A module that links a package which CPython's steps do not see.
    #[error("module `{module}` links `{package}`, which no step of `cpython` needs")]
    ModuleNeed {
        /// The module.
        module: String,
        /// The package.
        package: String,
    },
    /// A package without a source that has something which is taken from one.
    #[error("there is no source to take {what} from")]
    NoSource {
        /// `patches`, `licenses`, `setup`.
        what: &'static str,
    },
    /// A name that is taken, or that cannot be part of a path.
    #[error("`{name}` cannot be the name of a {what}")]
    Name {
        /// `package` or `step`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A step that asks for `setup` in a package that has none.
    #[error("only steps of `cpython` can have `setup`")]
    Setup,
    /// Only CPython has a profile.
    #[error("only cpython has a profile")]
    Training,
    /// A target of macOS without an SDK, or another one with it.
    #[error("a target of `{os}` {} `apple-sdk`", if *os == Os::Darwin { "needs" } else { "has no" })]
    AppleSdk {
        /// The target's operating system.
        os: Os,
    },
    /// A lock of another format.
    #[error("the lock has format {found}, this `pbs` reads format {LOCK_VERSION}")]
    LockVersion {
        /// What it says.
        found: u32,
    },
    /// A pattern that is none.
    #[error("`{glob}` is no pattern of paths: {reason}")]
    Glob {
        /// The pattern.
        glob: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The lock of an image was written for other packages.
    #[error("the lock lacks `{package}`")]
    StaleLock {
        /// The package.
        package: String,
    },
}

impl Problem {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Syntax { .. } | Self::Value { .. } | Self::MissingField { .. } => None,
            Self::Anchor => Some("write the value out, so that each place can be read by itself".into()),
            Self::DuplicateKey { .. } => Some("keep one of the two".into()),
            Self::UnknownField { field, valid } => choose(field, valid, "valid fields"),
            Self::UnknownWord { word, valid } => choose(word, valid, "valid words"),
            Self::Unknown { what, name, valid } | Self::NeverMatches { what, name, valid } => {
                choose(name, valid, &format!("known {}", plural(what)))
            }
            Self::Unquoted { .. } => Some("put it in quotes: to YAML, `3.10` is the number 3.1".into()),
            Self::MissingFile { because, .. } => Some((*because).into()),
            Self::UnusedFile => Some("list it where it is used, or delete it".into()),
            Self::Misplaced { what, .. } => Some(format!("rename the file or correct the {what}")),
            Self::NoSuchFile { near, .. } => near.as_ref().map(|near| format!("did you mean `{near}`?")),
            Self::Defaults {
                package, versions, ..
            } if versions.is_empty() => Some(format!("add recipes/{package}/versions/VERSION.yaml")),
            Self::Defaults {
                defaults, versions, ..
            } if defaults.is_empty() => Some(format!(
                "write `default: true` in one of: {}",
                versions.join(", ")
            )),
            Self::Defaults { defaults, .. } => Some(format!("keep one of: {}", defaults.join(", "))),
            Self::WrongPackage { field: "default", .. } => {
                Some("recipes/release.yaml names the version of `cpython` that is the default".into())
            }
            Self::WrongPackage { .. } => {
                Some("only versions of `cpython` have it, and all of them do".into())
            }
            Self::Twice { other, .. } => Some(format!("the other one: {other}")),
            Self::Cycle { .. } => Some("take one of these out of the other's `needs`".into()),
            Self::NoTree => Some(
                "write `tree: \"sha256:<64 zeros>/0\"`, run `pbs sources fetch`, and write what it found"
                    .into(),
            ),
            Self::MirrorKind => Some("write one list entry for each place".into()),
            Self::AbsentWithoutWhy { .. } => Some("write `why:`; the manifest repeats it".into()),
            Self::MatchesEverything => {
                Some("delete the version file to say that it is not built at all".into())
            }
            Self::NoSteps { .. } => Some("the last step makes the package".into()),
            Self::NoStepsFor { package, family, os, .. } => Some(format!(
                "write a step with `family: {family}` or `os: {os}` in recipes/{package}/recipe.yaml, or do not need the package there"
            )),
            Self::ModuleNeed { package, .. } => Some(format!(
                "add `{package}` to `needs` in recipes/cpython/recipe.yaml"
            )),
            Self::Name { what: "step", .. } => Some(
                "a name is a word in small letters, digits and `-`; `source`, `patched`, `setup`, `sysroot`, `toolchain`, `recipe` and `root` are taken".into(),
            ),
            Self::Name { .. } => Some("a name is a word in small letters, digits and `-`; `dist` is taken".into()),
            Self::NoSource { .. } => Some("name the source instead of `none`".into()),
            Self::Setup => Some("take `setup: true` out".into()),
            Self::Training => Some("take `training` and `profile: true` out".into()),
            Self::AppleSdk { os: Os::Darwin } => Some(
                "for example: apple-sdk: { name: macosx14.0, platform: macosx, version: \"14.0\", deployment-target: \"11.0\" }"
                    .into(),
            ),
            Self::AppleSdk { .. } => Some("take `apple-sdk` out, or correct `os`".into()),
            Self::LockVersion { .. } | Self::StaleLock { .. } => Some("run `pbs image lock`".into()),
            Self::Glob { .. } => Some("`*` stays within a directory, `**` crosses them, `{a,b}` is a choice".into()),
        }
    }
}

fn plural(what: &str) -> String {
    match what {
        "series" => what.to_owned(),
        _ => format!("{what}s"),
    }
}

fn choose(word: &str, valid: &[String], what: &str) -> Option<String> {
    if valid.is_empty() {
        return Some(format!("there are no {what}"));
    }
    let all = format!("{what}: {}", valid.join(", "));
    Some(match nearest(word, valid.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`? {all}"),
        None => all,
    })
}

impl RecipeError {
    /// The error as text: what, where, the line, and what to do.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = format!("error: {}\n", self.problem);
        let path = &self.file.path;
        if let Some(span) = &self.span {
            let (line, column) = line_and_column(&self.file.text, span.start);
            let all = self.file.text.lines().nth(line - 1).unwrap_or_default();
            let first = column.saturating_sub(SHOWN / 2);
            let first = if column <= SHOWN { 0 } else { first };
            let shown: String = all.chars().skip(first).take(SHOWN).collect();
            let margin = " ".repeat(line.to_string().len());
            let marks = self
                .file
                .text
                .get(span.clone())
                .map_or(1, |part| part.chars().count().max(1))
                .min(SHOWN);
            let caret = format!("{}{}", " ".repeat(column - 1 - first), "^".repeat(marks));
            text += &format!("{margin}--> {path}:{line}:{column}\n");
            text += &format!("{margin} |\n{line} | {shown}\n{margin} | {caret}\n");
        } else {
            text += &format!(" --> {path}\n");
        }
        if let Some(hint) = self.problem.hint() {
            text += &format!("hint: {hint}\n");
        }
        text
    }
}

impl miette::Diagnostic for RecipeError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem
            .hint()
            .map(|hint| Box::new(hint) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(self.file.as_ref())
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        let span = self.span.clone()?;
        let label = miette::LabeledSpan::underline(span);
        Some(Box::new(std::iter::once(label)))
    }
}

impl miette::SourceCode for SourceFile {
    fn read_span<'a>(
        &'a self,
        span: &miette::SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn miette::SpanContents<'a> + 'a>, miette::MietteError> {
        let inner = self.text.read_span(span, before, after)?;
        Ok(Box::new(miette::MietteSpanContents::new_named(
            self.path.clone(),
            inner.data(),
            *inner.span(),
            inner.line(),
            inner.column(),
            inner.line_count(),
        )))
    }
}
