//! A storm of refusals: when the network suddenly refuses most of what it is told, somebody is wrong about more than single
//! transactions, and taking everything back would make it worse.

use std::collections::VecDeque;

use crate::domain::time::Timestamp;

/// How far back verdicts count, in milliseconds.
const WINDOW_MILLISECONDS: u64 = 60_000;

/// Refusals in that time that make a storm, if they are more than half of the verdicts: an application with a broken wallet sends
/// a few wrong transactions, not twenty in a minute among as many right ones.
const REFUSALS: usize = 20;

/// How long refusals are not acted upon, in milliseconds. What was refused meanwhile is told again, so it is judged after that.
const LASTS_MILLISECONDS: u64 = 10 * 60 * 1_000;

/// The verdicts of the last minute.
#[derive(Default)]
pub(super) struct Storm {
    verdicts: VecDeque<(Timestamp, bool)>,
    until: Timestamp,
}

impl Storm {
    /// Counts a verdict of the network, and answers whether refusals are to be believed.
    pub(super) fn verdict(&mut self, is_refusal: bool, now: Timestamp) -> bool {
        if self.until(now).is_some() {
            return false;
        }
        self.verdicts.push_back((now, is_refusal));
        while self.verdicts.front().is_some_and(|(at, _)| at.plus_milliseconds(WINDOW_MILLISECONDS) < now) {
            self.verdicts.pop_front();
        }
        let refusals = self.verdicts.iter().filter(|(_, is_refusal)| *is_refusal).count();
        if !is_refusal || refusals < REFUSALS || refusals * 2 <= self.verdicts.len() {
            return true;
        }
        tracing::error!(
            refusals,
            of = self.verdicts.len(),
            "the network refuses most of what it is told; refusals are not acted upon for ten minutes"
        );
        self.verdicts.clear();
        self.until = now.plus_milliseconds(LASTS_MILLISECONDS);
        false
    }

    /// Until when refusals are not acted upon, if there is a storm.
    pub(super) fn until(&self, now: Timestamp) -> Option<Timestamp> {
        (self.until > now).then_some(self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000_000);

    #[test]
    fn many_refusals_are_a_storm_only_if_most_of_what_is_told_is_refused() {
        let mut storm = Storm::default();
        for _ in 0..100 {
            assert!(storm.verdict(true, NOW) && storm.verdict(false, NOW) && storm.verdict(false, NOW));
        }
        let later = NOW.plus_milliseconds(WINDOW_MILLISECONDS + 1);
        let believed = (0..REFUSALS).filter(|_| storm.verdict(true, later)).count();
        assert_eq!(believed, REFUSALS - 1);
        assert_eq!(storm.until(later), Some(later.plus_milliseconds(LASTS_MILLISECONDS)));
        let after = later.plus_milliseconds(LASTS_MILLISECONDS + 1);
        assert!(storm.verdict(true, after), "it begins anew");
    }
}
