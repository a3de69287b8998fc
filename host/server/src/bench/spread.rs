//! How durations are spread.

use std::time::Duration;

/// Median and 99th percentile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spread {
    pub(super) p50: Duration,
    pub(super) p99: Duration,
}

impl Spread {
    pub(super) fn of(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        let at = |percent: usize| all.get((all.len() * percent / 100).min(all.len().saturating_sub(1))).copied();
        Self { p50: at(50).unwrap_or_default(), p99: at(99).unwrap_or_default() }
    }
}
