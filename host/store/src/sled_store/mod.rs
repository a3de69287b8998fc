//! The store port on sled 0.34.7, used as measured.
//!
//! sled's transactions are serial and atomic, its `flush` is not durable and its scans are not snapshots. What is built on
//! top: one writer thread that commits and flushes in groups, a sync thread that makes groups durable, versions with
//! before-images so that readers see exactly one sequence, and bounds on keys and values that keep everything inside the one
//! file that is synced.
//!
//! | module | one job |
//! |---|---|
//! | [`options`] | what a store is opened with |
//! | [`error`] | why it does not open |
//! | [`open`], [`lock`], [`identity`], [`repair`] | opening |
//! | [`disk`], [`space`] | the disk besides sled |
//! | [`trees`], [`chunks`], [`logs`], [`contents`], [`names`], [`headers`] | what is where |
//! | [`commit`] | one plan |
//! | [`queue`], [`writer`], [`sync`], [`shared`], [`progress`], [`fault`] | the threads and what they share |
//! | [`read`] | rows as of a sequence |
//! | [`prune`], [`sweep`] | letting go of what nobody can ask for |
//! | [`check`] | everything against everything |

mod check;
mod chunks;
mod commit;
mod contents;
mod disk;
mod error;
mod fault;
mod headers;
mod identity;
mod lock;
mod logs;
mod names;
mod open;
mod options;
mod progress;
mod prune;
mod queue;
mod read;
mod repair;
mod shared;
mod space;
mod sweep;
mod sync;
mod trees;
mod writer;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use trellis_engine::domain::name::{NameId, NameKind};
use trellis_engine::domain::plan::{LogRecord, Plan};
use trellis_engine::domain::row::{ContentId, RowKey, Versioned};
use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::{CommitError, Health, Page, Pin, Receipt, Scan, Store, StoreError};

pub use check::{CheckReport, Finding};
pub(crate) use contents::check as check_content;
pub use disk::{Disk, SystemDisk};
pub use error::OpenError;
pub use options::{Options, StoreObserver, Unobserved};
pub use sweep::SweepReport;

use crate::limits::{CONTENT_BYTES_BEFORE_FLUSH, MAX_INTERNED_NAME_BYTES};
use crate::pins::{Pins, readable};
use crate::prepare::{check_key, prepare};
use crate::span::Span;
use fault::{Fault, caught};
use queue::{Job, Reply};
use shared::Shared;

/// A store in a folder of its own.
///
/// All calls may come from any thread and block; a commit blocks until it is durable. Dropping the store finishes what is
/// queued, makes it durable and lets go of the folder.
pub struct SledStore {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
    syncer: Option<JoinHandle<()>>,
    node: [u8; 16],
    /// Held as long as the store lives; dropped last.
    _lock: File,
}

