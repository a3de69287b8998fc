//! What the stand-in does wrong on demand.

use std::collections::BTreeMap;

use trellis_spv::hash::{Txid, double_sha256};

use crate::local_chain::LocalChainError;

/// Longest wait before an answer, in milliseconds: longer than any client waits.
pub const MAX_DELAY_MILLISECONDS: u64 = 60_000;

/// Milliseconds until an answer that comes too late. The host's own broadcaster gives up after 5 s; ARC itself waits 5 s
/// for the network unless told otherwise.
pub const TOO_LATE_MILLISECONDS: u64 = 15_000;

/// Transactions for which something is planned at once.
pub(super) const MAX_PLANNED: usize = 1_000;

/// Longest words of a refusal, in bytes: a node's are below 200.
pub const MAX_WORDS: usize = 500;

/// ARC's words for a transaction whose rival was mined (its `reject_reason`).
pub(super) const RIVAL_MINED: &str = "double spend attempted";

/// Something to do wrong, or to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misbehaviour {
    /// The network refuses the next new transactions.
    RejectNext {
        /// How many.
        count: u32,
        /// In these words.
        words: String,
    },
    /// The network refuses this transaction: at once if it waits for a block, else as soon as it comes.
    Reject {
        /// The transaction.
        txid: Txid,
        /// In these words.
        words: String,
    },
    /// Broadcasts are answered only after this time.
    Delay {
        /// 0 ends it.
        milliseconds: u64,
    },
    /// The next broadcasts fail.
    FailNext {
        /// How many.
        count: u32,
        /// In which way.
        failure: Failure,
    },
    /// The next new transaction that could be mined is contested, and no block takes it until that is settled.
    DoubleSpendNext {
        /// The transaction it competes with; one that nobody has, if none is given.
        competing: Option<Txid>,
    },
    /// The same for this transaction: at once if it waits for a block, else as soon as it comes.
    DoubleSpend {
        /// The transaction.
        txid: Txid,
        /// The transaction it competes with; one that nobody has, if none is given.
        competing: Option<Txid>,
    },
    /// Decides about a transaction that was contested on demand.
    Settle {
        /// The transaction.
        txid: Txid,
        /// How it is decided.
        outcome: Outcome,
    },
    /// Callbacks are dropped, those that wait as well.
    DropCallbacks(bool),
    /// Ends everything that is planned or under way. Contested transactions may be mined. What was refused stays refused.
    Clear,
}

/// How a broadcast fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// An HTTP status from 500 to 599; the transaction is not taken.
    Status(u16),
    /// The transaction is taken, but the answer comes too late for any client.
    TooLate,
}

/// How a double spend is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The next block takes it. ARC calls it contested until then: its statuses never go back.
    Seen,
    /// The other one was mined.
    Rejected,
}

/// Why something cannot be done wrong.
#[derive(Debug, thiserror::Error)]
pub enum MisbehaviourError {
    /// It is mined.
    #[error(
        "{txid} is in block {height}, which no broadcaster takes back: make that block go first, by a reorganisation"
    )]
    Mined {
        /// The transaction.
        txid: Txid,
        /// Its block.
        height: u32,
    },
    /// It was not contested on demand.
    #[error(
        "{0} was not contested by `double-spend`, so there is nothing to settle; a block decides between real rivals"
    )]
    NotContested(Txid),
    /// It cannot be its own rival.
    #[error("{0} cannot compete with itself: name another transaction, or none")]
    OwnRival(Txid),
    /// Too much is planned.
    #[error("something is planned for {MAX_PLANNED} transactions already: clear first")]
    TooManyPlanned,
    /// Too long a wait.
    #[error("a delay of {0} ms is longer than any client waits: at most {MAX_DELAY_MILLISECONDS} ms")]
    TooLong(u64),
    /// No status of a failing server.
    #[error("{0} is no status of a server that fails: choose one from 500 to 599")]
    NoServerError(u16),
    /// Too many words.
    #[error("the words of a refusal have {0} bytes: at most {MAX_WORDS}")]
    TooManyWords(usize),
    /// The chain's file failed.
    #[error(transparent)]
    Chain(#[from] LocalChainError),
}

/// What is planned or under way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plans {
    /// Next new transactions to refuse.
    pub reject_next: u32,
    /// In these words.
    pub reject_words: String,
    /// Transactions to refuse when they come, with the words.
    pub reject: BTreeMap<Txid, String>,
    /// Milliseconds before a broadcast is answered.
    pub delay_milliseconds: u64,
    /// Next broadcasts to fail.
    pub fail_next: u32,
    /// In which way.
    pub failure: Option<Failure>,
    /// The next new transaction is contested, by this one if given.
    pub double_spend_next: Option<Option<Txid>>,
    /// Transactions to contest when they come, by these if given.
    pub double_spend: BTreeMap<Txid, Option<Txid>>,
    /// Transactions contested on demand and not settled yet, with their rivals.
    pub contested: BTreeMap<Txid, Txid>,
    /// Callbacks are dropped.
    pub drop_callbacks: bool,
}

impl Plans {
    /// How the broadcast that is being received fails, if it does.
    pub(super) fn take_failure(&mut self) -> Option<Failure> {
        let left = self.fail_next.checked_sub(1)?;
        self.fail_next = left;
        if left == 0 { self.failure.take() } else { self.failure }
    }

    /// In which words a new transaction is refused, if it is.
    pub(super) fn take_refusal(&mut self, txid: &Txid) -> Option<String> {
        if let Some(words) = self.reject.remove(txid) {
            return Some(words);
        }
        self.reject_next = self.reject_next.checked_sub(1)?;
        Some(self.reject_words.clone())
    }

    /// What a new transaction is to compete with, if it is to.
    pub(super) fn rival_for(&self, txid: &Txid) -> Option<Txid> {
        let competing = self.double_spend.get(txid).copied().or(self.double_spend_next)?;
        Some(competing.filter(|competing| competing != txid).unwrap_or_else(|| nobodys(txid)))
    }

    /// Notes that a transaction is contested.
    pub(super) fn note_contested(&mut self, txid: Txid, rival: Txid) {
        if self.double_spend.remove(&txid).is_none() {
            self.double_spend_next = None;
        }
        self.contested.insert(txid, rival);
    }

    /// Room for one more transaction.
    pub(super) fn check_room(&self) -> Result<(), MisbehaviourError> {
        let planned = self.reject.len() + self.double_spend.len() + self.contested.len();
        if planned < MAX_PLANNED { Ok(()) } else { Err(MisbehaviourError::TooManyPlanned) }
    }
}

/// The id of a transaction that nobody has, another one for each.
pub(super) fn nobodys(txid: &Txid) -> Txid {
    Txid::from_internal(double_sha256(&[&txid.internal()[..], b"rival"].concat()))
}
