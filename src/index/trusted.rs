//! The trusted comment of the index's signature: it repeats the serial, under the signature, so
//! that an old signature cannot be shown as that of another index.

const PREFIX: &str = "pbs index serial:";

/// The trusted comment of an index with this serial.
#[must_use]
pub fn trusted_comment(serial: u64) -> String {
    format!("{PREFIX}{serial}")
}

/// The serial in a trusted comment; nothing where it is the comment of something else.
#[must_use]
pub fn trusted_serial(comment: &str) -> Option<u64> {
    let digits = comment.strip_prefix(PREFIX)?;
    let serial = digits.parse().ok()?;
    // One spelling: no `+7`, no `07`.
    (trusted_comment(serial) == comment).then_some(serial)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        assert_eq!(trusted_serial(&trusted_comment(7)), Some(7));
        for text in [
            "",
            "pbs index serial:",
            "pbs index serial:+7",
            "pbs index serial:07",
            "serial:7",
        ] {
            assert_eq!(trusted_serial(text), None, "{text}");
        }
    }
}
