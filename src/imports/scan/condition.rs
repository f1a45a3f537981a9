//! Conditions that are decided before anything runs.

use std::cmp::Ordering;

use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprCompare, Number, UnaryOp};

use super::bound::Bound;
use crate::imports::Interpreter;

/// What conditions are decided by.
#[derive(Clone, Copy)]
pub(super) struct Conditions<'a> {
    pub(super) interpreter: &'a Interpreter,
    pub(super) bound: &'a Bound,
    /// `__name__`.
    pub(super) name: &'a str,
}

/// A value that is known.
enum Value {
    Text(String),
    Texts(Vec<String>),
    Number(i64),
    Tuple(Tuple),
}

/// The first numbers of a tuple.
struct Tuple {
    numbers: Vec<i64>,
    /// Whether more follow that are not known, as in `sys.version_info`.
    open: bool,
}

impl Tuple {
    /// How it compares, where the known numbers tell.
    fn compare(&self, other: &Self) -> Option<Ordering> {
        let common = self.numbers.len().min(other.numbers.len());
        let first = self.numbers[..common].cmp(&other.numbers[..common]);
        if first.is_ne() {
            return Some(first);
        }
        let ends = |tuple: &Self| tuple.numbers.len() == common && !tuple.open;
        let unknown = |tuple: &Self| tuple.numbers.len() == common && tuple.open;
        match (ends(self), ends(other)) {
            (true, true) => Some(Ordering::Equal),
            (true, false) => Some(Ordering::Less),
            (false, true) => Some(Ordering::Greater),
            (false, false) if unknown(self) || unknown(other) => None,
            (false, false) => Some(Ordering::Equal),
        }
    }
}

impl Conditions<'_> {
    /// Whether a condition holds, where it can be told.
    pub(super) fn decide(self, condition: &Expr) -> Option<bool> {
        match condition {
            Expr::BooleanLiteral(literal) => Some(literal.value),
            Expr::NoneLiteral(_) => Some(false),
            Expr::NumberLiteral(literal) => match &literal.value {
                Number::Int(number) => Some(number.as_i64() != Some(0)),
                _ => None,
            },
            Expr::Name(_) | Expr::Attribute(_) => {
                let dotted = self.bound.dotted(condition)?;
                let known = [
                    "TYPE_CHECKING",
                    "typing.TYPE_CHECKING",
                    "typing_extensions.TYPE_CHECKING",
                ];
                known.contains(&dotted.as_str()).then_some(false)
            }
            Expr::Named(named) => self.decide(&named.value),
            Expr::UnaryOp(unary) if unary.op == UnaryOp::Not => {
                self.decide(&unary.operand).map(|decided| !decided)
            }
            Expr::BoolOp(operation) => {
                let enough = operation.op == BoolOp::Or;
                fold(operation.values.iter().map(|value| self.decide(value)), enough)
            }
            Expr::Compare(comparison) => self.comparison(comparison),
            Expr::Call(_) => self.starts_or_ends(condition),
            _ => None,
        }
    }

    fn comparison(self, comparison: &ExprCompare) -> Option<bool> {
        let operands = || [&*comparison.left].into_iter().chain(&comparison.comparators);
        let pairs = operands().zip(operands().skip(1)).zip(&comparison.ops);
        let links = pairs.map(|((left, right), op)| compare(&self.value(left)?, *op, &self.value(right)?));
        fold(links, false)
    }

    /// `sys.platform.startswith("win")`.
    fn starts_or_ends(self, condition: &Expr) -> Option<bool> {
        let call = condition.as_call_expr()?;
        let method = call.func.as_attribute_expr()?;
        let Value::Text(text) = self.value(&method.value)? else {
            return None;
        };
        let [wanted] = &*call.arguments.args else {
            return None;
        };
        let wanted = match self.value(wanted)? {
            Value::Text(text) => vec![text],
            Value::Texts(texts) => texts,
            _ => return None,
        };
        match method.attr.as_str() {
            "startswith" => Some(wanted.iter().any(|wanted| text.starts_with(wanted))),
            "endswith" => Some(wanted.iter().any(|wanted| text.ends_with(wanted))),
            _ => None,
        }
    }

    /// The value of an expression, where it is a literal or a fact of the interpreter.
    fn value(self, expr: &Expr) -> Option<Value> {
        let (major, minor) = self.interpreter.version;
        let version = [i64::from(major), i64::from(minor)];
        match expr {
            Expr::StringLiteral(literal) => Some(Value::Text(literal.value.to_str().to_owned())),
            Expr::NumberLiteral(_) => number(expr).map(Value::Number),
            Expr::Tuple(tuple) => literals(&tuple.elts),
            Expr::List(list) => literals(&list.elts),
            Expr::Set(set) => literals(&set.elts),
            Expr::Name(_) | Expr::Attribute(_) => match self.bound.dotted(expr)?.as_str() {
                "__name__" => Some(Value::Text(self.name.to_owned())),
                "sys.platform" => Some(Value::Text(self.interpreter.sys_platform.clone())),
                "os.name" => Some(Value::Text(self.interpreter.os_name.clone())),
                "sys.version_info" => Some(Value::Tuple(Tuple {
                    numbers: version.to_vec(),
                    open: true,
                })),
                "sys.version_info.major" => Some(Value::Number(version[0])),
                "sys.version_info.minor" => Some(Value::Number(version[1])),
                _ => None,
            },
            Expr::Subscript(subscript) => {
                if self.bound.dotted(&subscript.value)? != "sys.version_info" {
                    return None;
                }
                if let Some(index) = number(&subscript.slice) {
                    let index = usize::try_from(index).ok()?;
                    return version.get(index).copied().map(Value::Number);
                }
                let slice = subscript.slice.as_slice_expr()?;
                let from_start = slice
                    .lower
                    .as_deref()
                    .is_none_or(|lower| number(lower) == Some(0));
                if !from_start || slice.step.is_some() {
                    return None;
                }
                let count = usize::try_from(number(slice.upper.as_deref()?)?).ok()?;
                Some(Value::Tuple(Tuple {
                    numbers: version[..count.min(2)].to_vec(),
                    open: count > 2,
                }))
            }
            _ => None,
        }
    }
}

