//! The source of one module → what it imports.

mod assignment;
mod bound;
mod call;
mod condition;
mod context;
mod program;

use std::collections::BTreeSet;

use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, TraversalSignal};
use ruff_python_ast::{
    AnyNodeRef, ExceptHandler, Expr, Stmt, StmtFunctionDef, StmtIf, StmtImport, StmtImportFrom, StmtTry,
    StmtWith,
};

use self::assignment::{exported, provided};
use self::bound::Bound;
use self::call::Caller;
use self::condition::Conditions;
use self::context::{Context, Place};
use self::program::program_only;
use super::decode::decode;
use super::lines::Lines;
use super::name::{absolute, package_of};
use super::{Import, Imported, Interpreter, Kind, Scan};

/// Source that is not Python.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct SyntaxError {
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters from 1.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

/// Finds what the source of a module imports where it runs on `interpreter`.
///
/// Conditions about the system, the version, `__name__` and `TYPE_CHECKING` are decided; where one cannot be
/// told, all its branches count.
///
/// Unless the module is a program, what serves only those who run it does not count: what
/// `__name__ == "__main__"` guards, and private functions that are named only there.
///
/// What is imported in place of a missing module, in a handler of `ImportError`, is as optional as that module.
/// A handler that ends by raising makes nothing optional.
pub fn scan(source: &[u8], name: &str, kind: Kind, interpreter: &Interpreter) -> Result<Scan, SyntaxError> {
    let text = decode(source);
    let lines = Lines::new(&text);
    let parsed = ruff_python_parser::parse_module(&text).map_err(|error| {
        let offset = error.location.start().to_usize();
        SyntaxError {
            line: lines.line(offset),
            column: lines.column(offset),
            message: error.error.to_string(),
        }
    })?;
    let mut walk = Walk {
        caller: Caller {
            name,
            kind,
            package: package_of(name, kind),
        },
        interpreter,
        lines,
        bound: Bound::default(),
        program_only: BTreeSet::new(),
        work: Vec::new(),
        found: Scan::default(),
    };
    if kind != Kind::Program {
        walk.program_only = program_only(parsed.suite(), walk.conditions());
    }
    let context = Context {
        place: Place::Module,
        optional: false,
    };
    walk.suite(parsed.suite(), context);
    while let Some(work) = walk.work.pop() {
        match work {
            Work::Suite(suite, context) => walk.first_of(suite, context),
            Work::Node(node, context) => walk.node(node, context),
        }
    }
    walk.found.imports.sort_by_key(|import| import.line);
    Ok(walk.found)
}

/// What is left to look at. A list, as source may be nested deeper than the stack is.
enum Work<'a> {
    Suite(&'a [Stmt], Context),
    Node(AnyNodeRef<'a>, Context),
}

struct Walk<'a> {
    caller: Caller<'a>,
    interpreter: &'a Interpreter,
    lines: Lines<'a>,
    bound: Bound,
    /// Where functions begin whose bodies nobody runs who imports the module.
    program_only: BTreeSet<usize>,
    /// The last is the next, so what comes first in the source is pushed last.
    work: Vec<Work<'a>>,
    found: Scan,
}

