//! The last events, bounded in number and bytes: what subscribers that keep up are told from.

use std::collections::VecDeque;
use std::sync::Arc;

use trellis_engine::domain::time::Sequence;
use trellis_engine::events::EventFilter;

use super::rights::Rights;
use super::told::Told;

/// Most bytes of events in the ring: some 10,000 events of small submissions. A subscriber that keeps up needs the last group
/// of commits; the rest is for those that stumble.
pub const RING_BYTES: usize = 8 * 1024 * 1024;

/// Most events in the ring: what is passed over by filters is looked at one by one.
pub const RING_EVENTS: usize = 16 * 1024;

/// Events that a subscriber takes at once, and how far it is with them.
#[derive(Debug, Default)]
pub struct Batch {
    /// Those that pass its filter.
    pub events: VecDeque<Arc<Told>>,
    /// Everything up to here is in them, or does not pass.
    pub through: Sequence,
}

/// All events after `from` up to `through`.
#[derive(Debug, Default)]
pub struct Ring {
    from: Sequence,
    through: Sequence,
    events: VecDeque<Arc<Told>>,
    bytes: usize,
}

impl Ring {
    /// Forgets everything; the next event comes after `sequence`.
    pub fn begin_after(&mut self, sequence: Sequence) {
        *self = Self { from: sequence, through: sequence, ..Self::default() };
    }

    /// The next commit, with its event if it has one.
    pub fn push(&mut self, sequence: Sequence, told: Option<Told>) {
        self.through = sequence;
        let Some(told) = told else { return };
        self.bytes += told.bytes();
        self.events.push_back(Arc::new(told));
        while self.bytes > RING_BYTES || self.events.len() > RING_EVENTS {
            let Some(oldest) = self.events.pop_front() else { return };
            self.bytes -= oldest.bytes();
            self.from = oldest.sequence;
        }
    }

    /// Events after `cursor` that pass, until they have `bytes`. `None` where the ring does not reach back so far, or has the first
    /// of them for no reader with these rights.
    #[must_use]
    pub fn after(&self, cursor: Sequence, (filter, rights): (&EventFilter, &Rights), bytes: usize) -> Option<Batch> {
        if cursor < self.from {
            return None;
        }
        let mut batch = Batch { events: VecDeque::new(), through: self.through.max(cursor) };
        let first = self.events.partition_point(|told| told.sequence <= cursor);
        let mut taken = 0;
        for told in self.events.range(first..).filter(|told| filter.passes(&told.touched)) {
            if told.shared_with(rights).is_none() {
                batch.through = batch.events.back().map(|told| told.sequence)?;
                break;
            }
            taken += told.bytes();
            batch.events.push_back(Arc::clone(told));
            if taken >= bytes {
                batch.through = told.sequence;
                break;
            }
        }
        Some(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequences(batch: &Batch) -> Vec<u64> {
        batch.events.iter().map(|told| told.sequence.0).collect()
    }

    fn after(ring: &Ring, cursor: u64, bytes: usize) -> Option<Batch> {
        ring.after(Sequence(cursor), (&EventFilter::default(), &Rights::default()), bytes)
    }

    #[test]
    fn a_batch_holds_what_comes_after_the_cursor_and_ends_where_it_is_full() {
        let mut ring = Ring::default();
        ring.begin_after(Sequence(4));
        for sequence in [5, 6, 8] {
            ring.push(Sequence(sequence), Some(Told::example(sequence, 10)));
        }
        ring.push(Sequence(9), None);
        assert!(after(&ring, 3, 100).is_none());
        let batch = after(&ring, 4, 100).unwrap();
        assert_eq!((sequences(&batch), batch.through), (vec![5, 6, 8], Sequence(9)));
        let batch = after(&ring, 5, 1).unwrap();
        assert_eq!((sequences(&batch), batch.through), (vec![6], Sequence(6)));
        let batch = after(&ring, 8, 1).unwrap();
        assert_eq!((sequences(&batch), batch.through), (vec![], Sequence(9)));
        // A cursor that is newer than what was read so far stays where it is.
        assert_eq!(after(&ring, 12, 1).unwrap().through, Sequence(12));
    }

    #[test]
    fn a_batch_ends_before_what_is_encoded_for_no_reader_like_this_one() {
        let mut ring = Ring::default();
        ring.begin_after(Sequence(4));
        ring.push(Sequence(5), Some(Told::example(5, 10)));
        ring.push(Sequence(6), Some(Told::example(6, 10).with_more_for_token_holders()));
        let holder =
            Rights { session: false, opened: [trellis_engine::ports::plugins::PluginId("shop".into())].into() };
        let filter = EventFilter::default();
        let after = |cursor, rights: &Rights| ring.after(Sequence(cursor), (&filter, rights), usize::MAX);
        assert_eq!(sequences(&after(4, &Rights::default()).unwrap()), [5, 6]);
        let batch = after(4, &holder).unwrap();
        assert_eq!((sequences(&batch), batch.through), (vec![5], Sequence(5)));
        assert!(after(5, &holder).is_none());
    }

    #[test]
    fn the_ring_never_holds_more_than_its_bytes_and_says_from_where_it_is_whole() {
        let mut ring = Ring::default();
        for sequence in 1..=5 {
            ring.push(Sequence(sequence), Some(Told::example(sequence, RING_BYTES / 2)));
        }
        assert!(ring.bytes <= RING_BYTES);
        assert!(after(&ring, 2, 1).is_none());
        assert_eq!(sequences(&after(&ring, 3, usize::MAX).unwrap()), [4, 5]);
        // One that does not fit at all is for the log to tell.
        ring.push(Sequence(6), Some(Told::example(6, RING_BYTES + 1)));
        assert!(after(&ring, 5, 1).is_none());
        assert_eq!((ring.bytes, after(&ring, 6, 1).unwrap().through), (0, Sequence(6)));
    }
}
