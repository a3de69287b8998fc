//! The sync thread: `fdatasync` on our own descriptor of sled's file, then the durable sequence, then the answers.
//!
//! sled's own flush does not reach the disk on Linux: it writes and starts write-back, no more.

use std::fs::File;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use trellis_engine::domain::name::{NameId, NameKind};
use trellis_engine::domain::time::Sequence;
use trellis_engine::fault_point::fault_point;
use trellis_engine::ports::store::{CommitError, Receipt, StoreError};

use super::identity::{self, Identity};
use super::queue::Reply;
use super::shared::Shared;
use crate::limits::HIGH_WATER_INTERVAL_MS;

/// An answer that waits for a sync.
pub(super) enum Waiting {
    Commit(Result<Receipt, CommitError>, Reply<Result<Receipt, CommitError>>),
    Name { kind: NameKind, name: String, id: NameId, reply: Reply<Result<NameId, StoreError>> },
    Barrier(Reply<Result<(), StoreError>>),
}

/// What one sync makes durable.
pub(super) struct Group {
    pub(super) through: Sequence,
    pub(super) waiting: Vec<Waiting>,
    /// When its flush began.
    pub(super) started: Instant,
}

/// The sync thread's own state.
pub(super) struct Syncer {
    pub(super) shared: Arc<Shared>,
    pub(super) db_file: File,
    pub(super) identity: Identity,
    pub(super) groups: Receiver<Group>,
}

impl Syncer {
    /// Runs until the writer is gone, or a sync fails.
    pub(super) fn run(mut self) {
        let interval = Duration::from_millis(HIGH_WATER_INTERVAL_MS);
        let mut written = Instant::now();
        loop {
            let due = interval.saturating_sub(written.elapsed());
            let closing = match self.groups.recv_timeout(due) {
                Ok(group) => {
                    #[cfg(feature = "mutations")]
                    trellis_engine::mutation::is(trellis_engine::mutation::Bug::ShownBeforeSync)
                        .then(|| self.shared.progress.set_durable(group.through));
                    if let Err(error) = self.shared.disk.sync_data(&self.db_file) {
                        let why = format!("making commits durable (fdatasync) failed: {error}");
                        // Nothing written since the last sync can be trusted, and a second try may lie. The group is still
                        // held here: nobody who waits for it hears anything before the process ends.
                        (self.shared.abort)(&why);
                        self.shared.fail(&why);
                        return;
                    }
                    self.publish(group);
                    false
                }
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => true,
            };
            if closing || written.elapsed() >= interval {
                self.high_water();
                written = Instant::now();
            }
            if closing {
                return;
            }
        }
    }

    /// The group is durable: says so, lets the writer flush the next one, then answers.
    fn publish(&self, group: Group) {
        fault_point("synced");
        self.shared.progress.set_durable(group.through);
        self.shared.queue.sync_is_idle();
        self.shared.observer.on_sync(group.started.elapsed().as_nanos() as u64, group.waiting.len());
        for waiting in group.waiting {
            // A caller that went away needs no answer.
            match waiting {
                Waiting::Commit(result, reply) => drop(reply.try_send(result)),
                Waiting::Barrier(reply) => drop(reply.try_send(Ok(()))),
                Waiting::Name { kind, name, id, reply } => {
                    self.shared.names.publish(kind, name, id);
                    drop(reply.try_send(Ok(id)));
                }
            }
        }
    }

    /// Writes the high-water file. Failing to is no reason to stop: the file then says less than it could.
    fn high_water(&mut self) {
        let durable = self.shared.progress.durable();
        if durable == self.identity.high_water {
            return;
        }
        self.identity.high_water = durable;
        if let Err(error) = identity::write(&self.shared.space.folder, self.identity) {
            tracing::warn!(%error, "the high-water file could not be written");
        }
    }
}
