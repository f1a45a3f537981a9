//! A moment as documents write it.

use crate::recipe::date;

/// A moment in seconds since 1970 as RFC 3339 has it: `2026-01-01T00:00:00Z`.
pub(crate) fn timestamp(epoch: u64) -> String {
    let date = date(epoch);
    let (year, day_and_month) = date.split_at(date.len() - 4);
    let (month, day) = day_and_month.split_at(2);
    let second = epoch % 86_400;
    let (hours, minutes, seconds) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year}-{month}-{day}T{hours:02}:{minutes:02}:{seconds:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_what_the_standard_says() {
        assert_eq!(timestamp(1_767_225_600 + 3_661), "2026-01-01T01:01:01Z");
        assert_eq!(timestamp(0), "1970-01-01T00:00:00Z");
    }
}
