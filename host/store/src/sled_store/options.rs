//! What a store is opened with.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::disk::{Disk, SystemDisk};
use crate::limits::{
    DEFAULT_BALLAST_BYTES, DEFAULT_CACHE_BYTES, DEFAULT_FREE_FLOOR_BYTES, DEFAULT_HORIZON, DEFAULT_QUEUE, LOCK_WAIT_MS,
};

/// Hears how long commits and syncs take, for metrics. Called by the store's own threads; must not block.
pub trait StoreObserver: Send + Sync {
    /// A plan was applied in memory: reading what it touches and one sled transaction, in nanoseconds.
    fn on_commit(&self, _nanoseconds: u64) {}
    /// A group became durable: from the beginning of its flush to the end of its sync in nanoseconds, and how many
    /// callers waited for it.
    fn on_sync(&self, _nanoseconds: u64, _group: usize) {}
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl StoreObserver for Unobserved {}

/// What a store is opened with.
#[derive(Clone)]
pub struct Options {
    /// The identity a store gets that is created now: 16 random bytes. Without effect on an existing one.
    pub new_node: [u8; 16],
    /// sled's page cache in bytes. Resident memory is about 2.5 times as much.
    pub cache_bytes: u64,
    /// For how many sequences back rows stay readable.
    pub horizon: u64,
    /// How many plans may wait for the writer; more are answered `Retryable`.
    pub queue: usize,
    /// Free bytes below which nothing is written.
    pub free_floor_bytes: u64,
    /// Size of the ballast file in bytes, 0 for none.
    pub ballast_bytes: u64,
    /// How long to wait for another process to let go of the store.
    pub lock_wait: Duration,
    /// Hears durations.
    pub observer: Arc<dyn StoreObserver>,
    /// The disk.
    pub disk: Arc<dyn Disk>,
    /// Ends the process after a failed sync, with the reason. If it returns (in tests), the store is poisoned.
    pub abort: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Options {
    /// The defaults, for a store that gets this identity if it does not exist yet.
    #[must_use]
    pub fn new(new_node: [u8; 16]) -> Self {
        Self {
            new_node,
            cache_bytes: DEFAULT_CACHE_BYTES,
            horizon: DEFAULT_HORIZON,
            queue: DEFAULT_QUEUE,
            free_floor_bytes: DEFAULT_FREE_FLOOR_BYTES,
            ballast_bytes: DEFAULT_BALLAST_BYTES,
            lock_wait: Duration::from_millis(LOCK_WAIT_MS),
            observer: Arc::new(Unobserved),
            disk: Arc::new(SystemDisk),
            abort: Arc::new(|why| {
                tracing::error!(reason = why, "ending the process: what reached the disk is not known");
                std::process::abort();
            }),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("cache_bytes", &self.cache_bytes)
            .field("horizon", &self.horizon)
            .field("queue", &self.queue)
            .field("free_floor_bytes", &self.free_floor_bytes)
            .field("ballast_bytes", &self.ballast_bytes)
            .finish_non_exhaustive()
    }
}
