//! What callers, writer and sync thread share.

use std::sync::Arc;

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
    pub(super) abort: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Shared {
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
