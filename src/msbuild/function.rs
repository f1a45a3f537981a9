//! Property functions: the calls in `$(…)` that CPython's project files make.

use regex::RegexBuilder;

use super::error::Problem;
use super::expand::expand;
use super::place;
use super::scan::{arguments, parenthesised};
use super::scope::Scope;

/// What a call gives; only texts leave `$(…)`.
enum Value {
    Text(String),
    /// An array, or the groups of a match; as text, its parts between semicolons.
    List(Vec<String>),
    Version(Vec<u64>),
    Match(Vec<String>),
}

impl Value {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::List(parts) => parts.join(";"),
            Self::Version(parts) => parts.iter().map(u64::to_string).collect::<Vec<_>>().join("."),
            Self::Match(groups) => groups.into_iter().next().unwrap_or_default(),
        }
    }
}

/// What stands in `$(…)`, worked out.
pub(crate) fn property(inner: &str, scope: &Scope<'_>) -> Result<String, Problem> {
    let inner = inner.trim();
    let is_registry = inner
        .get(..9)
        .is_some_and(|start| start.eq_ignore_ascii_case("registry:"));
    if is_registry {
        // There is no registry here, and MSBuild takes a value that is not there for an empty one.
        return Ok(String::new());
    }
    let (mut value, mut rest) = if inner.starts_with('[') {
        static_call(inner, scope)?
    } else {
        let end = inner.find(['.', '[']).unwrap_or(inner.len());
        let (name, rest) = inner.split_at(end);
        let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        if name.is_empty() || !is_name {
            return Err(Problem::Syntax {
                text: format!("$({inner})"),
                reason: "that is no name of a property".to_owned(),
            });
        }
        (Value::Text(own(name, scope)), rest)
    };
    while !rest.is_empty() {
        (value, rest) = member(inner, value, rest, scope)?;
    }
    Ok(value.into_text())
}

/// A property; some are MSBuild's own.
fn own(name: &str, scope: &Scope<'_>) -> String {
    if name.eq_ignore_ascii_case("MSBuildThisFileDirectory") {
        scope.directory.to_owned()
    } else {
        scope.properties.get(name).to_owned()
    }
}

fn unknown(call: &str) -> Problem {
    Problem::Function {
        call: call.to_owned(),
    }
}

fn no_value(call: &str, reason: impl Into<String>) -> Problem {
    Problem::Call {
        call: call.to_owned(),
        reason: reason.into(),
    }
}

/// The arguments behind a name, worked out, and what stands behind them.
fn called<'a>(call: &str, text: &'a str, scope: &Scope<'_>) -> Result<(Vec<String>, &'a str), Problem> {
    let inner = parenthesised(text).ok_or_else(|| no_value(call, "`(` has no `)`"))?;
    let values = arguments(inner)
        .into_iter()
        .map(|argument| expand(unquoted(argument), scope));
    Ok((values.collect::<Result<_, _>>()?, &text[inner.len() + 2..]))
}

