//! Which sequences readers hold on to, and which are still readable.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::{Pin, StoreError};

#[derive(Debug)]
struct State {
    /// How many pins hold each sequence.
    held: BTreeMap<Sequence, usize>,
    oldest: Sequence,
}

/// Pins and the horizon, under one lock: a sequence is either pinned before pruning passes it, or refused.
#[derive(Debug)]
pub(crate) struct Pins(Mutex<State>);

impl Pins {
    /// No pins; everything from `oldest` on is readable.
    pub(crate) fn new(oldest: Sequence) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State { held: BTreeMap::new(), oldest })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The oldest readable sequence.
    pub(crate) fn oldest(&self) -> Sequence {
        self.lock().oldest
    }

    /// Pins what `durable` answers. It is asked under the lock; the horizon never passes the last durable sequence, so the
    /// answer is readable.
    pub(crate) fn pin(self: &Arc<Self>, durable: impl FnOnce() -> Sequence) -> Pin {
        let mut state = self.lock();
        let sequence = durable();
        self.hold(&mut state, sequence)
    }

    /// Pins an earlier sequence.
    pub(crate) fn pin_at(self: &Arc<Self>, asked: Sequence, last: Sequence) -> Result<Pin, StoreError> {
        let mut state = self.lock();
        readable(asked, state.oldest, last)?;
        Ok(self.hold(&mut state, asked))
    }

    fn hold(self: &Arc<Self>, state: &mut State, sequence: Sequence) -> Pin {
        *state.held.entry(sequence).or_default() += 1;
        let pins = Arc::clone(self);
        Pin::new(sequence, move |sequence| pins.release(sequence))
    }

    fn release(&self, sequence: Sequence) {
        let mut state = self.lock();
        if let Some(count) = state.held.get_mut(&sequence) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                state.held.remove(&sequence);
            }
        }
    }

    /// Moves the horizon towards `wanted`, not past any pin, and never back. Answers where it is now.
    pub(crate) fn raise_oldest(&self, wanted: Sequence) -> Sequence {
        let mut state = self.lock();
        let held = state.held.keys().next().copied().unwrap_or(wanted);
        state.oldest = state.oldest.max(wanted.min(held));
        state.oldest
    }
}

/// Whether `asked` lies between the oldest readable and the last durable sequence.
pub(crate) fn readable(asked: Sequence, oldest: Sequence, last: Sequence) -> Result<(), StoreError> {
    if asked > last {
        Err(StoreError::NotYet { asked, last })
    } else if asked < oldest {
        Err(StoreError::BeyondHorizon { asked, oldest })
    } else {
        Ok(())
    }
}
