//! YAML in, typed values or typed errors out: the only file that names `serde_yaml`.

use std::ops::Range;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::error::{Problem, RecipeError};
use super::quoted::UNQUOTED;
use super::{SourceFile, locate};

/// Reads a file into the type that says what may stand in it.
pub(crate) fn parse<T: DeserializeOwned>(file: &Arc<SourceFile>) -> Result<T, RecipeError> {
    // Twice: only the untyped value notices a key that stands twice in a map.
    if let Err(error) = serde_yaml::from_str::<serde_yaml::Value>(&file.text) {
        return Err(located(file, &error, syntax(&message(&error))));
    }
    if let Some(span) = anchor(&file.text) {
        return Err(RecipeError {
            problem: Problem::Anchor,
            file: Arc::clone(file),
            span: Some(span),
        });
    }
    serde_yaml::from_str(&file.text).map_err(|error| located(file, &error, meaning(&message(&error))))
}

/// Reads the documents of a file that is no recipe, whatever else stands in them.
pub(crate) fn documents<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, String> {
    let documents = serde_yaml::Deserializer::from_str(text);
    documents
        .map(|document| T::deserialize(document).map_err(|error| error.to_string()))
        .collect()
}

/// The first anchor (`&name`) or alias (`*name`) of a document that is YAML.
///
/// What looks like one may stand in a text or a comment. Only YAML itself can tell, and it does: no
/// name begins with `!`, so with one put in the document is broken just where it had a name.
fn anchor(text: &str) -> Option<Range<usize>> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    text.match_indices(['&', '*']).find_map(|(at, sigil)| {
        let name = at + sigil.len();
        let length = text[name..].find(|c| !is_name(c)).unwrap_or(text.len() - name);
        let before = text[..at].chars().next_back();
        let possible = before.is_none_or(|c| c.is_whitespace() || matches!(c, '[' | '{' | ','));
        if length == 0 || !possible {
            return None;
        }
        let broken = format!("{}!{}", &text[..name], &text[name..]);
        serde_yaml::from_str::<serde_yaml::Value>(&broken)
            .is_err()
            .then_some(at..name + length)
    })
}

fn located(file: &Arc<SourceFile>, error: &serde_yaml::Error, problem: Problem) -> RecipeError {
    let location = error.location();
    let (line, column) = location.as_ref().map_or((1, 1), |at| (at.line(), at.column()));
    let found = match &problem {
        Problem::DuplicateKey { key } => locate::second_key(&file.text, key, line, column),
        _ => None,
    };
    let span = found.or_else(|| location.map(|_| locate::word_at(&file.text, line, column)));
    RecipeError {
        problem,
        file: Arc::clone(file),
        span,
    }
}

/// The message without the position at its end, which is shown apart.
fn message(error: &serde_yaml::Error) -> String {
    let message = error.to_string();
    let text = match message.find(" at line ") {
        Some(end) => &message[..end],
        None => &message,
    };
    if text.contains("more than one document") {
        return "there is more than one document; take out the line `---`".to_owned();
    }
    let number = ["u8", "u16", "u32", "u64", "usize"]
        .iter()
        .find_map(|rust| text.strip_suffix(rust)?.strip_suffix("expected "));
    match number {
        Some(found) => format!("{found}expected a whole number, not negative"),
        None => text.to_owned(),
    }
}

fn syntax(message: &str) -> Problem {
    match message.split_once("duplicate entry with key ") {
        Some((_, key)) => Problem::DuplicateKey {
            key: key.trim_matches('"').to_owned(),
        },
        None if message.contains("unknown anchor") => Problem::Anchor,
        None => Problem::Syntax {
            message: message.to_owned(),
        },
    }
}

/// Tells serde's messages apart. They are stable and have no typed form.
fn meaning(message: &str) -> Problem {
    // `source.mirrors[0]: …`: where in the document, which the position says better.
    let text = match message.split_once(": ") {
        Some((path, rest)) if !path.contains([' ', '`']) => rest,
        _ => message,
    };
    let words: Vec<String> = text.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    let Some((word, valid)) = words.split_first() else {
        return other(text);
    };
    let (word, valid) = (word.clone(), valid.to_vec());
    if text.starts_with("unknown field ") {
        Problem::UnknownField { field: word, valid }
    } else if text.starts_with("unknown variant ") {
        Problem::UnknownWord { word, valid }
    } else if text.starts_with("missing field ") {
        Problem::MissingField { field: word }
    } else {
        other(text)
    }
}

fn other(text: &str) -> Problem {
    match text.strip_prefix(UNQUOTED).and_then(|rest| rest.split_once('|')) {
        Some((found, expected)) => Problem::Unquoted {
            found: found.to_owned(),
            expected: expected.to_owned(),
        },
        None => Problem::Value {
            message: text.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::anchor;

    #[test]
    fn tells_anchors_from_texts() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(anchor(text).map(|span| &text[span]), expected, "{text}");
        };
        check("a: &name 1\nb: *name\n", Some("&name"));
        check("a: [ &x 1 ]\n", Some("&x"));
        check("base: &b { c: 1 }\nd: { <<: *b }\n", Some("&b"));
        check("a: \"&no *no\" # &no *no\n", None);
        check("a: this &that and *those\n", None);
        check("a: |\n  &no\n  *no\nb: '*.c'\n", None);
    }
}