impl SledStore {
    /// Opens the store in `folder`, creating it where there is none, and removes contents that no commit ever named.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong and what to do.
    pub fn open(folder: &Path, options: &Options) -> Result<Self, OpenError> {
        let opened = open::open(folder, options)?;
        let damaged = |fault: Fault| OpenError::Damaged { database: folder.join("sled"), what: fault.to_string() };
        let pruning = caught(|| prune::Pruning::load(&opened.trees, options.horizon)).map_err(damaged)?;
        let names = caught(|| names::Names::load(&opened.trees)).map_err(damaged)?;
        let recent = contents::Recent::default();
        let swept = caught(|| sweep::sweep(&opened.trees, &recent)).map_err(damaged)?;
        tracing::info!(folder = %folder.display(), last = opened.last.0, swept = swept.removed, "store opened");
        let shared = Arc::new(Shared {
            trees: opened.trees,
            queue: queue::Queue::new(options.queue),
            progress: progress::Progress::new(opened.last),
            pins: Pins::new(pruning.oldest()),
            names,
            recent,
            space: space::Space {
                folder: folder.to_owned(),
                disk: Arc::clone(&options.disk),
                floor: options.free_floor_bytes,
            },
            disk: Arc::clone(&options.disk),
            observer: Arc::clone(&options.observer),
            db_path: folder.join("sled").join("db"),
            cache_bytes: options.cache_bytes,
            cold: AtomicBool::new(true),
            abort: Arc::clone(&options.abort),
        });
        let (groups, incoming) = channel();
        let writer = writer::Writer { shared: Arc::clone(&shared), last: opened.last, pruning, groups };
        let syncer = sync::Syncer {
            shared: Arc::clone(&shared),
            db_file: opened.db_file,
            identity: opened.identity,
            groups: incoming,
        };
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new().name(name.to_owned()).spawn(run).map_err(|source| OpenError::System {
                action: "starting a thread for",
                path: folder.to_owned(),
                source,
            })
        };
        let writer = spawn("store-writer", Box::new(move || writer.run()))?;
        let syncer = spawn("store-sync", Box::new(move || syncer.run()))?;
        let node = opened.identity.node;
        Ok(Self { shared, writer: Some(writer), syncer: Some(syncer), node, _lock: opened.lock })
    }

    /// This store's identity, given to it when it was created.
    #[must_use]
    pub const fn node(&self) -> [u8; 16] {
        self.node
    }

    /// How many jobs wait for the writer.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.shared.queue.len()
    }

    /// The oldest sequence that can be pinned.
    #[must_use]
    pub fn oldest(&self) -> Sequence {
        self.shared.pins.oldest()
    }

    /// Bytes of sled's files. Far more than what is stored (five times and up) calls for an export and import.
    ///
    /// # Errors
    /// [`StoreError::Poisoned`].
    pub fn size_on_disk(&self) -> Result<u64, StoreError> {
        self.read(|| Ok(self.shared.trees.db.size_on_disk()?))
    }

    /// Removes contents that no row refers to and that were put by an earlier process. Opening does the same.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sweep(&self) -> Result<SweepReport, StoreError> {
        self.ask(Job::Sweep)?
    }

    /// Compares everything on disk with everything else. No commit is made meanwhile: meant for a store nobody uses.
    ///
    /// # Errors
    /// [`StoreError`] where it could not be finished; what it found wrong is in the report.
    pub fn check(&self) -> Result<CheckReport, StoreError> {
        self.ask(Job::Check)?
    }

    /// Queues a job and waits for its answer.
    fn ask<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, StoreError> {
        self.shared.progress.check()?;
        let (reply, answer) = sync_channel(1);
        self.shared.queue.push(job(reply));
        answer.recv().map_err(|_| self.gone())
    }

    /// Why an answer never came.
    fn gone(&self) -> StoreError {
        let why = self.shared.progress.failure();
        StoreError::Poisoned(why.unwrap_or_else(|| "the store is being closed".to_owned()))
    }

    fn read<T>(&self, read: impl FnOnce() -> Result<T, Fault>) -> Result<T, StoreError> {
        self.shared.progress.check()?;
        caught(read).map_err(|fault| fault.into_store_error(&self.shared.progress))
    }

    fn check_readable(&self, at: Sequence) -> Result<(), StoreError> {
        readable(at, self.shared.pins.oldest(), self.shared.progress.durable())
    }
}

/// Waits for the answer to a commit.
fn wait_for(answer: &Receiver<Result<Receipt, CommitError>>) -> Result<Receipt, CommitError> {
    // No answer: the store failed after it had taken the plan.
    answer.recv().unwrap_or(Err(CommitError::OutcomeUnknown))
}

impl Store for SledStore {
    fn durable(&self) -> Sequence {
        self.shared.progress.durable()
    }

    fn pin(&self) -> Pin {
        self.shared.pins.pin(|| self.shared.progress.durable())
    }

    fn pin_at(&self, sequence: Sequence) -> Result<Pin, StoreError> {
        self.shared.pins.pin_at(sequence, self.shared.progress.durable())
    }

