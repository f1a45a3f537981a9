//! An error and what caused it, as people read it.

use std::error::Error;

/// What an error says, and then each of its causes.
///
/// A cause that the message before it ends with is left out: transparent wrappers repeat what they
/// wrap, and some messages quote their source.
#[must_use]
pub fn causes(error: &dyn Error) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    let mut cause = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if !told.last().is_some_and(|last| last.ends_with(&text)) {
            told.push(text);
        }
        cause = error.source();
    }
    told
}

/// The same on one line.
#[must_use]
pub fn on_one_line(error: &dyn Error) -> String {
    causes(error).join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Told {
        text: &'static str,
        source: Option<Box<Self>>,
    }

    #[test]
    fn says_nothing_twice() {
        let mut error = Told {
            text: "no such disk",
            source: None,
        };
        for text in ["no such disk", "write `a`: no such disk", "keep `a`"] {
            error = Told {
                text,
                source: Some(Box::new(error)),
            };
        }
        assert_eq!(causes(&error), ["keep `a`", "write `a`: no such disk"]);
        assert_eq!(on_one_line(&error), "keep `a`: write `a`: no such disk");
    }
}
