//! One whole transition, as subscribers will see it. Stored in the commit's log record.

use trellis_spv::hash::{Outpoint, Txid};

use super::basket::{BasketName, ManagerId};
use super::name::TopicId;
use super::status::Status;
use super::time::Sequence;

/// What a commit changed, for whoever follows the host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// Submissions were applied, all at once: one, or the members of an atomic batch in the order they were judged.
    Applied(Vec<AppliedTransaction>),
    /// The network's view of a transaction changed.
    StatusChanged {
        /// The transaction.
        txid: Txid,
        /// Its new state.
        status: Status,
    },
    /// Proofs arrived for transactions held here.
    Proven {
        /// The transactions, each with its block height.
        transactions: Vec<(Txid, u32)>,
    },
    /// Blocks left the chain, so these transactions are proven no more and wait for another block.
    Orphaned {
        /// The transactions, each with the height of the block that held it.
        transactions: Vec<(Txid, u32)>,
    },
    /// An operator had outputs evicted.
    Evicted {
        /// Transactions whose bytes are gone.
        transactions: Vec<Txid>,
        /// What the topics lost, ascending.
        topics: Vec<TopicReversal>,
        /// What the baskets lost, ascending.
        baskets: Vec<BasketReversal>,
    },
    /// The network refused transactions, or a proven rival took their coins: they are taken back, with all that depended on
    /// them, in one step.
    Reverted {
        /// The transactions that are gone: what was refused, and everything that spends it.
        transactions: Vec<Txid>,
        /// Submissions that had read or spent what is gone, without descending from it, and were judged again, in order.
        judged_again: Vec<Txid>,
        /// What the topics gained and lost by all of it together, ascending.
        topics: Vec<TopicReversal>,
        /// What the baskets gained and lost by all of it together, ascending.
        baskets: Vec<BasketReversal>,
        /// Commits whose effects were undone, ascending.
        undone: Vec<Sequence>,
        /// Those among them that were atomic batches.
        batches: Vec<Sequence>,
    },
}

/// What one submission changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AppliedTransaction {
    /// The transaction.
    pub txid: Txid,
    /// Every topic it changed, ascending: those that judged it and those that merely lost a coin to it.
    pub topics: Vec<TopicChange>,
    /// What it did to baskets, in the order it was done.
    pub operations: Vec<BasketOperation>,
}

/// One change of a basket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BasketOperation {
    /// The manager whose baskets these are.
    pub manager: ManagerId,
    /// What left a basket.
    pub taken: Option<Taken>,
    /// What entered one: the token's place after a move, or a new token.
    pub placed: Option<Placed>,
}

/// A token that left a basket because its output was spent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Taken {
    /// The basket.
    pub basket: BasketName,
    /// The output that was spent.
    pub outpoint: Outpoint,
    /// What it was.
    pub asset: String,
    /// How much of it.
    pub amount: u64,
}

/// A token that entered a basket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Placed {
    /// The basket.
    pub basket: BasketName,
    /// The output of the transaction.
    pub vout: u32,
    /// What it is.
    pub asset: String,
    /// How much of it.
    pub amount: u64,
}

/// What one basket gained and lost when submissions were taken back, or outputs evicted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BasketReversal {
    /// The manager whose basket it is.
    pub manager: ManagerId,
    /// The basket.
    pub basket: BasketName,
    /// Tokens that are in it no more, or are another thing there now.
    pub removed: Vec<Outpoint>,
    /// Tokens that are in it now.
    pub placed: Vec<Outpoint>,
}

/// What one topic gained and lost when submissions were taken back, or outputs evicted: the difference between before and after.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopicReversal {
    /// The topic.
    pub topic: TopicId,
    /// Outputs that are in the topic no more.
    pub removed: Vec<Outpoint>,
    /// Outputs that were spent and are not any more.
    pub unspent: Vec<Outpoint>,
    /// Outputs that entered, because a submission judged again admits others now.
    pub admitted: Vec<Outpoint>,
    /// Outputs that are spent now, or by another transaction, or retained otherwise than before; with whether they are
    /// retained.
    pub spent: Vec<(Outpoint, bool)>,
}

/// What one topic gained and lost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopicChange {
    /// The topic.
    pub topic: TopicId,
    /// Output indices that entered it.
    pub admitted: Vec<u32>,
    /// Outputs that were spent, with whether they are retained.
    pub spent: Vec<(Outpoint, bool)>,
}
