//! What of a module serves only those who run it as a program.
//!
//! Much of the standard library ends in `if __name__ == "__main__": _test()`, and `_test` imports `doctest`:
//! without this, whoever imports `pickle` would reach a debugger, a web server and all that these need.

use std::collections::BTreeSet;

use ruff_python_ast::{AnyNodeRef, Stmt};

use super::children;
use super::condition::Conditions;

/// Where the functions begin that only the module's own main program calls: they stand at the top, their names
/// are private, and they are named only in code that `__name__ == "__main__"` guards.
pub(super) fn program_only(suite: &[Stmt], conditions: Conditions<'_>) -> BTreeSet<usize> {
    let as_program = Conditions {
        name: "__main__",
        ..conditions
    };
    let is_guard = |statement: &Stmt| {
        let Stmt::If(branches) = statement else {
            return false;
        };
        let test = &branches.test;
        conditions.decide(test) == Some(false) && as_program.decide(test) == Some(true)
    };
    let mut names = BTreeSet::new();
    for guard in suite.iter().filter(|statement| is_guard(statement)) {
        names_in(guard, &mut names);
    }
    let private = |name: &str| name.starts_with('_') && !name.ends_with('_');
    let functions = || {
        suite
            .iter()
            .filter_map(Stmt::as_function_def_stmt)
            .filter(|function| {
                let name = function.name.as_str();
                private(name) && names.contains(name)
            })
    };
    if functions().next().is_none() {
        return BTreeSet::new();
    }
    let mut elsewhere = BTreeSet::new();
    for statement in suite.iter().filter(|statement| !is_guard(statement)) {
        let mut named = BTreeSet::new();
        names_in(statement, &mut named);
        if let Stmt::FunctionDef(function) = statement {
            named.remove(function.name.as_str());
        }
        elsewhere.extend(named);
    }
    functions()
        .filter(|function| !elsewhere.contains(function.name.as_str()))
        .map(|function| function.range.start().to_usize())
        .collect()
}

/// Adds the variables that a statement reads or writes.
fn names_in<'a>(statement: &'a Stmt, names: &mut BTreeSet<&'a str>) {
    let mut work = vec![AnyNodeRef::from(statement)];
    while let Some(node) = work.pop() {
        match node {
            AnyNodeRef::ExprName(name) => {
                names.insert(name.id.as_str());
            }
            _ => work.extend(children(node)),
        }
    }
}
