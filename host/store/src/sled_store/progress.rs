//! How far the store is: the last commit, the last durable one, and whether it failed. What callers wait on.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::StoreError;

/// Shared by callers, writer and sync thread.
#[derive(Debug)]
pub(super) struct Progress {
    durable: AtomicU64,
    committed: AtomicU64,
    failed: AtomicBool,
    /// Why the store failed. Locked together with every change, so that no waiter misses one.
    failure: Mutex<Option<String>>,
    changed: Condvar,
}

impl Progress {
    pub(super) fn new(last: Sequence) -> Self {
        Self {
            durable: AtomicU64::new(last.0),
            committed: AtomicU64::new(last.0),
            failed: AtomicBool::new(false),
            failure: Mutex::new(None),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<String>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last sequence that survives power loss.
    pub(super) fn durable(&self) -> Sequence {
        Sequence(self.durable.load(Ordering::Acquire))
    }

    /// The last sequence given out.
    pub(super) fn committed(&self) -> Sequence {
        Sequence(self.committed.load(Ordering::Acquire))
    }

    pub(super) fn set_committed(&self, sequence: Sequence) {
        self.committed.store(sequence.0, Ordering::Release);
    }

    /// Publishes a sequence as durable and wakes who waits for it.
    pub(super) fn set_durable(&self, sequence: Sequence) {
        let guard = self.lock();
        self.durable.fetch_max(sequence.0, Ordering::AcqRel);
        drop(guard);
        self.changed.notify_all();
    }

    /// Marks the store failed, for good. The first reason stays.
    pub(super) fn poison(&self, why: &str) {
        let mut failure = self.lock();
        if failure.is_none() {
            tracing::error!(reason = why, "the store failed; the process must be restarted");
            *failure = Some(why.to_owned());
        }
        self.failed.store(true, Ordering::Release);
        drop(failure);
        self.changed.notify_all();
    }

    /// Why the store failed, if it did.
    pub(super) fn failure(&self) -> Option<String> {
        if self.failed.load(Ordering::Acquire) { self.lock().clone() } else { None }
    }

    /// Refuses to go on after a failure.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match self.failure() {
            None => Ok(()),
            Some(why) => Err(StoreError::Poisoned(why)),
        }
    }

    /// Waits until `sequence` is durable.
    pub(super) fn wait(&self, sequence: Sequence) -> Result<(), StoreError> {
        if sequence > self.committed() {
            return Err(StoreError::NotYet { asked: sequence, last: self.committed() });
        }
        let mut failure = self.lock();
        while self.durable() < sequence {
            if let Some(why) = &*failure {
                return Err(StoreError::Poisoned(why.clone()));
            }
            failure = self.changed.wait(failure).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// Waits until a later sequence than this one is durable, or `timeout` is over. Answers the last durable one.
    pub(super) fn wait_beyond(&self, sequence: Sequence, timeout: Duration) -> Result<Sequence, StoreError> {
        let nothing_new = |failure: &mut Option<String>| failure.is_none() && self.durable() <= sequence;
        let waited = self.changed.wait_timeout_while(self.lock(), timeout, nothing_new);
        let (failure, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match (&*failure, self.durable()) {
            (_, durable) if durable > sequence => Ok(durable),
            (Some(why), _) => Err(StoreError::Poisoned(why.clone())),
            (None, durable) => Ok(durable),
        }
    }
}
