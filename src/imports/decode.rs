//! The bytes of a source file → its text.

use std::borrow::Cow;

/// Names of Latin-1, after small letters and `-` for `_`.
const LATIN_1: [&str; 7] = [
    "latin-1",
    "latin1",
    "iso-8859-1",
    "iso8859-1",
    "iso-latin-1",
    "l1",
    "cp819",
];

/// Decodes a source file. Other encodings than UTF-8 and Latin-1 are read as if they were UTF-8, with
/// U+FFFD for what is not: keywords and the names of modules are ASCII in all that anybody uses.
pub(super) fn decode(source: &[u8]) -> Cow<'_, str> {
    if let Some(rest) = source.strip_prefix(b"\xef\xbb\xbf") {
        return String::from_utf8_lossy(rest);
    }
    if cookie(source).is_some_and(|name| LATIN_1.contains(&name.as_str())) {
        return source.iter().copied().map(char::from).collect();
    }
    String::from_utf8_lossy(source)
}

/// The encoding that one of the first two lines declares (PEP 263).
fn cookie(source: &[u8]) -> Option<String> {
    for line in source.split(|byte| *byte == b'\n').take(2) {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_start_matches([' ', '\t', '\x0c']);
        let Some(comment) = text.strip_prefix('#') else {
            if text.trim_end().is_empty() {
                continue;
            }
            return None;
        };
        for (at, word) in comment.match_indices("coding") {
            let Some(value) = comment[at + word.len()..].strip_prefix([':', '=']) else {
                continue;
            };
            let name: String = value
                .trim_start_matches([' ', '\t'])
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
                .collect();
            if !name.is_empty() {
                return Some(name.to_ascii_lowercase().replace('_', "-"));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn honours_bom_and_cookie() {
        let check = |source: &[u8], expected: &str| assert_eq!(decode(source), expected);
        check("x = 'ü'".as_bytes(), "x = 'ü'");
        check(b"\xef\xbb\xbfx", "x");
        check(b"# -*- coding: latin-1 -*-\n\xfc", "# -*- coding: latin-1 -*-\nü");
        check(
            b"#!/bin/python\n# vim: set fileencoding=ISO_8859_1 :\n\xfc",
            "#!/bin/python\n# vim: set fileencoding=ISO_8859_1 :\nü",
        );
        check(b"#\r\n# coding: l1\r\n\xfc", "#\r\n# coding: l1\r\nü");
        check(b"\n# coding: latin1\n\xfc", "\n# coding: latin1\nü");
        // Too late, after code, and none that we know.
        check(b"\n\n# coding: latin1\n\xfc", "\n\n# coding: latin1\n\u{fffd}");
        check(b"x\n# coding: latin1\n\xfc", "x\n# coding: latin1\n\u{fffd}");
        check(b"# coding: koi8-r\n\xfc", "# coding: koi8-r\n\u{fffd}");
        check(b"# coding: utf-8\n\xc3\xbc", "# coding: utf-8\nü");
    }
}
