//! One whole transition, as subscribers will see it. Stored in the commit's log record.

use trellis_spv::hash::{Outpoint, Txid};

use super::name::TopicId;
use super::status::Status;

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
