//! The pieces of a text: characters, `$(…)`, `%(…)`.

use super::error::Problem;

/// A piece of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Piece<'a> {
    /// Characters that stand for themselves.
    Text(&'a str),
    /// `$(…)`, without the parentheses.
    Property(&'a str),
    /// `%(…)`, without the parentheses.
    Metadata(&'a str),
    /// `%0D`: a character by its number.
    Escaped(char),
}

/// Takes a text apart.
pub(crate) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, Problem> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['$', '%', '@']) {
        let after = &rest[at + 1..];
        let (piece, length) = match (&rest[at..=at], after.starts_with('(')) {
            ("@", true) => {
                let reason = "lists of items are read by targets only, so far".to_owned();
                return Err(syntax(text, reason));
            }
            (sign, true) => {
                let inner = parenthesised(after).ok_or_else(|| syntax(text, "`(` has no `)`".to_owned()))?;
                let piece = if sign == "$" {
                    Piece::Property(inner)
                } else {
                    Piece::Metadata(inner)
                };
                (piece, inner.len() + 2)
            }
            ("%", false) => match escaped(after) {
                Some(character) => (Piece::Escaped(character), 2),
                None => (Piece::Text("%"), 0),
            },
            _ => (Piece::Text(&rest[at..=at]), 0),
        };
        if at > 0 {
            pieces.push(Piece::Text(&rest[..at]));
        }
        pieces.push(piece);
        rest = &after[length..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}

fn syntax(text: &str, reason: String) -> Problem {
    Problem::Syntax {
        text: text.trim().to_owned(),
        reason,
    }
}

fn escaped(after: &str) -> Option<char> {
    let digits = after.get(..2)?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u8::from_str_radix(digits, 16).ok()?;
    is_hex.then(|| char::from(number))
}

/// What stands between the `(` that a text begins with and its `)`. Quoted parentheses do not count.
pub(crate) fn parenthesised(text: &str) -> Option<&str> {
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(open), character) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '`' | '"') => quote = Some(character),
            (None, '(') => depth += 1,
            (None, ')') => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return text.get(1..at);
                }
            }
            (None, _) => {}
        }
    }
    None
}

/// Arguments between commas, those in quotes and parentheses left together, trimmed.
pub(crate) fn arguments(text: &str) -> Vec<&str> {
    let mut arguments = Vec::new();
    let (mut depth, mut quote, mut start) = (0_usize, None, 0);
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(open), character) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '`' | '"') => quote = Some(character),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                arguments.push(text[start..at].trim());
                start = at + 1;
            }
            (None, _) => {}
        }
    }
    let last = text[start..].trim();
    if !last.is_empty() || !arguments.is_empty() {
        arguments.push(last);
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_texts_apart() {
        assert_eq!(
            pieces("a$(B.C(`)`))%(D);%0D50%").unwrap(),
            [
                Piece::Text("a"),
                Piece::Property("B.C(`)`)"),
                Piece::Metadata("D"),
                Piece::Text(";"),
                Piece::Escaped('\r'),
                Piece::Text("50"),
                Piece::Text("%"),
            ]
        );
        assert_eq!(pieces("").unwrap(), []);
        assert!(pieces("$(A").is_err());
        assert!(pieces("@(A)").is_err());
    }

    #[test]
    fn keeps_arguments_together() {
        assert_eq!(arguments("f(a, b), `x,y`,c "), ["f(a, b)", "`x,y`", "c"]);
        assert_eq!(arguments(""), Vec::<&str>::new());
    }
}
