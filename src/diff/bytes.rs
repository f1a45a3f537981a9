//! Texts, bytecode, and what is neither.

use serde_json::json;

use super::difference::{BytecodeDifference, BytesDifference, FieldDifference, TextDifference};
use crate::inspect::{Invalidation, Pyc};

/// Length of the head of a `.pyc` file.
const PYC_HEAD: usize = 16;

/// Offset of the first byte that differs; the shorter length where one is the other's beginning,
/// nothing where they are the same.
pub(super) fn first_difference(a: &[u8], b: &[u8]) -> Option<u64> {
    let differs = a.iter().zip(b).position(|(a, b)| a != b);
    let at = differs.or_else(|| (a.len() != b.len()).then_some(a.len().min(b.len())))?;
    Some(at as u64)
}

/// Two contents of which no more is known.
pub(super) fn compare(a: &[u8], b: &[u8]) -> BytesDifference {
    BytesDifference {
        first: first_difference(a, b).unwrap_or_default(),
        a: a.len() as u64,
        b: b.len() as u64,
    }
}

/// What bytes are as text, if they are text.
pub(super) fn as_text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    (!text.contains('\0')).then_some(text)
}

/// The first line in which two texts differ.
pub(super) fn compare_texts(a: &str, b: &str) -> TextDifference {
    // A line has its end: a line feed too few is a difference that is seen.
    let (mut of_a, mut of_b) = (a.split_inclusive('\n'), b.split_inclusive('\n'));
    let mut line = 1;
    loop {
        match (of_a.next(), of_b.next()) {
            (Some(a), Some(b)) if a == b => line += 1,
            (a, b) => {
                let [a, b] = [a, b].map(|text| text.map(str::to_owned));
                return TextDifference { line, a, b };
            }
        }
    }
}

/// Two `.pyc` files; nothing where one is none.
pub(super) fn compare_bytecode(a: &[u8], b: &[u8]) -> Option<BytecodeDifference> {
    let (head_a, head_b) = (Pyc::parse(a)?, Pyc::parse(b)?);
    let mut header = Vec::new();
    let mut field = |name: &str, a: String, b: String| {
        if a != b {
            header.push(FieldDifference {
                field: name.to_owned(),
                a: Some(json!(a)),
                b: Some(json!(b)),
            });
        }
    };
    field("magic number", hex(&head_a.magic), hex(&head_b.magic));
    let kind = |head: Pyc| match head.invalidation {
        Invalidation::Timestamp => "time of the source",
        Invalidation::CheckedHash => "hash of the source, checked",
        Invalidation::UncheckedHash => "hash of the source, unchecked",
    };
    field(
        "how it fits its source",
        kind(head_a).to_owned(),
        kind(head_b).to_owned(),
    );
    let name = match head_a.invalidation {
        Invalidation::Timestamp => "time and size of the source",
        _ => "hash of the source",
    };
    field(name, hex(&a[8..PYC_HEAD]), hex(&b[8..PYC_HEAD]));
    Some(BytecodeDifference {
        header,
        code: first_difference(&a[PYC_HEAD..], &b[PYC_HEAD..]),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first_byte() {
        assert_eq!(first_difference(b"abc", b"abc"), None);
        assert_eq!(first_difference(b"abc", b"abd"), Some(2));
        assert_eq!(first_difference(b"abc", b"abcd"), Some(3));
        assert_eq!(first_difference(b"", b"x"), Some(0));
    }

    #[test]
    fn finds_the_first_line() {
        let found = compare_texts("a\nb\nc\n", "a\nB\nc\n");
        assert_eq!(
            (found.line, found.a.as_deref(), found.b.as_deref()),
            (2, Some("b\n"), Some("B\n"))
        );
        let found = compare_texts("a\n", "a\nb\n");
        assert_eq!((found.line, found.a, found.b.as_deref()), (2, None, Some("b\n")));
        let found = compare_texts("a", "a\n");
        assert_eq!(
            (found.line, found.a.as_deref(), found.b.as_deref()),
            (1, Some("a"), Some("a\n"))
        );
    }

    #[test]
    fn tells_head_from_code() {
        let pyc = |flags: u8, hash: u8, code: &[u8]| {
            let mut bytes = vec![
                0xf3, 0x0d, b'\r', b'\n', flags, 0, 0, 0, hash, 0, 0, 0, 0, 0, 0, 0,
            ];
            bytes.extend_from_slice(code);
            bytes
        };
        let found = compare_bytecode(&pyc(1, 7, b"code"), &pyc(1, 8, b"code")).unwrap();
        assert_eq!(
            (found.header.len(), found.header[0].field.as_str(), found.code),
            (1, "hash of the source", None)
        );
        let found = compare_bytecode(&pyc(1, 7, b"code"), &pyc(1, 7, b"cope")).unwrap();
        assert_eq!((found.header.len(), found.code), (0, Some(2)));
        let found = compare_bytecode(&pyc(0, 7, b"code"), &pyc(1, 7, b"code")).unwrap();
        assert_eq!(found.header[0].field, "how it fits its source");
        assert_eq!(compare_bytecode(b"short", &pyc(0, 0, b"")), None);
    }
}
