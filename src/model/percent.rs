//! Texts in addresses: percent-encoding, RFC 3986.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but what RFC 3986 calls unreserved: some servers take `+` for a space, and signatures want it so.
const PART: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const PATH: &AsciiSet = &PART.remove(b'/');

/// A text as a part of an address.
#[must_use]
pub fn url_part(text: &str) -> String {
    utf8_percent_encode(text, PART).to_string()
}

/// A path as one of an address: slashes stay.
#[must_use]
pub fn url_path(path: &str) -> String {
    utf8_percent_encode(path, PATH).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_mean_something_is_encoded() {
        assert_eq!(url_part("aZ0-._~"), "aZ0-._~");
        assert_eq!(url_part("a/b c+ü%"), "a%2Fb%20c%2B%C3%BC%25");
        assert_eq!(url_path("/a/b c+d"), "/a/b%20c%2Bd");
    }
}
