//! Paths as tags, which hold less: letters, digits, `_`, `.` and `-`, not `.` or `-` first, 128 at most.

use crate::model::{Digest, TreePath};

/// The longest tag.
const LONGEST: usize = 128;
/// So much of a path stands before its sum, where the whole is too long.
const PREFIX: usize = LONGEST - 64 - 2;

/// The tag of a path: each path has one, and no two have the same.
///
/// `_` is `__`, `/` is `_.`, `+` is `_-`, any other byte that a tag cannot have is `_` and its two hexadecimal
/// digits (`A` to `F`), and so is a `.` or `-` that stands first. What becomes longer than 128 is cut, and `_S`
/// and the SHA-256 sum of the path follow. `_` with another capital letter is never made of a path.
#[must_use]
pub fn tag_of(path: &TreePath) -> String {
    use std::fmt::Write as _;
    let mut tag = String::new();
    for byte in path.as_str().bytes() {
        match byte {
            b'_' => tag.push_str("__"),
            b'/' => tag.push_str("_."),
            b'+' => tag.push_str("_-"),
            b'.' | b'-' if !tag.is_empty() => tag.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => tag.push(char::from(byte)),
            // Writing into a `String` cannot fail.
            _ => drop(write!(tag, "_{byte:02X}")),
        }
    }
    if tag.len() > LONGEST {
        tag.truncate(PREFIX);
        tag.push_str("_S");
        tag.push_str(&Digest::of(path.as_str().as_bytes()).hex());
    }
    tag
}

/// Whether a text can be a tag.
#[must_use]
pub fn is_tag(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = text.as_bytes();
    bytes.len() <= LONGEST
        && bytes.first().is_some_and(|first| is_word(*first))
        && bytes
            .iter()
            .all(|byte| is_word(*byte) || matches!(byte, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(path: &str) -> String {
        tag_of(&TreePath::parse(path).unwrap())
    }

    #[test]
    fn a_path_is_readable_in_its_tag() {
        assert_eq!(tag("index.json"), "index.json");
        assert_eq!(
            tag("archives/cpython-3.13.5+20260101-x86_64-unknown-linux-gnu-pgo+lto-full.tar.zst"),
            "archives_.cpython-3.13.5_-20260101-x86__64-unknown-linux-gnu-pgo_-lto-full.tar.zst"
        );
        assert_eq!(tag(".a"), "_2Ea");
        assert_eq!(tag("ü"), "_C3_BC");
    }

    #[test]
    fn long_paths_end_with_their_sum() {
        let long = format!("evidence/{}.json", "x_".repeat(90));
        let other = format!("evidence/{}.jsox", "x_".repeat(90));
        assert!(is_tag(&tag(&long)));
        assert_eq!(tag(&long).len(), LONGEST);
        assert_ne!(tag(&long), tag(&other));
        let just = "a".repeat(LONGEST);
        assert_eq!(tag(&just), just);
    }

    proptest::proptest! {
        #[test]
        fn no_two_paths_have_one_tag(one in "[a-c_./+ü-]{1,9}", other in "[a-c_./+ü-]{1,9}") {
            if let (Ok(one), Ok(other)) = (TreePath::parse(&one), TreePath::parse(&other)) {
                proptest::prop_assert!(is_tag(&tag_of(&one)));
                proptest::prop_assert_eq!(one == other, tag_of(&one) == tag_of(&other));
            }
        }
    }
}
