//! Sizes and ages as people write and read them.

use std::fmt;
use std::time::Duration;

/// A number of bytes, such as `1.3 GB`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes(pub(super) u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0 as f64;
        match self.0 {
            0..1_000 => write!(f, "{} B", self.0),
            1_000..1_000_000 => write!(f, "{:.1} kB", bytes / 1e3),
            1_000_000..1_000_000_000 => write!(f, "{:.1} MB", bytes / 1e6),
            _ => write!(f, "{:.1} GB", bytes / 1e9),
        }
    }
}

fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    Some((number.parse().ok()?, unit))
}

/// `30d`, `12h`, `45m`.
pub(super) fn parse_age(text: &str) -> Result<Duration, String> {
    let seconds = number_and_unit(text).and_then(|(number, unit)| {
        let factor = match unit {
            "d" => 86_400,
            "h" => 3_600,
            "m" => 60,
            "s" => 1,
            _ => return None,
        };
        number.checked_mul(factor)
    });
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| "an age is a number and `d`, `h`, `m` or `s`, such as `30d`".to_owned())
}

/// `10G`, `500M`.
pub(super) fn parse_size(text: &str) -> Result<u64, String> {
    let bytes = number_and_unit(text).and_then(|(number, unit)| {
        let factor = match unit {
            "T" | "TB" => 1_000_000_000_000,
            "G" | "GB" => 1_000_000_000,
            "M" | "MB" => 1_000_000,
            "k" | "kB" => 1_000,
            "" | "B" => 1,
            _ => return None,
        };
        number.checked_mul(factor)
    });
    bytes.ok_or_else(|| "a size is a number and `k`, `M`, `G` or `T`, such as `10G`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        assert_eq!(parse_age("30d"), Ok(Duration::from_secs(30 * 86_400)));
        assert_eq!(parse_size("10G"), Ok(10_000_000_000));
        for text in ["", "d", "3w", "-1d", "1.5d", "99999999999999999999d"] {
            assert!(parse_age(text).is_err(), "{text}");
        }
        for text in ["", "G", "1Q", "99999999T"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn writes_what_people_read() {
        assert_eq!(Bytes(999).to_string(), "999 B");
        assert_eq!(Bytes(1_300_000_000).to_string(), "1.3 GB");
    }
}
