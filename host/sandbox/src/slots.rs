//! The queue in front of the instance pool: as many calls at once as the pool has room for, the rest wait, not forever.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// A counting semaphore with a bounded wait.
pub(crate) struct Slots {
    free: Mutex<usize>,
    freed: Condvar,
}

/// One taken slot, given back when dropped.
pub(crate) struct Slot<'a>(&'a Slots);

impl Slots {
    pub(crate) fn new(count: usize) -> Self {
        Self { free: Mutex::new(count), freed: Condvar::new() }
    }

    /// Takes a slot, waiting at most `patience` for one. `None` where all stayed taken.
    pub(crate) fn take(&self, patience: Duration) -> Option<Slot<'_>> {
        // Nobody panics while holding the lock, and a count has no half-written state anyway.
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut free, _) =
            self.freed.wait_timeout_while(free, patience, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free = free.checked_sub(1)?;
        Some(Slot(self))
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_given_back_can_be_taken_again_and_none_is_invented() {
        let slots = Slots::new(2);
        let first = slots.take(Duration::ZERO).unwrap();
        let second = slots.take(Duration::ZERO).unwrap();
        assert!(slots.take(Duration::from_millis(1)).is_none());
        drop(first);
        let third = slots.take(Duration::ZERO).unwrap();
        assert!(slots.take(Duration::ZERO).is_none());
        drop((second, third));
    }

    #[test]
    fn a_waiter_gets_the_slot_that_another_thread_gives_back() {
        let slots = Slots::new(1);
        let taken = slots.take(Duration::ZERO).unwrap();
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| slots.take(Duration::from_secs(60)).is_some());
            drop(taken);
            assert!(waiter.join().unwrap());
        });
    }
}
