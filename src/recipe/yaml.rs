//! YAML in, typed values or typed errors out: the only file that names `serde_yaml`.

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
    serde_yaml::from_str(&file.text).map_err(|error| located(file, &error, meaning(&message(&error))))
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
    match message.find(" at line ") {
        Some(end) => message[..end].to_owned(),
        None => message,
    }
}

fn syntax(message: &str) -> Problem {
    match message.split_once("duplicate entry with key ") {
        Some((_, key)) => Problem::DuplicateKey {
            key: key.trim_matches('"').to_owned(),
        },
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
