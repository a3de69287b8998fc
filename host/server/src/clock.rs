//! The clocks: the one place that reads them. Everything else takes times as arguments.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
use trellis_engine::domain::time::Timestamp;

/// The time of day.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}

/// Time since the machine started; never steps.
#[must_use]
pub fn monotonic() -> Duration {
    duration(ClockId::Monotonic)
}

/// CPU time the calling thread has used.
#[must_use]
pub fn thread_cpu() -> Duration {
    duration(ClockId::ThreadCPUTime)
}

/// CPU time all threads of this process have used.
#[must_use]
pub fn process_cpu() -> Duration {
    duration(ClockId::ProcessCPUTime)
}

fn duration(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// RFC 3339 in UTC with milliseconds, as `Date.toISOString` writes it.
#[must_use]
pub fn rfc3339(time: Timestamp) -> String {
    let milliseconds = time.milliseconds();
    let seconds = milliseconds / 1000;
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", milliseconds % 1000)
}

/// Year, month and day of a day counted from 1970-01-01.
fn date(day: u64) -> (u64, u64, u64) {
    // Counted from 0000-03-01, so that the leap day is a year's last day; eras of 400 years have 146,097 days.
    let day = day + 719_468;
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_javascript_writes_them() {
        let at = |seconds: u64, milliseconds: u64| rfc3339(Timestamp((seconds * 1000 + milliseconds) * 1000));
        assert_eq!(at(0, 0), "1970-01-01T00:00:00.000Z");
        assert_eq!(at(951_782_399, 999), "2000-02-28T23:59:59.999Z");
        assert_eq!(at(951_782_400, 0), "2000-02-29T00:00:00.000Z");
        assert_eq!(at(4_107_542_400, 1), "2100-03-01T00:00:00.001Z");
        assert_eq!(at(1_735_689_599, 0), "2024-12-31T23:59:59.000Z");
    }

    #[test]
    fn clocks_never_step_back() {
        let (cpu, wall) = (thread_cpu(), monotonic());
        // Ends only if this thread's own work moves its clock.
        while thread_cpu() == cpu {}
        assert!(thread_cpu() > cpu && monotonic() > wall);
    }
}
