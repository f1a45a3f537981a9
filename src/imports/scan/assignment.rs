//! Assignments that say which modules there are: to `__all__` and to `sys.modules`.

use ruff_python_ast::{Expr, Stmt};

use super::bound::Bound;

/// The literal names of `__all__ = […]` and `__all__ += […]`.
pub(super) fn exported(statement: &Stmt) -> Vec<String> {
    let is_all = |target: &Expr| target.as_name_expr().is_some_and(|name| name.id == "__all__");
    let value = match statement {
        Stmt::Assign(assign) if assign.targets.iter().any(is_all) => Some(&assign.value),
        Stmt::AugAssign(assign) if is_all(&assign.target) => Some(&assign.value),
        Stmt::AnnAssign(assign) if is_all(&assign.target) => assign.value.as_ref(),
        _ => None,
    };
    let elements = match value.map(|value| &**value) {
        Some(Expr::List(list)) => list.elts.as_slice(),
        Some(Expr::Tuple(tuple)) => tuple.elts.as_slice(),
        _ => &[],
    };
    elements.iter().filter_map(text).collect()
}

/// The literal names of `sys.modules["a.b"] = …`.
pub(super) fn provided(statement: &Stmt, bound: &Bound) -> Vec<String> {
    let Stmt::Assign(assign) = statement else {
        return Vec::new();
    };
    assign
        .targets
        .iter()
        .filter_map(Expr::as_subscript_expr)
        .filter(|target| bound.dotted(&target.value).as_deref() == Some("sys.modules"))
        .filter_map(|target| text(&target.slice))
        .collect()
}

fn text(expr: &Expr) -> Option<String> {
    let literal = expr.as_string_literal_expr()?;
    Some(literal.value.to_str().to_owned())
}
