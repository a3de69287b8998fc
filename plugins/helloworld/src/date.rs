//! Dates without a clock: the forms of ISO 8601 that programs write, as milliseconds since 1970 in UTC.

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// `2026-01-31`, `2026-01-31T12:00`, `…:30`, `…:30.125`, then `Z`, an offset such as `+01:00`, or nothing for UTC.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let mut reader = Reader(text.as_bytes());
    let year = reader.number(4)?;
    reader.expect(b'-')?;
    let month = reader.number(2).filter(|month| (1..=12).contains(month))?;
    reader.expect(b'-')?;
    let day = reader.number(2).filter(|day| (1..=days_in_month(year, month)).contains(day))?;
    let mut milliseconds = days_since_1970(year, month, day) * DAY;
    if reader.expect(b'T').is_some() {
        milliseconds += reader.time()? - reader.offset()?;
    }
    reader.0.is_empty().then_some(milliseconds)
}

/// What is left of the text.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn expect(&mut self, wanted: u8) -> Option<()> {
        let (_, rest) = self.0.split_first().filter(|(found, _)| **found == wanted)?;
        self.0 = rest;
        Some(())
    }

    fn number(&mut self, digits: usize) -> Option<i64> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        number.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
    }

    fn below(&mut self, limit: i64) -> Option<i64> {
        self.number(2).filter(|number| *number < limit)
    }

    fn time(&mut self) -> Option<i64> {
        let hours = self.below(24)?;
        self.expect(b':')?;
        let mut milliseconds = (hours * 60 + self.below(60)?) * MINUTE;
        if self.expect(b':').is_some() {
            milliseconds += self.below(60)? * 1000;
            if self.expect(b'.').is_some() {
                milliseconds += self.fraction()?;
            }
        }
        Some(milliseconds)
    }

    /// At least one digit; what is finer than a millisecond is dropped.
    fn fraction(&mut self) -> Option<i64> {
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (fraction, rest) = self.0.split_at_checked(digits).filter(|_| digits > 0)?;
        self.0 = rest;
        let digit = |at| fraction.get(at).map_or(0, |byte| i64::from(byte - b'0'));
        Some(digit(0) * 100 + digit(1) * 10 + digit(2))
    }

    fn offset(&mut self) -> Option<i64> {
        if self.0.is_empty() || self.expect(b'Z').is_some() {
            return Some(0);
        }
        let sign = if self.expect(b'+').is_some() { 1 } else { self.expect(b'-').map(|()| -1)? };
        let hours = self.below(24)?;
        self.expect(b':')?;
        Some(sign * (hours * 60 + self.below(60)?) * MINUTE)
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Of the Gregorian calendar, for years from 0 on.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    // Years are counted from March, so that the day a leap year adds is the last one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // The months from March on are 31, 30, 31, 30, 31 days long, over and over: 153 days in five.
    let days_before_month = (153 * month + 2) / 5;
    // From the first of March of the year 0 to the first of January 1970.
    const DAYS_TO_1970: i64 = 719_468;
    year * 365 + leap_days + days_before_month + day - 1 - DAYS_TO_1970
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_agree_with_the_unix_clock() {
        for (text, seconds) in [
            ("1970-01-01", 0),
            ("1969-12-31", -86_400),
            ("2000-02-29", 951_782_400),
            ("2000-03-01", 951_868_800),
            ("2001-09-09T01:46:40Z", 1_000_000_000),
            ("2038-01-19T03:14:08", 2_147_483_648),
            ("2100-03-01", 4_107_542_400),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            assert_eq!(parse(text), Some(seconds * 1000), "{text}");
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut expected = parse("1600-01-01").unwrap();
        for year in 1600..=2400 {
            for month in 1..=12 {
                for day in 1..=days_in_month(year, month) {
                    assert_eq!(parse(&format!("{year:04}-{month:02}-{day:02}")), Some(expected));
                    expected += DAY;
                }
            }
        }
    }

    #[test]
    fn fractions_and_offsets_count() {
        let noon = parse("2026-01-31T12:00:00Z").unwrap();
        for (text, difference) in [
            ("2026-01-31T12:00", 0),
            ("2026-01-31T12:00:00.1Z", 100),
            ("2026-01-31T12:00:00.123456789Z", 123),
            ("2026-01-31T13:00:00+01:00", 0),
            ("2026-01-31T06:30-05:30", 0),
            ("2026-02-01T00:00+12:00", 0),
        ] {
            assert_eq!(parse(text), Some(noon + difference), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "2026",
            "2026-1-1",
            "2026-13-01",
            "2026-00-01",
            "2026-02-29",
            "2026-04-31",
            "2026-01-00",
            "2026-01-31T",
            "2026-01-31T24:00",
            "2026-01-31T12",
            "2026-01-31T12:60",
            "2026-01-31T12:00:60",
            "2026-01-31T12:00:00.",
            "2026-01-31T12:00+1:00",
            "2026-01-31T12:00z",
            "2026-01-31Z",
            "2026-01-31 12:00",
            "+026-01-01",
            "20€6-01-01",
            "2026-01-31T12:00Z ",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
