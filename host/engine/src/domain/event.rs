//! One whole transition, as subscribers will see it. Stored in the commit's log record.

use trellis_spv::hash::{Outpoint, Txid};

use super::name::TopicId;
use super::status::Status;
use super::time::Sequence;

/// What a commit changed, for whoever follows the host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A submission was applied to these topics, all at once.
    Applied {
        /// The transaction.
        txid: Txid,
        /// Every topic the commit changed, ascending: those that judged it and those that merely lost a coin to it.
        topics: Vec<TopicChange>,
    },
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
        /// Commits whose effects were undone, ascending.
        undone: Vec<Sequence>,
    },
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
