//! The names that imports bind, so that `_sys.platform` and `from sys import platform` are the same.

use std::collections::BTreeMap;

use ruff_python_ast::Expr;

/// What names of a module stand for. Scopes are not told apart.
#[derive(Default)]
pub(super) struct Bound(BTreeMap<String, String>);

impl Bound {
    /// Notes that `local` stands for `name`.
    pub(super) fn bind(&mut self, local: &str, name: String) {
        self.0.insert(local.to_owned(), name);
    }

    /// The dotted name that an expression stands for, such as `sys.platform`. A name that no import binds
    /// stands for itself.
    pub(super) fn dotted(&self, mut expr: &Expr) -> Option<String> {
        let mut attributes = Vec::new();
        while let Expr::Attribute(attribute) = expr {
            attributes.push(attribute.attr.as_str());
            expr = &attribute.value;
        }
        let Expr::Name(name) = expr else { return None };
        let name = name.id.as_str();
        let mut dotted = self.0.get(name).cloned().unwrap_or_else(|| name.to_owned());
        for attribute in attributes.iter().rev() {
            dotted.push('.');
            dotted.push_str(attribute);
        }
        Some(dotted)
    }
}
