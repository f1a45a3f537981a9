//! Positions in a text: from line and column, or by looking for words one after the other.

use std::ops::Range;

/// The byte range of the word at a line and column, both counted from 1 and in characters.
#[must_use]
pub(crate) fn word_at(text: &str, line: usize, column: usize) -> Range<usize> {
    let start_of_line = line_start(text, line);
    let rest = &text[start_of_line..];
    let rest = &rest[..rest.find('\n').unwrap_or(rest.len())];
    let offset = rest
        .char_indices()
        .nth(column.saturating_sub(1))
        .map_or(rest.len(), |(offset, _)| offset);
    let word = &rest[offset..];
    let quote = word.chars().next().filter(|first| matches!(first, '"' | '\''));
    if let Some(length) = quote.and_then(|quote| word[1..].find(quote)) {
        return start_of_line + offset..start_of_line + offset + length + 2;
    }
    let length = word
        .find(|c: char| !is_word(c))
        .filter(|length| *length > 0)
        .unwrap_or_else(|| {
            if word.starts_with(is_word) {
                word.len()
            } else {
                word.chars().next().map_or(0, char::len_utf8)
            }
        });
    let start = start_of_line + offset;
    start..start + length
}

/// The byte range of the last of `words`, each looked for behind the one before, outside comments.
#[must_use]
pub(crate) fn find(text: &str, words: &[&str]) -> Option<Range<usize>> {
    let mut from = 0;
    let mut found = None;
    for word in words {
        let range = next(text, word, from)?;
        from = range.end;
        // A word with a colon asks for a key; what is shown is the key.
        let colon = usize::from(word.ends_with(':'));
        found = Some(range.start..range.end - colon);
    }
    found
}

/// The key that stands a second time in the mapping that begins at a line and column.
#[must_use]
pub(crate) fn second_key(text: &str, key: &str, line: usize, column: usize) -> Option<Range<usize>> {
    let start = line_start(text, line);
    let indent = column.saturating_sub(1);
    let block: Vec<usize> = occurrences(text, key, start)
        .filter(|range| text[range.end..].starts_with(':'))
        .filter(|range| {
            let before = text[..range.start].rfind('\n').map_or(0, |newline| newline + 1);
            text[before..range.start].chars().count() == indent
        })
        .map(|range| range.start)
        .collect();
    if let [_, second, ..] = block[..] {
        return Some(second..second + key.len());
    }
    occurrences(text, key, start)
        .filter(|range| text[range.end..].trim_start_matches('"').starts_with(':'))
        .nth(1)
}

/// Line and column of a byte offset, both counted from 1, the column in characters.
#[must_use]
pub(crate) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (line, before[start..].chars().count() + 1)
}

fn line_start(text: &str, line: usize) -> usize {
    match line {
        0 | 1 => 0,
        _ => text
            .match_indices('\n')
            .nth(line - 2)
            .map_or(text.len(), |(newline, _)| newline + 1),
    }
}

fn next(text: &str, word: &str, from: usize) -> Option<Range<usize>> {
    occurrences(text, word, from).next()
}

fn occurrences<'a>(text: &'a str, word: &'a str, from: usize) -> impl Iterator<Item = Range<usize>> + 'a {
    text[from..]
        .match_indices(word)
        .map(move |(index, _)| from + index..from + index + word.len())
        .filter(move |range| {
            let before = text[..range.start].chars().next_back();
            let after = text[range.end..].chars().next();
            !before.is_some_and(is_word) && !after.is_some_and(is_word) && !in_comment(text, range.start)
        })
}

fn in_comment(text: &str, offset: usize) -> bool {
    let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    let line = &text[start..offset];
    line.starts_with('#') || line.contains(" #")
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+' | '~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_words_behind_each_other() {
        let text = "# zlib\nname: build\nneeds: [bzip2, zlib-ng, zlib]\n";
        let range = find(text, &["build", "needs", "zlib"]).unwrap();
        assert_eq!(&text[range.clone()], "zlib");
        assert_eq!(line_and_column(text, range.start), (3, 25));
        assert_eq!(find(text, &["needs", "name"]), None);
    }

    #[test]
    fn finds_the_second_key_at_its_depth() {
        let text = "a:\n  size: 1\nsize: 2\nurl: x\nsize: 3\n";
        let range = second_key(text, "size", 1, 1).unwrap();
        assert_eq!(line_and_column(text, range.start).0, 5);
        let flow = "x: { a: 1, a: 2 }\n";
        assert_eq!(second_key(flow, "a", 1, 4), Some(11..12));
    }

    #[test]
    fn takes_the_word_at_a_position() {
        let text = "ä: x\nbö: 'y'\n";
        assert_eq!(&text[word_at(text, 2, 1)], "bö");
        assert_eq!(&text[word_at(text, 2, 5)], "'y'");
        assert_eq!(word_at(text, 9, 9), text.len()..text.len());
    }
}