fn unquoted(argument: &str) -> &str {
    ['`', '\'', '"']
        .iter()
        .find_map(|quote| argument.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(argument)
}

/// `[Type]::Method(arguments)`, and what stands behind it.
fn static_call<'a>(call: &'a str, scope: &Scope<'_>) -> Result<(Value, &'a str), Problem> {
    let (kind, rest) = call[1..].split_once("]::").ok_or_else(|| unknown(call))?;
    let open = rest.find('(').ok_or_else(|| unknown(call))?;
    let method = &rest[..open];
    let (values, rest) = called(call, &rest[open..], scope)?;
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let value = match (kind.to_lowercase().as_str(), method, &values[..]) {
        ("system.io.path", "GetFullPath", [path]) => {
            let path = place::absolute(scope.project, path);
            Value::Text(place::full(&path).ok_or(Problem::Place { path })?)
        }
        ("system.io.file", "ReadAllText", [path]) => Value::Text(read(path, scope)?),
        ("system.text.regularexpressions.regex", "Match", [text, pattern]) => {
            // Classes of characters by ASCII, which is what source files of C ask for.
            let pattern = RegexBuilder::new(pattern).unicode(false).build();
            let pattern = pattern.map_err(|error| no_value(call, error.to_string()))?;
            let groups = pattern.captures(text).map(|captures| {
                let texts = captures
                    .iter()
                    .map(|group| group.map_or("", |group| group.as_str()));
                texts.map(str::to_owned).collect()
            });
            Value::Match(groups.unwrap_or_else(|| vec![String::new()]))
        }
        ("system.version", "Parse", [text]) => {
            let parts: Option<Vec<u64>> = text.split('.').map(|part| part.parse().ok()).collect();
            let parts = parts.filter(|parts| (2..=4).contains(&parts.len()));
            Value::Version(parts.ok_or_else(|| no_value(call, format!("`{text}` is no version")))?)
        }
        ("msbuild", "Add" | "Multiply" | "BitwiseOr", [left, right]) => {
            let number = |text: &str| {
                let number: Option<i64> = text.parse().ok();
                number.ok_or_else(|| no_value(call, format!("`{text}` is no number")))
            };
            let (left, right) = (number(left)?, number(right)?);
            let result = match method {
                "Add" => left.checked_add(right),
                "Multiply" => left.checked_mul(right),
                _ => Some(left | right),
            };
            let result = result.ok_or_else(|| no_value(call, "the result is too large"))?;
            Value::Text(result.to_string())
        }
        _ => return Err(unknown(&format!("[{kind}]::{method}"))),
    };
    Ok((value, rest))
}

fn read(path: &str, scope: &Scope<'_>) -> Result<String, Problem> {
    let path = place::absolute(scope.project, path);
    let text = match place::Place::parse(&path) {
        Some(place::Place::Source(path)) => scope.sources.text(&path),
        _ => None,
    };
    text.map(str::to_owned).ok_or(Problem::NoFile { path })
}

/// `.Member`, `.Method(arguments)` or `[index]` of a value, and what stands behind it.
fn member<'a>(
    call: &str,
    value: Value,
    text: &'a str,
    scope: &Scope<'_>,
) -> Result<(Value, &'a str), Problem> {
    if let Some(text) = text.strip_prefix('[') {
        let (index, rest) = text.split_once(']').ok_or_else(|| unknown(call))?;
        let index: usize = index.parse().map_err(|_| unknown(call))?;
        let Value::List(parts) = value else {
            return Err(unknown(call));
        };
        let part = parts.into_iter().nth(index);
        let part = part.ok_or_else(|| no_value(call, format!("there is no part {index}")))?;
        return Ok((Value::Text(part), rest));
    }
    let text = text.strip_prefix('.').ok_or_else(|| unknown(call))?;
    let end = text.find(['.', '[', '(']).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if rest.starts_with('(') {
        let (values, rest) = called(call, rest, scope)?;
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let value = method(call, &value.into_text(), name, &values)?;
        return Ok((value, rest));
    }
    let value = match (value, name) {
        (Value::Version(parts), "Major" | "Minor" | "Build" | "Revision") => {
            let names = ["Major", "Minor", "Build", "Revision"];
            let index = names.iter().position(|known| *known == name).unwrap_or_default();
            // A part that the version does not have is -1 in .NET.
            let part = parts.get(index).map_or_else(|| "-1".to_owned(), u64::to_string);
            Value::Text(part)
        }
        // A group that is not in the pattern is empty in .NET, so a match that failed has any number of them.
        (Value::Match(mut groups), "Groups") => {
            if groups.len() == 1 && groups[0].is_empty() && rest.starts_with('[') {
                groups.resize(16, String::new());
            }
            Value::List(groups)
        }
        (Value::Text(text), "Value") => Value::Text(text),
        _ => return Err(unknown(call)),
    };
    Ok((value, rest))
}

