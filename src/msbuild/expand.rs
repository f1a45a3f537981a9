//! Texts with what their expressions stand for.

use super::error::Problem;
use super::function;
use super::scan::{Piece, pieces};
use super::scope::Scope;

/// A text, its expressions worked out.
pub(crate) fn expand(text: &str, scope: &Scope<'_>) -> Result<String, Problem> {
    let mut expanded = String::new();
    for piece in pieces(text)? {
        match piece {
            Piece::Text(text) => expanded += text,
            Piece::Escaped(character) => expanded.push(character),
            Piece::Property(call) => expanded += &function::property(call, scope)?,
            Piece::Metadata(name) => expanded += metadata(name, scope)?,
        }
    }
    Ok(expanded)
}

fn metadata<'a>(name: &str, scope: &Scope<'a>) -> Result<&'a str, Problem> {
    let reason = match scope.metadata {
        Some(_) if name.contains('.') => "metadata of another kind of item",
        Some(metadata) => return Ok(metadata.get(name)),
        None => "there is no item here",
    };
    Err(Problem::Syntax {
        text: format!("%({name})"),
        reason: reason.to_owned(),
    })
}

/// The entries of a list: what stands between semicolons, trimmed, empty ones left out.
pub(crate) fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').map(str::trim).filter(|entry| !entry.is_empty())
}
