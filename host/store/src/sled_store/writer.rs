//! The one writer: takes jobs, commits them one by one, flushes them as a group, hands the group to be synced.
//!
//! sled's flush holds the shared side of its one lock while it waits, so it runs on the thread that takes the exclusive
//! side; only the sync, which sled knows nothing of, is on another.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Instant;

use trellis_engine::domain::time::Sequence;
use trellis_engine::fault_point::fault_point;
use trellis_engine::ports::store::{CommitError, Receipt};

use super::commit::{Outcome, apply};
use super::fault::{Fault, panicked};
use super::prune::Pruning;
use super::queue::{Job, Next, Reply};
use super::shared::Shared;
use super::sync::{Group, Waiting};
use super::{check, contents, names, sweep};
use crate::prepare::Prepared;

/// The writer thread's own state.
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) last: Sequence,
    pub(super) pruning: Pruning,
    pub(super) groups: Sender<Group>,
}

impl Writer {
    /// Runs until the queue is closed and empty, or the store fails.
    pub(super) fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.work()));
        let fault = match result {
            Ok(Ok(())) => return,
            Ok(Err(fault)) => fault,
            Err(panic) => panicked(panic.as_ref()),
        };
        shared.fail(&fault.to_string());
    }

    fn work(&mut self) -> Result<(), Fault> {
        // Answers that wait for the next sync. When this returns with an error they are dropped, and their callers learn
        // that the outcome is not known.
        let mut waiting = Vec::new();
        loop {
            match self.shared.queue.next(waiting.len()) {
                Next::Job(job) => self.job(job, &mut waiting)?,
                Next::Flush => self.flush(std::mem::take(&mut waiting))?,
                Next::Closed => return Ok(()),
            }
        }
    }

    fn job(&mut self, job: Job, waiting: &mut Vec<Waiting>) -> Result<(), Fault> {
        match job {
            Job::Commit(plan, reply) => self.commit(&plan, reply, waiting),
            Job::Intern(kind, name, reply) => {
                if let Err(error) = self.shared.space.check() {
                    answer(&reply, Err(error));
                    return Ok(());
                }
                let id = names::intern(&self.shared.trees, kind, &name)?;
                waiting.push(Waiting::Name { kind, name, id, reply });
                Ok(())
            }
            Job::Barrier(reply) => {
                waiting.push(Waiting::Barrier(reply));
                Ok(())
            }
            Job::Sweep(reply) => {
                let swept = sweep::sweep(&self.shared.trees, &self.shared.recent);
                answer(&reply, swept.map_err(|fault| fault.into_store_error(&self.shared.progress)));
                Ok(())
            }
            Job::Check(reply) => {
                let checked = check::check(&self.shared.trees, self.last, self.pruning.oldest());
                answer(&reply, checked.map_err(|fault| fault.into_store_error(&self.shared.progress)));
                Ok(())
            }
        }
    }

    fn commit(
        &mut self,
        plan: &Prepared,
        reply: Reply<Result<Receipt, CommitError>>,
        waiting: &mut Vec<Waiting>,
    ) -> Result<(), Fault> {
        if let Err(full) = self.shared.space.check_commit() {
            answer(&reply, Err(full));
            return Ok(());
        }
        let (outcome, nanoseconds) = apply(&self.shared.trees, self.last, plan)?;
        match outcome {
            Outcome::Committed(sequence) => {
                fault_point("committed");
                self.last = sequence;
                self.shared.progress.set_committed(sequence);
                contents::referenced(&self.shared.trees, &self.shared.recent, &plan.contents)?;
                self.shared.observer.on_commit(nanoseconds);
                waiting.push(Waiting::Commit(Ok(Receipt { sequence }), reply));
            }
            Outcome::Already(sequence) => {
                let already = Err(CommitError::AlreadyApplied(Receipt { sequence }));
                if sequence <= self.shared.progress.durable() {
                    answer(&reply, already);
                } else {
                    waiting.push(Waiting::Commit(already, reply));
                }
            }
            Outcome::Refused(error) => answer(&reply, Err(error)),
        }
        Ok(())
    }

    fn flush(&mut self, waiting: Vec<Waiting>) -> Result<(), Fault> {
        let started = Instant::now();
        self.shared.disk.before_flush().map_err(|error| Fault::System(format!("flushing failed: {error}")))?;
        self.shared.recent.flushing();
        self.shared.trees.db.flush()?;
        fault_point("flushed");
        self.shared.update_coldness();
        // The receiving end goes away only when the sync thread has failed; the store is poisoned then.
        let _ = self.groups.send(Group { through: self.last, waiting, started });
        self.prune()
    }

    /// Prunes while the group syncs.
    fn prune(&mut self) -> Result<(), Fault> {
        let durable = self.shared.progress.durable();
        let mut steps = 0;
        while self.pruning.step(&self.shared.trees, &self.shared.pins, self.last, durable)? && steps < MAX_PRUNE_STEPS {
            steps += 1;
        }
        Ok(())
    }
}

/// Pruning steps between two groups: enough to keep up, few enough not to be noticed.
const MAX_PRUNE_STEPS: usize = 8;

fn answer<T>(reply: &Reply<T>, result: T) {
    // A caller that went away needs no answer.
    let _ = reply.try_send(result);
}
