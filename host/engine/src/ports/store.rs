//! The store port: versioned rows, one atomic commit verb, immutable contents, a log.
//!
//! Data goes in, not closures: a plan is the same for sled, for the in-memory twin and for a database behind a wire.

use std::time::Duration;

use trellis_spv::hash::Outpoint;

use crate::domain::basket::{ManagerId, NameDigest, Part};
use crate::domain::name::{NameId, NameKind, TopicId};
use crate::domain::plan::{LogRecord, Plan};
use crate::domain::row::{ContentId, Namespace, RowKey, Versioned};
use crate::domain::time::Sequence;

/// A store of versioned rows. All calls block; none may be made from an async task directly.
///
/// Readers pin a durable sequence ([`Store::pin`]) and see exactly it: rows of later commits do not exist for them, whatever
/// is being written meanwhile.
pub trait Store: Send + Sync {
    /// The last sequence that survives power loss. Never falls.
    fn durable(&self) -> Sequence;

    /// Pins the last durable sequence. As long as the pin lives, its rows stay readable.
    fn pin(&self) -> Pin;

    /// Pins an earlier sequence.
    ///
    /// # Errors
    /// [`StoreError::BeyondHorizon`] where its before-images are gone, [`StoreError::NotYet`] where it is not durable.
    fn pin_at(&self, sequence: Sequence) -> Result<Pin, StoreError>;

    /// The row under `key` as of `at`, which must be pinned.
    ///
    /// # Errors
    /// [`StoreError`].
    fn get(&self, key: &RowKey, at: Sequence) -> Result<Option<Versioned>, StoreError>;

    /// A page of rows as of `at`, in key order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn scan(&self, scan: &Scan, at: Sequence) -> Result<Page, StoreError>;

    /// Applies a plan, waits until it is durable, answers its sequence.
    ///
    /// # Errors
    /// [`CommitError`] says whether to plan again, to give up, or to stop the process.
    fn commit(&self, plan: Plan) -> Result<Receipt, CommitError>;

    /// Stores contents ahead of the commit whose rows refer to them. Storing one again is harmless. Contents without a
    /// row are invisible and swept in time. Returns once written, not once durable: the log is one, so the commit that
    /// refers to them makes them durable with itself.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put_contents(&self, contents: &[(ContentId, &[u8])]) -> Result<(), StoreError>;

    /// The bytes of a content.
    ///
    /// # Errors
    /// [`StoreError`].
    fn content(&self, id: &ContentId) -> Result<Option<Vec<u8>>, StoreError>;

    /// Log records after `after`, ascending, at most `limit`, durable ones only.
    ///
    /// # Errors
    /// [`StoreError`].
    fn log(&self, after: Sequence, limit: usize) -> Result<Vec<LogRecord>, StoreError>;

    /// The number of a name; given one where it has none yet, durable before it returns.
    ///
    /// # Errors
    /// [`StoreError`].
    fn intern(&self, kind: NameKind, name: &str) -> Result<NameId, StoreError>;

    /// All interned names of a kind.
    ///
    /// # Errors
    /// [`StoreError`].
    fn names(&self, kind: NameKind) -> Result<Vec<(NameId, String)>, StoreError>;

    /// Waits until `sequence` is durable: what a conflicting planner does before it plans again.
    ///
    /// # Errors
    /// [`StoreError::Poisoned`] where that will not happen any more.
    fn wait_durable(&self, sequence: Sequence) -> Result<(), StoreError>;

    /// Waits until a later commit than `sequence` is durable, or `timeout` is over. Answers the last durable sequence: what who
    /// follows the log does between two looks.
    ///
    /// # Errors
    /// [`StoreError::Poisoned`] where there will be no later commit.
    fn wait_beyond(&self, sequence: Sequence, timeout: Duration) -> Result<Sequence, StoreError>;

    /// Whether the store takes commits.
    fn health(&self) -> Health;
}

/// A pinned sequence. Dropping it lets the before-images behind it go.
pub struct Pin {
    sequence: Sequence,
    release: Option<Box<dyn FnOnce(Sequence) + Send + Sync>>,
}

impl Pin {
    /// A pin that calls `release` when dropped.
    #[must_use]
    pub fn new(sequence: Sequence, release: impl FnOnce(Sequence) + Send + Sync + 'static) -> Self {
        Self { sequence, release: Some(Box::new(release)) }
    }

    /// The pinned sequence.
    #[must_use]
    pub const fn sequence(&self) -> Sequence {
        self.sequence
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        if let Some(release) = self.release.take() {
            release(self.sequence);
        }
    }
}

impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pin({})", self.sequence)
    }
}

/// What to scan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Scan {
    /// Rows of one state namespace with `start <= key < end`.
    State {
        /// Whose state.
        namespace: Namespace,
        /// First key.
        start: Vec<u8>,
        /// Key behind the last, `None` for the end of the namespace.
        end: Option<Vec<u8>>,
        /// From the end of the range downwards.
        reverse: bool,
        /// Most rows of the page.
        limit: usize,
    },
    /// Output rows of one topic, by outpoint (txid in internal order).
    Outputs {
        /// The topic.
        topic: TopicId,
        /// Only rows behind this key.
        after: Option<RowKey>,
        /// Most rows of the page.
        limit: usize,
    },
    /// The [`RowKey::Place`] rows of a part of a basket, by outpoint (txid in internal order).
    Tokens {
        /// Which tokens.
        part: Part,
        /// Only those behind this one.
        after: Option<Outpoint>,
        /// Most rows of the page.
        limit: usize,
    },
    /// The [`RowKey::Number`] rows that count the tokens of parts of a basket, by digest.
    Parts {
        /// Which parts.
        within: PartsWithin,
        /// Only those behind this one.
        after: Option<Part>,
        /// Most rows of the page.
        limit: usize,
    },
    /// All rows of one kind, for audits and the outbox.
    Kind {
        /// Which kind.
        kind: RowKind,
        /// Only rows behind this key.
        after: Option<RowKey>,
        /// Most rows of the page.
        limit: usize,
    },
}

