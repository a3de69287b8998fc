//! The bounded queue in front of the one writer.

use std::collections::VecDeque;
use std::sync::mpsc::SyncSender;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use trellis_engine::domain::name::{NameId, NameKind};
use trellis_engine::ports::store::{CommitError, Receipt, StoreError};

use super::check::CheckReport;
use super::sweep::SweepReport;
use crate::limits::MAX_GROUP;
use crate::prepare::Prepared;

/// Where an answer goes.
pub(super) type Reply<T> = SyncSender<T>;

/// Something only the writer may do.
pub(super) enum Job {
    /// Apply a plan; answer when it is durable.
    Commit(Box<Prepared>, Reply<Result<Receipt, CommitError>>),
    /// Give a name a number; answer when it is durable.
    Intern(NameKind, String, Reply<Result<NameId, StoreError>>),
    /// Answer when everything written so far is durable.
    Barrier(Reply<Result<(), StoreError>>),
    /// Remove contents no row refers to.
    Sweep(Reply<Result<SweepReport, StoreError>>),
    /// Compare everything with everything, with no commit in between.
    Check(Reply<Result<CheckReport, StoreError>>),
}

/// What the writer is to do next.
pub(super) enum Next {
    /// This job.
    Job(Job),
    /// Flush what was committed and hand it over to be synced.
    Flush,
    /// Nothing more will come.
    Closed,
}

struct State {
    jobs: VecDeque<Job>,
    /// Whether the sync thread waits for a group.
    sync_idle: bool,
    closed: bool,
    /// Nothing will be synced any more.
    abandoned: bool,
}

/// Jobs in order of arrival.
pub(super) struct Queue {
    state: Mutex<State>,
    capacity: usize,
    /// For the writer: a job came, the sync thread became idle, or the queue was closed.
    work: Condvar,
    /// For callers that may wait: a job was taken.
    room: Condvar,
}

impl Queue {
    pub(super) fn new(capacity: usize) -> Self {
        let state = State { jobs: VecDeque::new(), sync_idle: true, closed: false, abandoned: false };
        Self { state: Mutex::new(state), capacity: capacity.max(1), work: Condvar::new(), room: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many jobs wait.
    pub(super) fn len(&self) -> usize {
        self.lock().jobs.len()
    }

    /// Queues a job unless the queue is full (`Err` with its length). A closed queue drops the job, and with it the sender
    /// its caller waits on.
    pub(super) fn offer(&self, job: Job) -> Result<(), usize> {
        let mut state = self.lock();
        if state.jobs.len() >= self.capacity {
            return Err(state.jobs.len());
        }
        if !state.closed {
            state.jobs.push_back(job);
            self.work.notify_one();
        }
        Ok(())
    }

    /// Queues a job, waiting for room.
    pub(super) fn push(&self, job: Job) {
        let mut state = self.lock();
        while state.jobs.len() >= self.capacity && !state.closed {
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if !state.closed {
            state.jobs.push_back(job);
            self.work.notify_one();
        }
    }

    /// What to do next, given how many answers already wait for the next flush. Jobs go first; a flush comes when none is
    /// left (or the group is full) and the sync thread is idle. So while one group syncs the next one grows.
    pub(super) fn next(&self, group: usize) -> Next {
        let mut state = self.lock();
        loop {
            if state.abandoned {
                return Next::Closed;
            }
            if group < MAX_GROUP
                && let Some(job) = state.jobs.pop_front()
            {
                self.room.notify_one();
                return Next::Job(job);
            }
            if group > 0 && state.sync_idle {
                state.sync_idle = false;
                return Next::Flush;
            }
            if group == 0 && state.closed {
                return Next::Closed;
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The sync thread waits for a group.
    pub(super) fn sync_is_idle(&self) {
        self.lock().sync_idle = true;
        self.work.notify_one();
    }

    /// Takes no more jobs; those queued are still done.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.work.notify_all();
        self.room.notify_all();
    }

    /// Takes no more jobs and gives up those queued.
    pub(super) fn abandon(&self) -> Vec<Job> {
        let mut state = self.lock();
        state.closed = true;
        state.abandoned = true;
        let jobs = state.jobs.drain(..).collect();
        drop(state);
        self.work.notify_all();
        self.room.notify_all();
        jobs
    }
}