/// Combines decisions as `or` does where `enough` is true, as `and` does where it is false.
fn fold(decisions: impl Iterator<Item = Option<bool>>, enough: bool) -> Option<bool> {
    let mut result = Some(!enough);
    for decision in decisions {
        match decision {
            Some(decided) if decided == enough => return Some(enough),
            Some(_) => {}
            None => result = None,
        }
    }
    result
}

fn number(expr: &Expr) -> Option<i64> {
    match &expr.as_number_literal_expr()?.value {
        Number::Int(number) => number.as_i64(),
        _ => None,
    }
}

fn literals(elements: &[Expr]) -> Option<Value> {
    let numbers: Option<Vec<i64>> = elements.iter().map(number).collect();
    if let Some(numbers) = numbers {
        return Some(Value::Tuple(Tuple { numbers, open: false }));
    }
    let text = |element: &Expr| Some(element.as_string_literal_expr()?.value.to_str().to_owned());
    elements.iter().map(text).collect::<Option<_>>().map(Value::Texts)
}

fn compare(left: &Value, op: CmpOp, right: &Value) -> Option<bool> {
    let inside = match (left, right) {
        (Value::Text(text), Value::Texts(texts)) => Some(texts.contains(text)),
        (Value::Text(part), Value::Text(whole)) => Some(whole.contains(part.as_str())),
        (Value::Number(number), Value::Tuple(tuple)) if !tuple.open => Some(tuple.numbers.contains(number)),
        _ => None,
    };
    let ordering = || match (left, right) {
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Number(left), Value::Number(right)) => Some(left.cmp(right)),
        (Value::Tuple(left), Value::Tuple(right)) => left.compare(right),
        _ => None,
    };
    match op {
        CmpOp::In => inside,
        CmpOp::NotIn => inside.map(|inside| !inside),
        CmpOp::Eq | CmpOp::Is => ordering().map(Ordering::is_eq),
        CmpOp::NotEq | CmpOp::IsNot => ordering().map(Ordering::is_ne),
        CmpOp::Lt => ordering().map(Ordering::is_lt),
        CmpOp::LtE => ordering().map(Ordering::is_le),
        CmpOp::Gt => ordering().map(Ordering::is_gt),
        CmpOp::GtE => ordering().map(Ordering::is_ge),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(condition: &str, linux: Option<bool>, windows: Option<bool>) {
        let parsed = ruff_python_parser::parse_expression(condition).unwrap();
        let decide = |sys_platform: &str, os_name: &str| {
            let interpreter = Interpreter {
                sys_platform: sys_platform.to_owned(),
                os_name: os_name.to_owned(),
                version: (3, 13),
            };
            let mut bound = Bound::default();
            bound.bind("_sys", "sys".to_owned());
            bound.bind("platform", "sys.platform".to_owned());
            let (interpreter, bound) = (&interpreter, &bound);
            let name = "a.b";
            let conditions = Conditions {
                interpreter,
                bound,
                name,
            };
            conditions.decide(parsed.expr())
        };
        let found = (decide("linux", "posix"), decide("win32", "nt"));
        assert_eq!(found, (linux, windows), "{condition}");
    }

    #[test]
    fn decides_what_is_known_of_the_system() {
        let (yes, no) = (Some(true), Some(false));
        for (condition, linux, windows) in [
            ("sys.platform == 'win32'", no, yes),
            ("'win32' == _sys.platform", no, yes),
            ("sys.platform != 'win32'", yes, no),
            ("platform.startswith('win')", no, yes),
            ("not sys.platform.startswith(('win', 'cyg'))", yes, no),
            ("sys.platform.endswith('x')", yes, no),
            ("sys.platform in ('win32', 'cygwin')", no, yes),
            ("sys.platform not in {'win32', 'cygwin'}", yes, no),
            ("'win' in sys.platform", no, yes),
            ("os.name == 'nt'", no, yes),
            ("os.name == 'nt' or something", None, yes),
            ("os.name == 'nt' and something", no, None),
            ("(windows := os.name == 'nt')", no, yes),
            ("sys.platform[:3] == 'win'", None, None),
            ("other.platform == 'win32'", None, None),
            ("sys.platform == name", None, None),
            ("sys.platform.lower('x')", None, None),
        ] {
            check(condition, linux, windows);
        }
    }

    #[test]
    fn decides_what_is_known_of_the_version() {
        for (condition, expected) in [
            ("sys.version_info >= (3, 11)", Some(true)),
            ("sys.version_info >= (3, 13)", Some(true)),
            ("sys.version_info > (3, 13)", Some(true)),
            ("sys.version_info <= (3, 13)", Some(false)),
            ("sys.version_info == (3, 13)", Some(false)),
            ("sys.version_info < (3, 14)", Some(true)),
            ("sys.version_info >= (3,)", Some(true)),
            ("(3, 8) <= sys.version_info < (3, 11)", Some(false)),
            ("(3, 8) <= sys.version_info < (3, 14)", Some(true)),
            ("sys.version_info >= (3, 13, 2)", None),
            ("sys.version_info >= (3, 12, 2)", Some(true)),
            ("sys.version_info[:2] == (3, 13)", Some(true)),
            ("sys.version_info[0:1] < (3,)", Some(false)),
            ("sys.version_info[:3] > (3, 13, 0)", None),
            ("sys.version_info[0] == 2", Some(false)),
            ("sys.version_info[1] in (13, 14)", Some(true)),
            ("sys.version_info[3] == 'final'", None),
            ("sys.version_info.major >= 3", Some(true)),
            ("sys.version_info.minor < 13", Some(false)),
        ] {
            check(condition, expected, expected);
        }
    }

    #[test]
    fn decides_constants() {
        for (condition, expected) in [
            ("0", Some(false)),
            ("1", Some(true)),
            ("False", Some(false)),
            ("None", Some(false)),
            ("TYPE_CHECKING", Some(false)),
            ("typing.TYPE_CHECKING", Some(false)),
            ("not typing.TYPE_CHECKING", Some(true)),
            ("__name__ == '__main__'", Some(false)),
            ("__name__ == 'a.b'", Some(true)),
            ("DEBUG", None),
            ("x", None),
            ("f()", None),
        ] {
            check(condition, expected, expected);
        }
    }
}
