//! The calendar, as far as a release tag needs it.

/// The UTC date of a moment in seconds since 1970, as `YYYYMMDD`.
pub(crate) fn date(epoch: u64) -> String {
    // Days are counted from 0000-03-01, so that the leap day is the last of its year.
    let days = epoch / 86_400 + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}{month:02}{day:02}")
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn knows_the_calendar() {
        let check = |epoch, expected| assert_eq!(date(epoch), expected);
        check(0, "19700101");
        check(951_782_400, "20000229");
        check(1_709_251_199, "20240229");
        check(1_709_251_200, "20240301");
        check(1_767_225_600, "20260101");
    }
}