    fn get(&self, key: &RowKey, at: Sequence) -> Result<Option<Versioned>, StoreError> {
        check_key(key).map_err(StoreError::Malformed)?;
        self.check_readable(at)?;
        self.read(|| read::get(&self.shared.trees, key, at))
    }

    fn scan(&self, scan: &Scan, at: Sequence) -> Result<Page, StoreError> {
        let span = Span::of(scan)?;
        self.check_readable(at)?;
        self.read(|| read::scan(&self.shared.trees, &span, at))
    }

    fn commit(&self, plan: Plan) -> Result<Receipt, CommitError> {
        if let Some(why) = self.shared.progress.failure() {
            return Err(CommitError::Poisoned(why));
        }
        let prepared = Box::new(prepare(&plan)?);
        if self.shared.cold.load(Ordering::Relaxed) {
            let warmed = self.read(|| commit::warm(&self.shared.trees, &prepared));
            warmed.map_err(|error| CommitError::Poisoned(error.to_string()))?;
        }
        let (reply, answer) = sync_channel(1);
        self.shared.queue.offer(Job::Commit(prepared, reply)).map_err(CommitError::Retryable)?;
        wait_for(&answer)
    }

    fn put_contents(&self, contents: &[(ContentId, &[u8])]) -> Result<(), StoreError> {
        self.shared.space.check()?;
        let mut unflushed = 0;
        for (id, bytes) in contents {
            contents::check(id, bytes)?;
            unflushed = self.read(|| contents::put(&self.shared.trees, &self.shared.recent, id, bytes))?;
        }
        if unflushed > CONTENT_BYTES_BEFORE_FLUSH { self.ask(Job::Barrier)? } else { Ok(()) }
    }

    fn content(&self, id: &ContentId) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|| contents::get(&self.shared.trees, id))
    }

    fn log(&self, after: Sequence, limit: usize) -> Result<Vec<LogRecord>, StoreError> {
        let through = self.shared.progress.durable();
        let records = self.read(|| logs::read_range(&self.shared.trees, after, through, limit))?;
        Ok(records.into_iter().map(|stored| stored.record).collect())
    }

    fn intern(&self, kind: NameKind, name: &str) -> Result<NameId, StoreError> {
        if name.is_empty() || name.len() > MAX_INTERNED_NAME_BYTES {
            let text = format!("a name has 1 to {MAX_INTERNED_NAME_BYTES} bytes, this one {}", name.len());
            return Err(StoreError::Malformed(text));
        }
        if let Some(id) = self.shared.names.get(kind, name) {
            return Ok(id);
        }
        self.ask(|reply| Job::Intern(kind, name.to_owned(), reply))?
    }

    fn names(&self, kind: NameKind) -> Result<Vec<(NameId, String)>, StoreError> {
        self.shared.progress.check()?;
        Ok(self.shared.names.all(kind))
    }

    fn wait_durable(&self, sequence: Sequence) -> Result<(), StoreError> {
        self.shared.progress.wait(sequence)
    }

    fn wait_beyond(&self, sequence: Sequence, timeout: Duration) -> Result<Sequence, StoreError> {
        self.shared.progress.wait_beyond(sequence, timeout)
    }

    fn health(&self) -> Health {
        if let Some(why) = self.shared.progress.failure() {
            return Health::Poisoned(why);
        }
        match self.shared.space.check() {
            Ok(()) => Health::Ok,
            Err(full) => Health::ReadOnly(full.to_string()),
        }
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        self.shared.queue.close();
        // The writer drops the sync thread's channel when it ends. A thread that panicked has poisoned the store; there is
        // nobody left to tell.
        for thread in [self.writer.take(), self.syncer.take()].into_iter().flatten() {
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for SledStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SledStore")
            .field("node", &hex::encode(self.node))
            .field("durable", &self.shared.progress.durable())
            .field("oldest", &self.oldest())
            .finish_non_exhaustive()
    }
}