impl<'a> Walk<'a> {
    fn conditions(&self) -> Conditions<'_> {
        let name = match self.caller.kind {
            Kind::Program => "__main__",
            Kind::Module | Kind::Package => self.caller.name,
        };
        Conditions {
            interpreter: self.interpreter,
            bound: &self.bound,
            name,
        }
    }

    fn suite(&mut self, suite: &'a [Stmt], context: Context) {
        self.work.push(Work::Suite(suite, context));
    }

    fn expr(&mut self, expr: &'a Expr, context: Context) {
        self.work.push(Work::Node(expr.into(), context));
    }

    /// Looks at the first statement, and leaves the others for later where it goes on there.
    fn first_of(&mut self, suite: &'a [Stmt], context: Context) {
        let [first, rest @ ..] = suite else { return };
        if !rest.is_empty() && !self.ends(first) {
            self.suite(rest, context);
        }
        self.statement(first, context);
    }

    /// Whether what follows a statement never runs.
    fn ends(&self, statement: &Stmt) -> bool {
        match statement {
            Stmt::Raise(_) | Stmt::Return(_) | Stmt::Break(_) | Stmt::Continue(_) => true,
            Stmt::If(branches) => {
                let taken = self.branches(branches);
                let exhaustive = taken.last().is_some_and(|branch| branch.always);
                exhaustive
                    && taken
                        .iter()
                        .all(|branch| branch.body.iter().any(|inner| self.ends(inner)))
            }
            _ => false,
        }
    }

    /// The branches that can be taken.
    fn branches<'b>(&self, branches: &'b StmtIf) -> Vec<Branch<'b>> {
        let first = (Some(&*branches.test), branches.body.as_slice());
        let others = branches.elif_else_clauses.iter();
        let all = [first]
            .into_iter()
            .chain(others.map(|clause| (clause.test.as_ref(), clause.body.as_slice())));
        let mut taken = Vec::new();
        for (test, body) in all {
            match test.map_or(Some(true), |test| self.conditions().decide(test)) {
                Some(false) => {}
                decided => {
                    let always = decided.is_some();
                    taken.push(Branch { test, body, always });
                    if always {
                        break;
                    }
                }
            }
        }
        taken
    }

    fn statement(&mut self, statement: &'a Stmt, context: Context) {
        match statement {
            Stmt::Import(import) => self.import(import, context),
            Stmt::ImportFrom(import) => self.import_from(import, context),
            Stmt::If(branches) => self.conditional(branches, context),
            Stmt::Try(attempt) => self.attempt(attempt, context),
            Stmt::With(with) => self.with(with, context),
            Stmt::FunctionDef(function) => self.function(function, context),
            Stmt::ClassDef(class) => {
                self.suite(&class.body, context);
                if let Some(arguments) = &class.arguments {
                    self.work.push(Work::Node((&**arguments).into(), context));
                }
                for decorator in class.decorator_list.iter().rev() {
                    self.expr(&decorator.expression, context);
                }
            }
            Stmt::For(each) => {
                self.suite(&each.orelse, context);
                self.suite(&each.body, context);
                self.expr(&each.iter, context);
            }
            Stmt::While(repeated) => {
                self.suite(&repeated.orelse, context);
                if self.conditions().decide(&repeated.test) != Some(false) {
                    self.suite(&repeated.body, context);
                }
                self.expr(&repeated.test, context);
            }
            Stmt::Match(choice) => {
                for case in choice.cases.iter().rev() {
                    self.suite(&case.body, context);
                    if let Some(guard) = &case.guard {
                        self.expr(guard, context);
                    }
                }
                self.expr(&choice.subject, context);
            }
            simple => {
                if context.place == Place::Module {
                    self.found.exports.extend(exported(simple));
                }
                self.found.provides.extend(provided(simple, &self.bound));
                self.children(simple.into(), context);
            }
        }
    }

    fn conditional(&mut self, branches: &'a StmtIf, context: Context) {
        for Branch { test, body, .. } in self.branches(branches).into_iter().rev() {
            self.suite(body, context);
            if let Some(test) = test {
                self.expr(test, context);
            }
        }
    }

    fn attempt(&mut self, attempt: &'a StmtTry, context: Context) {
        self.suite(&attempt.finalbody, context);
        self.suite(&attempt.orelse, context);
        let mut caught = false;
        for handler in attempt.handlers.iter().rev() {
            let ExceptHandler::ExceptHandler(handler) = handler;
            let type_ = handler.type_.as_deref();
            let catches = type_.is_none_or(|type_| self.catches_import_error(type_));
            caught |= catches && !matches!(handler.body.last(), Some(Stmt::Raise(_)));
            self.suite(&handler.body, context.optional_if(catches));
            if let Some(type_) = type_ {
                self.expr(type_, context);
            }
        }
        self.suite(&attempt.body, context.optional_if(caught));
    }

    fn with(&mut self, with: &'a StmtWith, context: Context) {
        let suppresses = with.items.iter().any(|item| {
            let Expr::Call(call) = &item.context_expr else {
                return false;
            };
            let name = self.bound.dotted(&call.func);
            matches!(name.as_deref(), Some("contextlib.suppress" | "suppress"))
                && call
                    .arguments
                    .args
                    .iter()
                    .any(|type_| self.catches_import_error(type_))
        });
        self.suite(&with.body, context.optional_if(suppresses));
        for item in with.items.iter().rev() {
            self.work.push(Work::Node(item.into(), context));
        }
    }

    /// Whether an exception type, or one of a tuple, is that of a missing module or above it.
    fn catches_import_error(&self, type_: &Expr) -> bool {
        let types = match type_ {
            Expr::Tuple(tuple) => tuple.elts.as_slice(),
            _ => std::slice::from_ref(type_),
        };
        types.iter().any(|type_| {
            let name = self.bound.dotted(type_).unwrap_or_default();
            let name = name.strip_prefix("builtins.").unwrap_or(&name);
            matches!(
                name,
                "ImportError" | "ModuleNotFoundError" | "Exception" | "BaseException"
            )
        })
    }

    fn function(&mut self, function: &'a StmtFunctionDef, context: Context) {
        if !self.program_only.contains(&function.range.start().to_usize()) {
            self.suite(&function.body, context.later());
        }
        if let Some(returns) = &function.returns {
            self.expr(returns, context);
        }
        self.work
            .push(Work::Node((&*function.parameters).into(), context));
        for decorator in function.decorator_list.iter().rev() {
            self.expr(&decorator.expression, context);
        }
    }

    /// Looks at an expression or a part of one.
    fn node(&mut self, node: AnyNodeRef<'a>, context: Context) {
        match node {
            AnyNodeRef::ExprLambda(lambda) => {
                self.expr(&lambda.body, context.later());
                if let Some(parameters) = &lambda.parameters {
                    self.work.push(Work::Node((&**parameters).into(), context));
                }
            }
            AnyNodeRef::ExprCall(call) => {
                if let Some(imported) = call::imported(call, &self.bound, self.caller) {
                    self.add(call.range_start.to_usize(), imported, context);
                }
                self.children(node, context);
            }
            _ => self.children(node, context),
        }
    }

    fn children(&mut self, node: AnyNodeRef<'a>, context: Context) {
        let work = children(node).into_iter().rev();
        self.work.extend(work.map(|child| Work::Node(child, context)));
    }

    fn import(&mut self, import: &StmtImport, context: Context) {
        let context = if import.is_lazy { context.later() } else { context };
        for alias in &import.names {
            let name = alias.name.to_string();
            match &alias.asname {
                Some(local) => self.bound.bind(local, name.clone()),
                None => {
                    let top = name.split('.').next().unwrap_or(&name);
                    self.bound.bind(top, top.to_owned());
                }
            }
            let offset = import.range.start().to_usize();
            self.add(offset, Imported::Module { name }, context);
        }
    }

    fn import_from(&mut self, import: &StmtImportFrom, context: Context) {
        let context = if import.is_lazy { context.later() } else { context };
        let offset = import.range.start().to_usize();
        let rest = import.module.as_deref().unwrap_or_default();
        let level = import.level as usize;
        let Some(module) = absolute(self.caller.package, level, rest) else {
            let written = format!("{}{rest}", ".".repeat(level));
            self.add(offset, Imported::BeyondTop { written }, context);
            return;
        };
        if import.names.iter().any(|alias| &alias.name == "*") {
            self.add(offset, Imported::Star { module }, context);
            return;
        }
        for alias in &import.names {
            let local = alias.asname.as_ref().unwrap_or(&alias.name);
            self.bound.bind(local, format!("{module}.{}", alias.name));
        }
        let names = import.names.iter().map(|alias| alias.name.to_string()).collect();
        self.add(offset, Imported::From { module, names }, context);
    }

    fn add(&mut self, offset: usize, imported: Imported, context: Context) {
        self.found.imports.push(Import {
            line: self.lines.line(offset),
            imported,
            certainty: context.certainty(),
        });
    }
}

