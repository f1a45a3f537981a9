//! Conditions: `'$(A)' == 'b' and !Exists('c')`.

use std::cmp::Ordering;

use super::error::Problem;
use super::expand::expand;
use super::place::{self, Place};
use super::scan::parenthesised;
use super::scope::Scope;

/// Whether a condition holds. What decides nothing any more is not worked out, as in MSBuild:
/// `'$(A)' != '' and $([System.Version]::Parse($(A)))` is fine where `A` is empty.
pub(crate) fn holds(text: &str, scope: &Scope<'_>) -> Result<bool, Problem> {
    let tokens = tokens(text)?;
    let mut reader = Reader {
        text,
        tokens: &tokens,
        scope,
    };
    let result = reader.either(true)?;
    match reader.tokens.first() {
        None => Ok(result),
        Some(token) => Err(reader.undecided(format!("`{}` is out of place", token.shown()))),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Token<'a> {
    /// `(`, `)`, `!`, a comparison.
    Sign(&'a str),
    /// A text to expand, in quotes or bare.
    Text(&'a str),
    /// `Name(arguments)`.
    Call(&'a str, &'a str),
    And,
    Or,
}

impl<'a> Token<'a> {
    fn shown(self) -> &'a str {
        match self {
            Self::Sign(text) | Self::Text(text) | Self::Call(text, _) => text,
            Self::And => "and",
            Self::Or => "or",
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token<'_>>, Problem> {
    let wrong = |reason: &str| Problem::Syntax {
        text: text.to_owned(),
        reason: reason.to_owned(),
    };
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let signs = ["==", "!=", "<=", ">=", "<", ">", "!", "(", ")"];
        let (token, length) = if let Some(sign) = signs.iter().find(|sign| rest.starts_with(**sign)) {
            (Token::Sign(sign), sign.len())
        } else if first == '\'' {
            let end = rest[1..].find('\'').ok_or_else(|| wrong("`'` has no other"))?;
            (Token::Text(&rest[1..=end]), end + 2)
        } else if matches!(first, '$' | '%' | '@') {
            let inner = parenthesised(&rest[1..]).ok_or_else(|| wrong("`(` has no `)`"))?;
            let length = inner.len() + 3;
            (Token::Text(&rest[..length]), length)
        } else {
            let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            match (word, behind.starts_with('(')) {
                ("", _) => return Err(wrong(&format!("`{first}` is out of place"))),
                (word, _) if word.eq_ignore_ascii_case("and") => (Token::And, end),
                (word, _) if word.eq_ignore_ascii_case("or") => (Token::Or, end),
                (word, true) => {
                    let inner = parenthesised(behind).ok_or_else(|| wrong("`(` has no `)`"))?;
                    (Token::Call(word, inner), end + inner.len() + 2)
                }
                (word, false) => (Token::Text(word), end),
            }
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token<'a>],
    scope: &'a Scope<'a>,
}

impl<'a> Reader<'a> {
    fn undecided(&self, reason: impl Into<String>) -> Problem {
        Problem::Condition {
            text: self.text.to_owned(),
            reason: reason.into(),
        }
    }

    fn take(&mut self) -> Option<Token<'a>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(*first)
    }

    fn takes(&mut self, token: Token<'_>) -> bool {
        let is_next = self.tokens.first() == Some(&token);
        if is_next {
            self.take();
        }
        is_next
    }

    /// `a or b`; where `counts` is false, it is only read over.
    fn either(&mut self, counts: bool) -> Result<bool, Problem> {
        let mut result = self.both(counts)?;
        while self.takes(Token::Or) {
            result |= self.both(counts && !result)?;
        }
        Ok(result && counts)
    }

    fn both(&mut self, counts: bool) -> Result<bool, Problem> {
        let mut result = self.not(counts)?;
        while self.takes(Token::And) {
            result &= self.not(counts && result)?;
        }
        Ok(result && counts)
    }

    fn not(&mut self, counts: bool) -> Result<bool, Problem> {
        if self.takes(Token::Sign("!")) {
            return Ok(!self.not(counts)? && counts);
        }
        if self.takes(Token::Sign("(")) {
            let result = self.either(counts)?;
            return if self.takes(Token::Sign(")")) {
                Ok(result)
            } else {
                Err(self.undecided("`(` has no `)`"))
            };
        }
        self.comparison(counts)
    }

    fn comparison(&mut self, counts: bool) -> Result<bool, Problem> {
        let left = self.operand(counts)?;
        let signs = ["==", "!=", "<", ">", "<=", ">="];
        let sign = match self.tokens.first() {
            Some(Token::Sign(sign)) if signs.contains(sign) => *sign,
            _ if !counts => return Ok(false),
            _ => {
                return truth(&left)
                    .ok_or_else(|| self.undecided(format!("`{left}` is neither true nor false")));
            }
        };
        self.take();
        let right = self.operand(counts)?;
        if !counts {
            return Ok(false);
        }
        let ordered = || {
            order(&left, &right).ok_or_else(|| {
                self.undecided(format!("`{left}` and `{right}` are not both numbers or versions"))
            })
        };
        Ok(match sign {
            "==" => equal(&left, &right),
            "!=" => !equal(&left, &right),
            "<" => ordered()?.is_lt(),
            ">" => ordered()?.is_gt(),
            "<=" => ordered()?.is_le(),
            _ => ordered()?.is_ge(),
        })
    }

    fn operand(&mut self, counts: bool) -> Result<String, Problem> {
        let token = self.take();
        if !counts && matches!(token, Some(Token::Text(_) | Token::Call(..))) {
            return Ok(String::new());
        }
        match token {
            Some(Token::Text(text)) => expand(text, self.scope),
            Some(Token::Call(name, argument)) => {
                let argument = argument.trim();
                let quoted = argument
                    .strip_prefix('\'')
                    .and_then(|rest| rest.strip_suffix('\''));
                let argument = expand(quoted.unwrap_or(argument), self.scope)?;
                let result = match name.to_lowercase().as_str() {
                    "exists" => self.exists(&argument)?,
                    "hastrailingslash" => argument.ends_with(['\\', '/']),
                    _ => {
                        return Err(Problem::Function {
                            call: name.to_owned(),
                        });
                    }
                };
                Ok(result.to_string())
            }
            Some(token) => Err(self.undecided(format!("`{}` is out of place", token.shown()))),
            None => Err(self.undecided("something is missing at the end")),
        }
    }

    /// Whether a file is there before anything is built.
    fn exists(&self, path: &str) -> Result<bool, Problem> {
        if path.is_empty() || path.starts_with(place::USER) {
            return Ok(false);
        }
        let path = place::absolute(self.scope.project, path);
        match Place::parse(&path) {
            Some(Place::Source(path)) => Ok(self.scope.sources.spelling(&path).is_some()),
            Some(Place::Build(_) | Place::Generated(_)) => Ok(false),
            Some(Place::Package(package)) => {
                Err(self.undecided(format!("nobody knows here what is in package `{package}`")))
            }
            None => Err(Problem::Place { path }),
        }
    }
}

fn truth(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "on" | "yes" => Some(true),
        "false" | "off" | "no" => Some(false),
        _ => None,
    }
}

/// As numbers where both are, as truth values where both are, as texts otherwise.
fn equal(left: &str, right: &str) -> bool {
    if let (Ok(left), Ok(right)) = (left.parse::<f64>(), right.parse::<f64>()) {
        return left.total_cmp(&right).is_eq();
    }
    match (truth(left), truth(right)) {
        (Some(left), Some(right)) => left == right,
        _ => left.to_lowercase() == right.to_lowercase(),
    }
}

fn order(left: &str, right: &str) -> Option<Ordering> {
    if let (Ok(left), Ok(right)) = (left.parse::<f64>(), right.parse::<f64>()) {
        return Some(left.total_cmp(&right));
    }
    let version =
        |text: &str| -> Option<Vec<u64>> { text.split('.').map(|part| part.parse().ok()).collect() };
    Some(version(left)?.cmp(&version(right)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msbuild::scope::Properties;
    use crate::msbuild::source::Sources;

    fn decide(text: &str) -> Result<bool, Problem> {
        let mut properties = Properties::default();
        for (name, value) in [
            ("Platform", "x64"),
            ("Version", "10.0.1"),
            ("Yes", "true"),
            ("Ends", r"a\"),
        ] {
            properties.set(name, value.to_owned());
        }
        let mut sources = Sources::default();
        sources.add("Include/Python.h", None);
        let scope = Scope {
            properties: &properties,
            metadata: None,
            sources: &sources,
            directory: r"S:\PCbuild\",
            project: r"S:\PCbuild\",
        };
        holds(text, &scope)
    }

    #[test]
    fn decides() {
        let check = |text: &str, expected| assert_eq!(decide(text), Ok(expected), "{text}");
        check("'$(Platform)'=='x64'", true);
        check("'$(platform)' == 'X64' and $(Platform) != 'ARM'", true);
        check("$(Nothing) == ''", true);
        check("$(Yes)", true);
        check("!$(Yes) or ($(Yes) and '$(Nothing)' == 'a')", false);
        check("'1.0' == '1' or 'a' == 'b'", true);
        check(
            "HasTrailingSlash($(Ends)) and !HasTrailingSlash($(Platform))",
            true,
        );
        check(r"exists('..\include\python.h')", true);
        check(r"Exists(\bin\x86)", false);
        check(r"Exists('U:\x.props')", false);
        check(
            "$([System.Version]::Parse($(Version))) > $([System.Version]::Parse(`9.1.2`))",
            true,
        );
        // What does not matter any more is not worked out.
        check(
            "$(Nothing) != '' and $([System.Version]::Parse($(Nothing))) > '1'",
            false,
        );
        check("$(Yes) or $([No.Such]::Thing())", true);
    }

    #[test]
    fn refuses_what_it_does_not_understand() {
        for text in [
            "",
            "$(Platform)",
            "'a' == ",
            "'a' == 'b' 'c'",
            "('a' == 'b'",
            "IsOSPlatform('Windows')",
            "'a' < 'b'",
            r"Exists('P:\zlib\zlib.h')",
            r"Exists('C:\x')",
            "'a' = 'b'",
            "$([No.Such]::Thing()) == 'a'",
        ] {
            assert!(decide(text).is_err(), "{text}");
        }
    }
}
