//! Times as ARC writes them.

use trellis_engine::domain::time::Timestamp;

const DAY_SECONDS: u64 = 86_400;

/// RFC 3339 in UTC with microseconds, such as `2023-03-09T12:03:48.382910Z`.
pub(super) fn rfc3339(at: Timestamp) -> String {
    let (seconds, microseconds) = (at.0 / 1_000_000, at.0 % 1_000_000);
    let (year, month, day) = date(seconds / DAY_SECONDS);
    let of_day = seconds % DAY_SECONDS;
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{microseconds:06}Z")
}

/// Year, month and day of a day counted from 1970-01-01.
fn date(mut day: u64) -> (u64, u64, u64) {
    // Whole cycles of 400 years first, so that the loop below is short for any input.
    const CYCLE_DAYS: u64 = 146_097;
    let mut year = 1970 + 400 * (day / CYCLE_DAYS);
    day %= CYCLE_DAYS;
    let is_leap = |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    while day >= 365 + u64::from(is_leap(year)) {
        day -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for days in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if day < days {
            break;
        }
        day -= days;
        month += 1;
    }
    (year, month, day + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        for (microseconds, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_399_999_999, "2000-02-28T23:59:59.999999Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (1_678_363_428_382_910, "2023-03-09T12:03:48.382910Z"),
            (1_735_689_599_000_000, "2024-12-31T23:59:59.000000Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
        ] {
            assert_eq!(rfc3339(Timestamp(microseconds)), text);
        }
        assert!(rfc3339(Timestamp(u64::MAX)).starts_with("586524-"));
    }
}