/// A branch that can be taken.
struct Branch<'a> {
    /// Its condition; `else` has none.
    test: Option<&'a Expr>,
    body: &'a [Stmt],
    /// Whether it is taken whenever those before it are not.
    always: bool,
}

/// The direct parts of a node.
fn children(node: AnyNodeRef<'_>) -> Vec<AnyNodeRef<'_>> {
    let mut children = Children(Vec::new());
    node.visit_source_order(&mut children);
    children.0
}

struct Children<'a>(Vec<AnyNodeRef<'a>>);

impl<'a> SourceOrderVisitor<'a> for Children<'a> {
    fn enter_node(&mut self, node: AnyNodeRef<'a>) -> TraversalSignal {
        self.0.push(node);
        TraversalSignal::Skip
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linux() -> Interpreter {
        Interpreter {
            sys_platform: "linux".to_owned(),
            os_name: "posix".to_owned(),
            version: (3, 13),
        }
    }

    /// Imports as `LINE CERTAINTY IMPORT`, one a line.
    fn render(scan: &Scan) -> Vec<String> {
        let imports = scan.imports.iter();
        let rendered = imports.map(
            |Import {
                 line,
                 imported,
                 certainty,
             }| {
                let what = match imported {
                    Imported::Module { name } => name.clone(),
                    Imported::From { module, names } => format!("{module}: {}", names.join(" ")),
                    Imported::Star { module } => format!("{module}: *"),
                    Imported::BeyondTop { written } => format!("beyond {written}"),
                    Imported::Dynamic => "dynamic".to_owned(),
                };
                format!("{line} {certainty:?} {what}")
            },
        );
        rendered.collect()
    }

    fn check_as(name: &str, kind: Kind, source: &str, expected: &[&str]) {
        let scan = scan(source.as_bytes(), name, kind, &linux()).unwrap();
        assert_eq!(render(&scan), expected, "{source}");
    }

    fn check(source: &str, expected: &[&str]) {
        check_as("pkg.mod", Kind::Module, source, expected);
    }

    #[test]
    fn finds_every_form() {
        check("import a", &["1 Always a"]);
        check("import a.b as c, d", &["1 Always a.b", "1 Always d"]);
        check("from a import b, c as d", &["1 Always a: b c"]);
        check("from a.b import *", &["1 Always a.b: *"]);
        check("\n\nfrom a import (\n    b,\n    c,\n)\n", &["3 Always a: b c"]);
        check("x = 1; import a; import b", &["1 Always a", "1 Always b"]);
        check("'import a'\n# import b\nx = 'import c'", &[]);
        check("lazy import a\n", &["1 Lazy a"]);
        check("importer = a.import_thing('b')", &[]);
    }

    #[test]
    fn resolves_relative_imports() {
        let source =
            "from . import a\nfrom .b import c\nfrom .. import d\nfrom ..e.f import *\nfrom ...g import h";
        check_as(
            "top.pkg.mod",
            Kind::Module,
            source,
            &[
                "1 Always top.pkg: a",
                "2 Always top.pkg.b: c",
                "3 Always top: d",
                "4 Always top.e.f: *",
                "5 Always beyond ...g",
            ],
        );
        check_as(
            "top.pkg",
            Kind::Package,
            source,
            &[
                "1 Always top.pkg: a",
                "2 Always top.pkg.b: c",
                "3 Always top: d",
                "4 Always top.e.f: *",
                "5 Always beyond ...g",
            ],
        );
        check_as("mod", Kind::Module, "from . import a", &["1 Always beyond ."]);
        check_as(
            "top.__main__",
            Kind::Program,
            "from . import a",
            &["1 Always top: a"],
        );
    }

    #[test]
    fn imports_in_functions_are_lazy() {
        check("def f():\n    import a", &["2 Lazy a"]);
        check(
            "async def f():\n    async with x:\n        import a",
            &["3 Lazy a"],
        );
        check("f = lambda: __import__('a')", &["1 Lazy a"]);
        check(
            "class C:\n    import a\n    def f(self):\n        import b",
            &["2 Always a", "4 Lazy b"],
        );
        check("def f():\n    class C:\n        import a", &["3 Lazy a"]);
        // Decorators, defaults and annotations are evaluated with the `def`.
        check(
            "@__import__('a')\ndef f(x=__import__('b')) -> __import__('c'):\n    pass",
            &["1 Always a", "2 Always b", "2 Always c"],
        );
        check(
            "def f(x):\n    def g():\n        return 1\n    import a\n    return g",
            &["4 Lazy a"],
        );
        check("f = lambda x=__import__('a'): x", &["1 Always a"]);
    }

    #[test]
    fn imports_that_may_fail_are_optional() {
        let body = |handlers: &str| format!("try:\n    import a\n{handlers}:\n    pass");
        for catching in [
            "except",
            "except ImportError",
            "except ModuleNotFoundError as e",
            "except (OSError, ImportError)",
            "except Exception",
            "except builtins.BaseException",
            "except KeyError:\n    pass\nexcept ImportError",
        ] {
            check(&body(catching), &["2 Optional a"]);
        }
        check(
            "try:\n    import a\nexcept* ImportError:\n    pass",
            &["2 Optional a"],
        );
        for other in ["except KeyError", "except errors.Missing", "finally"] {
            check(&body(other), &["2 Always a"]);
        }
        check(
            "try:\n    import a\nexcept ImportError:\n    raise Missing from None",
            &["2 Always a"],
        );
    }

    #[test]
    fn each_part_of_try_is_for_itself() {
        check(
            "try:\n    import a\nexcept ImportError:\n    import b\nelse:\n    import c\nfinally:\n    import d",
            &["2 Optional a", "4 Optional b", "6 Always c", "8 Always d"],
        );
        check(
            "try:\n    try:\n        import a\n    except KeyError:\n        import b\nexcept ImportError:\n    try:\n        import c\n    except ImportError:\n        pass\nimport d",
            &["3 Optional a", "5 Optional b", "8 Optional c", "11 Always d"],
        );
        check(
            "def f():\n    try:\n        import a\n    except ImportError:\n        pass",
            &["3 LazyOptional a"],
        );
        check(
            "try:\n    def f():\n        import a\nexcept ImportError:\n    pass",
            &["3 LazyOptional a"],
        );
        check(
            "from contextlib import suppress\nwith suppress(ImportError):\n    import a\nwith suppress(OSError):\n    import b",
            &["1 Always contextlib: suppress", "3 Optional a", "5 Always b"],
        );
    }

    #[test]
    fn conditions_that_can_be_told_are_decided() {
        let source = "if sys.platform == 'win32':\n    import a\nelif os.name == 'posix':\n    import b\nelse:\n    import c";
        check(source, &["4 Always b"]);
        check(
            "if TYPE_CHECKING:\n    import a\nelse:\n    import b",
            &["4 Always b"],
        );
        check(
            "if False:\n    import a\nif 0:\n    import b\nif 1:\n    import c",
            &["6 Always c"],
        );
        check(
            "if sys.version_info >= (3, 11):\n    import a\nelse:\n    import b",
            &["2 Always a"],
        );
        check(
            "import typing as t\nif t.TYPE_CHECKING:\n    import a",
            &["1 Always typing"],
        );
        check(
            "from sys import platform as p\nif not p.startswith('win'):\n    import a\nelse:\n    import b",
            &["1 Always sys: platform", "3 Always a"],
        );
        check(
            "if x:\n    import a\nelif sys.platform == 'linux':\n    import b\nelse:\n    import c",
            &["2 Always a", "4 Always b"],
        );
        check("while 0:\n    import a\nelse:\n    import b", &["4 Always b"]);
    }

    #[test]
    fn all_branches_count_where_nothing_can_be_told() {
        check(
            "if x:\n    import a\nelif (y := z):\n    import b\nelse:\n    import c",
            &["2 Always a", "4 Always b", "6 Always c"],
        );
        check(
            "match x:\n    case [__import__, *_] if __import__('a'):\n        import b\n    case {'k': v}:\n        import c\n    case _:\n        pass",
            &["2 Always a", "3 Always b", "5 Always c"],
        );
        check(
            "for x in __import__('a').b:\n    import c\nelse:\n    import d\nwhile y:\n    import e",
            &["1 Always a", "2 Always c", "4 Always d", "6 Always e"],
        );
        check("with open(x) as f, y:\n    import a", &["2 Always a"]);
    }

    #[test]
    fn nothing_runs_after_the_end() {
        check(
            "if sys.platform != 'win32':\n    raise ImportError\nimport a",
            &[],
        );
        check(
            "if sys.platform == 'win32':\n    raise ImportError\nimport a",
            &["3 Always a"],
        );
        check("if x:\n    raise ImportError\nimport a", &["3 Always a"]);
        check("if x:\n    raise A\nelse:\n    raise B\nimport a", &[]);
        check("def f():\n    return\n    import a\nimport b", &["4 Always b"]);
        check(
            "for x in y:\n    continue\n    import a\nimport b",
            &["4 Always b"],
        );
    }

    #[test]
    fn what_serves_only_a_program_counts_for_programs() {
        let source = "import a\ndef _test():\n    import b\ndef _help():\n    import c\ndef main():\n    import d\n_help()\nif __name__ == '__main__':\n    import e\n    _test()\n    _help()\n    main()\n";
        check(source, &["1 Always a", "5 Lazy c", "7 Lazy d"]);
        check_as(
            "mod",
            Kind::Program,
            source,
            &["1 Always a", "3 Lazy b", "5 Lazy c", "7 Lazy d", "10 Always e"],
        );
        // Named in itself only, named in another function, and not at the top.
        let guard = "if __name__ == '__main__':\n    _f()\n";
        check(&format!("def _f():\n    import a\n    _f()\n{guard}"), &[]);
        check(
            &format!("def _f():\n    import a\ndef g(): _f()\n{guard}"),
            &["2 Lazy a"],
        );
        check(
            &format!("class C:\n    def _f():\n        import a\n{guard}"),
            &["3 Lazy a"],
        );
        check("def _f():\n    import a\nif DEBUG:\n    _f()\n", &["2 Lazy a"]);
        check("def _f():\n    import a\nif False:\n    _f()\n", &["2 Lazy a"]);
    }

    #[test]
    fn finds_calls() {
        let source = "import importlib, importlib as il\nfrom importlib import import_module as load\n";
        let imports = [
            "1 Always importlib",
            "1 Always importlib",
            "2 Always importlib: import_module",
        ];
        for (call, found) in [
            ("importlib.import_module('a.b')", "a.b"),
            ("il.import_module(name='a')", "a"),
            ("load('a')", "a"),
            ("import_module('a')", "a"),
            ("__import__('a.b')", "a.b"),
            ("__import__('a', globals(), None, ['b', 'c'])", "a: b c"),
            ("__import__('a', fromlist=('*',))", "a: *"),
            ("__import__('a', globals(), level=1)", "pkg.a"),
            ("__import__('a', globals(), level=2)", "beyond ..a"),
            ("load('.a', 'x.y')", "x.y.a"),
            ("load('.a', package=__package__)", "pkg.a"),
            ("load('..a', 'x')", "beyond ..a"),
            ("load('.a', somewhere)", "dynamic"),
            ("load('.a')", "dynamic"),
            ("load(f'a.{b}')", "dynamic"),
            ("load(name)", "dynamic"),
            ("load(*args)", "dynamic"),
            ("load('')", "dynamic"),
            ("__import__('a' + b)", "dynamic"),
            ("__import__('a', globals(), None, [], level)", "dynamic"),
            ("x = [f(y, z=load('a').b) for y in w]", "a"),
            ("(x := load('a'))", "a"),
            ("x = y if z else load('a')", "a"),
            ("f'{load(\"a\")}'", "a"),
        ] {
            let found = format!("3 Always {found}");
            check(&format!("{source}{call}"), &[&imports[..], &[&found]].concat());
        }
        for none in [
            "il.util.find_spec('a')",
            "load",
            "other.import_module('a')",
            "x if y else z",
        ] {
            check(&format!("{source}{none}"), &imports);
        }
    }

    #[test]
    fn notes_exports_and_what_a_module_provides() {
        let source = "import sys as _sys\n__all__ = ['a', \"b\", *c]\n__all__ += ('d',)\n__all__: list = ['e']\ndef f():\n    __all__ = ['g']\n_sys.modules['pkg.x'] = _sys.modules[__name__] = y\nmodules['z'] = 1\n";
        let scan = scan(source.as_bytes(), "pkg", Kind::Package, &linux()).unwrap();
        assert_eq!(scan.exports, ["a", "b", "d", "e"]);
        assert_eq!(scan.provides, ["pkg.x"]);
    }

    #[test]
    fn parses_the_syntax_of_all_versions() {
        check(
            "type A[T = int] = list[T]\ndef f[**P](x: P.args, /) -> None: ...\nclass C[*Ts]: ...\nprint(f'{x!r:>{w}} {'nested'}')\nprint(t'{x}')\ntry:\n    import a\nexcept OSError, ImportError:\n    pass\nwith (open(a) as b, open(c) as d):\n    import e\n",
            &["7 Optional a", "11 Always e"],
        );
    }

    #[test]
    fn an_error_has_its_place() {
        let check = |source: &[u8], line, column, words: &str| {
            let error = scan(source, "m", Kind::Module, &linux()).unwrap_err();
            assert_eq!((error.line, error.column), (line, column), "{error}");
            assert!(error.message.contains(words), "{error}");
        };
        check(b"x = 1\nimport\n", 2, 7, "one or more symbol names");
        check(b"# coding: latin-1\n\xfc = (\n", 3, 1, "unexpected EOF");
        check("ü = ä b\n".as_bytes(), 1, 7, "separated by newlines");
        let error = scan(b"\xef\xbb\xbfprint 1", "m", Kind::Module, &linux()).unwrap_err();
        assert!(error.to_string().starts_with("line 1, column 7: "), "{error}");
    }

    #[test]
    fn deep_nesting_is_no_danger() {
        for source in [
            format!("x = {}load('a'){}", "f(".repeat(500), ")".repeat(500)),
            format!("x = {}__import__('a')", "1 + ".repeat(3000)),
            format!("x = __import__('a'){}", ".b".repeat(3000)),
        ] {
            let source = format!("from importlib import import_module as load\n{source}");
            let found = scan(source.as_bytes(), "m", Kind::Module, &linux()).unwrap();
            assert_eq!(render(&found)[1..], ["2 Always a"]);
        }
    }
}
