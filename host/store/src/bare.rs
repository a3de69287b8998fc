//! The measure of a commit: the puts of a store's commits, read back from its trees and made again with nothing but sled.
//!
//! For benchmarks only. Every put of every commit is one in the replay: one sled transaction per commit, flushed and synced in
//! groups, as bare as that can be and still be durable.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use sled::transaction::{ConflictableTransactionError, TransactionError};
use sled::{Config, Db, IVec, Transactional, Tree};

use crate::record::stored::Stored;

/// Trees that commits put into, and the contents put ahead of them.
const TREES: [&str; 4] = ["rows", "history", "log", "contents"];

/// What one commit put, per tree of [`TREES`].
type Commit = [Vec<(IVec, IVec)>; TREES.len()];

/// Why a replay failed.
#[derive(Debug, thiserror::Error)]
pub enum BareError {
    /// sled failed.
    #[error("sled failed: {0}")]
    Sled(#[from] sled::Error),
    /// The disk failed.
    #[error("syncing failed: {0}")]
    Sync(#[from] std::io::Error),
    /// The folder holds no store of this format.
    #[error("the folder holds no store whose commits could be read back: {0}")]
    Unreadable(String),
}

/// The commits of a closed store.
pub struct Commits(Vec<Commit>);

impl Commits {
    /// Reads them from the folder sled has within a store's folder. The store must be closed, and young enough that nothing
    /// was pruned.
    ///
    /// # Errors
    /// [`BareError`].
    pub fn of(store: &Path) -> Result<Self, BareError> {
        let (_db, [rows, history, log, contents]) = open(&store.join("sled"))?;
        let mut commits: BTreeMap<u64, Commit> = BTreeMap::new();
        for entry in &log {
            let (key, value) = entry?;
            let sequence = key.first_chunk().map(|bytes| u64::from_be_bytes(*bytes));
            let sequence = sequence.ok_or_else(|| BareError::Unreadable("a short log key".to_owned()))?;
            let [.., log, _] = commits.entry(sequence).or_default();
            log.push((key, value));
        }
        for entry in &rows {
            let (key, value) = entry?;
            let length = u8::try_from(key.len()).map_err(|_| BareError::Unreadable("a long key".to_owned()))?;
            let prefix = [&[length], &*key].concat();
            let mut by = version(&value)?;
            put(&mut commits, by, |[rows, ..]| rows.push((key.clone(), value)))?;
            for image in history.scan_prefix(prefix).rev() {
                let (history_key, value) = image?;
                put(&mut commits, by, |[_, history, ..]| history.push((history_key, value.clone())))?;
                by = version(&value)?;
                put(&mut commits, by, |[rows, ..]| rows.push((key.clone(), value)))?;
            }
        }
        let mut commits: Vec<Commit> = commits.into_values().collect();
        // Which content belongs to which commit makes no difference here.
        let count = commits.len().max(1);
        for (number, entry) in contents.iter().enumerate() {
            if let Some([.., contents]) = commits.get_mut(number % count) {
                contents.push(entry?);
            }
        }
        Ok(Self(commits))
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.0.len()
    }

    /// Puts per commit, on average.
    #[must_use]
    pub fn puts_per_commit(&self) -> f64 {
        let puts: usize = self.0.iter().flatten().map(Vec::len).sum();
        puts as f64 / self.0.len().max(1) as f64
    }

    /// A fresh sled database in `folder`, ready for [`Replay::run`].
    ///
    /// # Errors
    /// [`BareError`].
    pub fn replay(&self, folder: &Path) -> Result<Replay<'_>, BareError> {
        let (db, trees) = open(folder)?;
        Ok(Replay { commits: self, db, trees, file: File::open(folder.join("db"))? })
    }
}

/// A replay that is set up.
pub struct Replay<'c> {
    commits: &'c Commits,
    db: Db,
    trees: [Tree; TREES.len()],
    file: File,
}

impl Replay<'_> {
    /// One sled transaction per commit, flushed and synced `group` at a time.
    ///
    /// # Errors
    /// [`BareError`].
    pub fn run(&self, group: usize) -> Result<(), BareError> {
        for commits in self.commits.0.chunks(group.max(1)) {
            for commit in commits {
                self.commit(commit)?;
            }
            self.db.flush()?;
            self.file.sync_data()?;
        }
        Ok(())
    }

    fn commit(&self, commit: &Commit) -> Result<(), BareError> {
        let used: Vec<_> = self.trees.iter().zip(commit).filter(|(_, puts)| !puts.is_empty()).collect();
        let trees: Vec<&Tree> = used.iter().map(|(tree, _)| *tree).collect();
        let applied = trees.transaction(|views| {
            for (view, (_, puts)) in views.iter().zip(&used) {
                for (key, value) in puts.iter() {
                    view.insert(key, value)?;
                }
            }
            Ok::<(), ConflictableTransactionError<()>>(())
        });
        applied.map_err(|error| match error {
            TransactionError::Storage(error) => BareError::Sled(error),
            TransactionError::Abort(()) => BareError::Unreadable("a replay never aborts".to_owned()),
        })
    }
}

fn open(path: &Path) -> Result<(Db, [Tree; TREES.len()]), BareError> {
    let db = Config::new().path(path).flush_every_ms(Some(500)).open()?;
    let [rows, history, log, contents] = TREES.map(|name| db.open_tree(name));
    Ok((db, [rows?, history?, log?, contents?]))
}

fn version(value: &IVec) -> Result<u64, BareError> {
    let stored = Stored::parse(value).map_err(|error| BareError::Unreadable(error.to_string()))?;
    Ok(stored.version.0)
}

fn put(commits: &mut BTreeMap<u64, Commit>, sequence: u64, put: impl FnOnce(&mut Commit)) -> Result<(), BareError> {
    let commit = commits.get_mut(&sequence);
    commit.map(put).ok_or_else(|| BareError::Unreadable(format!("a row of commit {sequence}, which has no log record")))
}