/// Parts of baskets to list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PartsWithin {
    /// All baskets of a manager.
    Baskets(ManagerId),
    /// The assets in a basket.
    Assets(ManagerId, NameDigest),
    /// The owners in a basket.
    Owners(ManagerId, NameDigest),
    /// The tags in a basket.
    Tags(ManagerId, NameDigest),
    /// The owners of an asset in a basket.
    Balances(ManagerId, NameDigest, NameDigest),
}

/// The kinds of [`RowKey`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RowKind {
    /// [`RowKey::Transaction`]
    Transaction,
    /// [`RowKey::Spend`]
    Spend,
    /// [`RowKey::Output`]
    Output,
    /// [`RowKey::Holders`]
    Holders,
    /// [`RowKey::Applied`]
    Applied,
    /// [`RowKey::Verdict`]
    Verdict,
    /// [`RowKey::State`]
    State,
    /// [`RowKey::StateFence`]
    StateFence,
    /// [`RowKey::Number`]
    Number,
    /// [`RowKey::TopicHash`]
    TopicHash,
    /// [`RowKey::Outbox`]
    Outbox,
    /// [`RowKey::Status`]
    Status,
    /// [`RowKey::Unjudged`]
    Unjudged,
    /// [`RowKey::Unproven`]
    Unproven,
    /// [`RowKey::Reverted`]
    Reverted,
    /// [`RowKey::Evicted`]
    Evicted,
    /// [`RowKey::Token`]
    Token,
    /// [`RowKey::Place`]
    Place,
    /// [`RowKey::Name`]
    Name,
    /// [`RowKey::Reservation`]
    Reservation,
    /// [`RowKey::Reserved`]
    Reserved,
    /// [`RowKey::Generation`]
    Generation,
}

/// A page of a scan.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Page {
    /// The rows, in the order asked for.
    pub rows: Vec<(RowKey, Versioned)>,
    /// Whether the range has more rows behind the last.
    pub more: bool,
}

/// Proof that a plan is applied and durable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The commit's number.
    pub sequence: Sequence,
}

/// Why a plan was not applied.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// The row only this plan creates exists; it was written by this commit, which is durable.
    #[error("already applied by commit {}", .0.sequence)]
    AlreadyApplied(Receipt),
    /// Something the planner relied on changed. Plan again once `changed_by` is durable.
    #[error("commit {changed_by} changed {key:?} meanwhile")]
    Conflict {
        /// The first key that differs.
        key: Box<RowKey>,
        /// The commit whose version stands there now (where the row was removed, the one that removed it).
        changed_by: Sequence,
    },
    /// The disk is nearly full; nothing is accepted until there is room.
    #[error("the disk holding the data folder is nearly full: {free} bytes free, {floor} are kept in reserve")]
    Full {
        /// Free bytes.
        free: u64,
        /// The configured floor.
        floor: u64,
    },
    /// The plan exceeds what one commit may do.
    #[error("one commit may make {limit} {what}, this one would make {actual}")]
    TooLarge {
        /// `writes` or `bytes`.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// The plan's.
        actual: usize,
    },
    /// Too many commits are waiting; the same plan may go through in a moment.
    #[error("the store has {0} commits waiting; try again in a moment")]
    Retryable(usize),
    /// Whether the plan was applied is not known; the `once` row will tell.
    #[error("the outcome of the commit is not known")]
    OutcomeUnknown,
    /// The store failed and takes nothing any more. The process must end and reopen it.
    #[error("the store failed and must be reopened: {0}")]
    Poisoned(String),
    /// The plan breaks the port's rules: a bug of the planner.
    #[error("the plan is malformed: {0}")]
    Malformed(String),
}

/// Why reading failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Bytes on disk are not what was written.
    #[error("the store holds damaged data: {0}")]
    Corrupt(String),
    /// The sequence's before-images are gone.
    #[error("sequence {asked} is no longer readable; the oldest that is: {oldest}")]
    BeyondHorizon {
        /// What was asked for.
        asked: Sequence,
        /// The oldest readable one.
        oldest: Sequence,
    },
    /// The sequence is not durable yet.
    #[error("sequence {asked} does not exist yet; the last one is {last}")]
    NotYet {
        /// What was asked for.
        asked: Sequence,
        /// The last durable one.
        last: Sequence,
    },
    /// The store failed and takes nothing any more.
    #[error("the store failed and must be reopened: {0}")]
    Poisoned(String),
    /// The disk is nearly full.
    #[error("the disk holding the data folder is nearly full: {free} bytes free, {floor} are kept in reserve")]
    Full {
        /// Free bytes.
        free: u64,
        /// The configured floor.
        floor: u64,
    },
    /// The caller broke the port's rules: a bug.
    #[error("the request to the store is malformed: {0}")]
    Malformed(String),
}

/// Whether the store takes commits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Health {
    /// All is well.
    Ok,
    /// Nearly full: reads work, commits are refused.
    ReadOnly(String),
    /// Failed: nothing works until the process is restarted.
    Poisoned(String),
}
