//! Archives of two flavours, laid over each other: what a full one has in `python/install/`, the
//! others have in `python/`.

use serde_json::Value;

use crate::model::{Tree, TreePath};

/// Where a full archive has its installation.
const INSTALL: &str = "python/install";
const PYTHON: &str = "python";

fn path(text: &str) -> TreePath {
    TreePath::parse(text).expect("a path written here is one")
}

/// Whether the installation of a tree stands in a directory of its own.
pub(super) fn has_install(tree: &Tree) -> bool {
    tree.get(&path(INSTALL)).is_some()
}

/// The tree with its installation where the other flavours have it; nothing where two things would
/// stand at one place.
pub(super) fn without_install(tree: &Tree) -> Option<Tree> {
    let mut moved = Tree::new();
    for (at, entry) in tree.iter() {
        let at = match at.strip_prefix(&path(INSTALL)) {
            Some(below) => path(PYTHON).join(&below),
            None => at.clone(),
        };
        moved.insert(at, entry.clone()).ok()?;
    }
    Some(moved)
}

/// A manifest with its paths likewise.
pub(super) fn rewrite(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(moved) = below(text) {
                *text = moved;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(rewrite),
        Value::Object(fields) => {
            let old = std::mem::take(fields);
            for (name, mut value) in old {
                rewrite(&mut value);
                let name = below(&name).unwrap_or(name);
                fields.insert(name, value);
            }
        }
        _ => {}
    }
}

fn below(text: &str) -> Option<String> {
    match text.strip_prefix("install/") {
        Some(rest) => Some(rest.to_owned()),
        None => (text == "install").then(String::new),
    }
}
