//! Until when a certificate holds, as certifiers write it.

/// The first second in which it holds no more, since 1970-01-01 UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Expiry(pub(super) u64);

const DAY: u64 = 24 * 60 * 60;

/// Reads a date, that day included, a time in UTC, or seconds since 1970.
pub(super) fn expiry(text: &str) -> Option<Expiry> {
    if let Some(seconds) = number(text) {
        return Some(Expiry(seconds));
    }
    let Some((date, time)) = text.split_once('T') else {
        return Some(Expiry(day(text)?.checked_add(1)?.checked_mul(DAY)?));
    };
    // Fractions of a second do not matter.
    let clock = time.strip_suffix('Z')?;
    let clock = clock.split_once('.').map_or(clock, |(clock, _)| clock);
    let [hours, minutes, seconds] = parts(clock, ':', [2, 2, 2])?;
    let is_time = hours < 24 && minutes < 60 && seconds < 61;
    let start = day(date)?.checked_mul(DAY)?;
    is_time.then(|| Expiry(start + hours * 60 * 60 + minutes * 60 + seconds))
}

/// Days between 1970-01-01 and a date `year-month-day`.
fn day(date: &str) -> Option<u64> {
    let [year, month, day] = parts(date, '-', [4, 2, 2])?;
    let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let february = if is_leap(year) { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let index = usize::try_from(month).ok()?.checked_sub(1)?;
    let length = *months.get(index)?;
    if year < 1970 || !(1..=length).contains(&day) {
        return None;
    }
    let years: u64 = (1970..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
    Some(years + months.iter().take(index).sum::<u64>() + day - 1)
}

fn parts(text: &str, separator: char, lengths: [usize; 3]) -> Option<[u64; 3]> {
    let parts: Vec<&str> = text.split(separator).collect();
    let parts: [&str; 3] = parts.try_into().ok()?;
    let fits = parts.iter().zip(lengths).all(|(part, length)| part.len() == length);
    let [one, two, three] = parts.map(number);
    fits.then_some([one?, two?, three?])
}

fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_include_their_day_and_times_are_exact() {
        for (text, expected) in [
            ("1970-01-01", DAY),
            ("1970-01-01T00:00:00Z", 0),
            ("2026-11-23", 1_795_478_400),
            ("2026-11-23T12:30:15.250Z", 1_795_392_000 + 45_015),
            ("2000-02-29", 951_868_800),
            ("1795392000", 1_795_392_000),
        ] {
            assert_eq!(expiry(text), Some(Expiry(expected)), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_says_nothing() {
        for text in [
            "",
            "soon",
            "2026-11-31",
            "2025-02-29",
            "2100-02-29",
            "26-1-1",
            "2026-00-10",
            "2026-13-10",
            "1969-12-31",
            "2026-11-23T24:00:00Z",
            "2026-11-23T12:00Z",
            "2026-11-23T12:00:00",
            "2026-11-23T12:00:00+01:00",
            "-5",
            "99999999999999999999",
            "9999-99-99",
        ] {
            assert_eq!(expiry(text), None, "{text}");
        }
    }
}
