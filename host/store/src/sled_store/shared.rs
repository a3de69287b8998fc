//! What callers, writer and sync thread share.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use trellis_engine::ports::store::{CommitError, StoreError};

use super::contents::Recent;
use super::disk::Disk;
use super::names::Names;
use super::options::StoreObserver;
use super::progress::Progress;
use super::queue::{Job, Queue};
use super::space::Space;
use super::trees::Trees;
use crate::pins::Pins;

/// Shared by all threads of one store.
pub(super) struct Shared {
    pub(super) trees: Trees,
    pub(super) queue: Queue,
    pub(super) progress: Progress,
    pub(super) pins: Arc<Pins>,
    pub(super) names: Names,
    pub(super) recent: Recent,
    pub(super) space: Space,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) observer: Arc<dyn StoreObserver>,
    /// sled's one file.
    pub(super) db_path: PathBuf,
    /// sled's page cache in bytes.
    pub(super) cache_bytes: u64,
    /// Whether pages may have to be read from disk, because the store has outgrown the cache.
    pub(super) cold: AtomicBool,
    pub(super) abort: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Shared {
    /// Compares the store's size with the cache. A store that fits is in memory once it was read.
    pub(super) fn update_coldness(&self) {
        let size = self.db_path.metadata().map_or(u64::MAX, |db| db.len());
        self.cold.store(size > self.cache_bytes, Ordering::Relaxed);
    }

    /// Poisons the store and answers whatever still waits in the queue. Answers that wait for a sync are dropped by their
    /// owner: whether those commits are durable is not known.
    pub(super) fn fail(&self, why: &str) {
        self.progress.poison(why);
        for job in self.queue.abandon() {
            let poisoned = || StoreError::Poisoned(why.to_owned());
            // A caller that went away needs no answer.
            match job {
                Job::Commit(_, reply) => drop(reply.try_send(Err(CommitError::Poisoned(why.to_owned())))),
                Job::Intern(_, _, reply) => drop(reply.try_send(Err(poisoned()))),
                Job::Barrier(reply) => drop(reply.try_send(Err(poisoned()))),
                Job::Sweep(reply) => drop(reply.try_send(Err(poisoned()))),
                Job::Check(reply) => drop(reply.try_send(Err(poisoned()))),
            }
        }
    }
}
