//! Calls that import: `importlib.import_module` and `__import__`.

use ruff_python_ast::{Expr, ExprCall, Number};

use super::bound::Bound;
use crate::imports::name::absolute;
use crate::imports::{Imported, Kind};

/// The module that a call stands in.
#[derive(Clone, Copy)]
pub(super) struct Caller<'a> {
    pub(super) name: &'a str,
    pub(super) kind: Kind,
    pub(super) package: Option<&'a str>,
}

/// What a call imports; `None` where it imports nothing.
pub(super) fn imported(call: &ExprCall, bound: &Bound, caller: Caller<'_>) -> Option<Imported> {
    match bound.dotted(&call.func)?.as_str() {
        "importlib.import_module" | "import_module" => Some(import_module(call, bound, caller)),
        "__import__" | "builtins.__import__" | "importlib.__import__" => Some(dunder_import(call, caller)),
        _ => None,
    }
}

fn import_module(call: &ExprCall, bound: &Bound, caller: Caller<'_>) -> Imported {
    let Some(written) = text(call.arguments.find_argument_value("name", 0)) else {
        return Imported::Dynamic;
    };
    let rest = written.trim_start_matches('.');
    let level = written.len() - rest.len();
    if level == 0 {
        return module(written);
    }
    let package = call.arguments.find_argument_value("package", 1);
    let package = match package.map(|package| (text(Some(package)), bound.dotted(package))) {
        Some((Some(literal), _)) => Some(literal),
        Some((None, Some(name))) if name == "__package__" || name == "__spec__.parent" => caller.package,
        Some((None, Some(name))) if name == "__name__" && caller.kind == Kind::Package => Some(caller.name),
        _ => return Imported::Dynamic,
    };
    match absolute(package, level, rest) {
        Some(name) => Imported::Module { name },
        None => Imported::BeyondTop {
            written: written.to_owned(),
        },
    }
}

/// `__import__(name, globals, locals, fromlist, level)`.
fn dunder_import(call: &ExprCall, caller: Caller<'_>) -> Imported {
    let argument = |name, position| call.arguments.find_argument_value(name, position);
    let level = match argument("level", 4) {
        None => Some(0),
        Some(Expr::NumberLiteral(literal)) => match &literal.value {
            Number::Int(level) => level.as_usize(),
            _ => None,
        },
        Some(_) => None,
    };
    let (Some(written), Some(level)) = (text(argument("name", 0)), level) else {
        return Imported::Dynamic;
    };
    let Some(name) = absolute(caller.package, level, written) else {
        let written = format!("{}{written}", ".".repeat(level));
        return Imported::BeyondTop { written };
    };
    let listed = match argument("fromlist", 3) {
        Some(Expr::List(list)) => list.elts.as_slice(),
        Some(Expr::Tuple(tuple)) => tuple.elts.as_slice(),
        _ => &[],
    };
    let names: Vec<String> = listed
        .iter()
        .filter_map(|name| text(Some(name)).map(str::to_owned))
        .collect();
    if names.iter().any(|name| name == "*") {
        Imported::Star { module: name }
    } else if names.is_empty() {
        module(&name)
    } else {
        Imported::From { module: name, names }
    }
}

fn module(name: &str) -> Imported {
    if name.split('.').any(str::is_empty) {
        return Imported::Dynamic;
    }
    let name = name.to_owned();
    Imported::Module { name }
}

fn text(expr: Option<&Expr>) -> Option<&str> {
    Some(expr?.as_string_literal_expr()?.value.to_str())
}