/// A method of a text.
fn method(call: &str, text: &str, name: &str, values: &[&str]) -> Result<Value, Problem> {
    let index = |value: &str| {
        let index: Option<usize> = value.trim().parse().ok();
        index
            .filter(|index| text.is_char_boundary(*index))
            .ok_or_else(|| no_value(call, format!("`{text}` has no character {value}")))
    };
    let truth = |truth: bool| Value::Text(if truth { "True" } else { "False" }.to_owned());
    let trimmed = |characters: &str| characters.chars().collect::<Vec<_>>();
    Ok(match (name, values) {
        ("StartsWith", [start]) => truth(text.starts_with(start)),
        ("EndsWith", [end]) => truth(text.ends_with(end)),
        ("Contains", [part]) => truth(text.contains(part)),
        ("Replace", [from, to]) if !from.is_empty() => Value::Text(text.replace(from, to)),
        ("Trim", [characters]) => Value::Text(text.trim_matches(&trimmed(characters)[..]).to_owned()),
        ("TrimEnd", [characters]) => Value::Text(text.trim_end_matches(&trimmed(characters)[..]).to_owned()),
        ("Split", [separator]) if separator.len() == 1 => {
            Value::List(text.split(separator).map(str::to_owned).collect())
        }
        ("LastIndexOf", [part]) => {
            let found = text.rfind(part);
            Value::Text(found.map_or_else(|| "-1".to_owned(), |at| at.to_string()))
        }
        ("Substring", [start]) => Value::Text(text[index(start)?..].to_owned()),
        ("Substring", [start, length]) => {
            let start = index(start)?;
            let length: usize = length
                .parse()
                .map_err(|_| no_value(call, format!("`{length}` is no length")))?;
            let part = text.get(start..start + length);
            Value::Text(
                part.ok_or_else(|| no_value(call, format!("`{text}` is too short")))?
                    .to_owned(),
            )
        }
        _ => return Err(unknown(call)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msbuild::scope::Properties;
    use crate::msbuild::source::Sources;

    fn call(inner: &str) -> Result<String, Problem> {
        let mut properties = Properties::default();
        properties.set("Dir", r"S:\a\\b\".to_owned());
        properties.set("Name", "x.y.pyd".to_owned());
        properties.set("Version", "8.6.15".to_owned());
        let mut sources = Sources::default();
        sources.add("Include/patchlevel.h", Some("#define PY_MINOR 13\n".to_owned()));
        let scope = Scope {
            properties: &properties,
            metadata: None,
            sources: &sources,
            directory: r"S:\PCbuild\",
            project: r"S:\PCbuild\",
        };
        property(inner, &scope)
    }

    #[test]
    fn calls_what_the_project_files_call() {
        let check = |inner: &str, expected: &str| assert_eq!(call(inner).as_deref(), Ok(expected), "{inner}");
        check("name", "x.y.pyd");
        check("NoSuch", "");
        check(r"Dir.Replace(`\\`, `\`)", r"S:\a\b\");
        check(r"Dir.TrimEnd('\').Trim(`S`)", r":\a\\b");
        check("Name.LastIndexOf(`.`)", "3");
        check("Name.Substring(0, $(Name.LastIndexOf(`.`)))", "x.y");
        check("Name.Substring(3)", ".pyd");
        check("Name.Split(`.`)[1]", "y");
        check("Name.StartsWith(`x.`)", "True");
        check(
            r"[System.IO.Path]::GetFullPath($(MSBuildThisFileDirectory)\..\)",
            r"S:\",
        );
        check("[System.Version]::Parse($(Version)).Build", "15");
        check("[System.Version]::Parse($(Version)).Revision", "-1");
        check("[msbuild]::Add(1, $([msbuild]::Multiply(2, 10)))", "21");
        check("[msbuild]::BitwiseOr(\n 256,\n 15\n)", "271");
        let minor = r"[System.Text.RegularExpressions.Regex]::Match($([System.IO.File]::ReadAllText(`..\Include\patchlevel.h`)), `define\s+PY_MINOR\s+(\d+)`).Groups[1].Value";
        check(minor, "13");
        check(&minor.replace("MINOR", "MAJOR"), "");
        check(r"Registry:HKEY_LOCAL_MACHINE\SOFTWARE\x@y", "");
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for inner in [
            "Name.Reverse()",
            "Name.Length",
            "[System.DateTime]::Now",
            "[System.IO.File]::ReadAllText(`..\\x.h`)",
            "[System.Version]::Parse(`x`)",
            "[msbuild]::Add(1, a)",
            "Name.Substring(99)",
            "Name.Split(`.`)[9]",
            "a b",
        ] {
            assert!(call(inner).is_err(), "{inner}");
        }
    }
}
