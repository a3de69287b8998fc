//! The body of `/v1/events`: one event as subscribers read it, over event streams and WebSockets alike.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One event: one whole transition of the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventBody {
    /// The number of its commit, and the cursor from which the next event is told.
    pub sequence: u64,
    /// RFC 3339.
    pub time: String,
    /// What happened.
    #[serde(flatten)]
    pub what: WhatBody,
    /// Sections (a topic's or a basket's part of the event) that are not told to this reader.
    pub left_out: usize,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
// Fields are renamed one by one: the document does not know of renaming those of all variants.
#[serde(tag = "event", rename_all = "lowercase")]
pub enum WhatBody {
    /// Submissions were applied, all at once.
    Applied {
        /// One, or the members of an atomic batch in the order they were judged.
        transactions: Vec<AppliedBody>,
    },
    /// The network's view of a transaction changed.
    Status {
        /// The transaction.
        txid: String,
        /// `admitted`, `broadcast`, `seen`, `mined`, `rejected` or `contested`.
        status: String,
        /// Height of its block, where it is mined.
        #[serde(rename = "blockHeight", default, skip_serializing_if = "Option::is_none")]
        block_height: Option<u32>,
    },
    /// Proofs arrived.
    Proven {
        /// The transactions, each with the height of its block.
        transactions: Vec<InBlockBody>,
    },
    /// Blocks left the chain, so these transactions are proven no more.
    Orphaned {
        /// The transactions, each with the height of the block that held it.
        transactions: Vec<InBlockBody>,
    },
    /// An operator had outputs evicted.
    Evicted {
        /// Transactions whose bytes are gone.
        transactions: Vec<String>,
        /// What topics lost.
        topics: Vec<TopicDifferenceBody>,
        /// What baskets lost.
        baskets: Vec<BasketDifferenceBody>,
    },
    /// The network refused transactions: they are taken back with all that depended on them.
    Reverted {
        /// What is gone.
        transactions: Vec<String>,
        /// What was judged again because it had rested on what is gone.
        #[serde(rename = "judgedAgain")]
        judged_again: Vec<String>,
        /// What topics gained and lost by all of it together.
        topics: Vec<TopicDifferenceBody>,
        /// What baskets gained and lost by all of it together.
        baskets: Vec<BasketDifferenceBody>,
        /// Sequences of the commits whose effects were undone.
        undone: Vec<u64>,
        /// Those among them that were atomic batches.
        batches: Vec<u64>,
    },
}

/// What one submission changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppliedBody {
    /// The transaction.
    pub txid: String,
    /// Every topic it changed.
    pub topics: Vec<TopicChangeBody>,
    /// What it did to baskets, in the order it was done.
    pub operations: Vec<OperationBody>,
}

/// What one topic gained and lost by a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TopicChangeBody {
    /// The topic.
    pub topic: String,
    /// Outputs that entered it, `txid.index`.
    pub admitted: Vec<String>,
    /// Outputs that were spent.
    pub spent: Vec<SpentBody>,
}

/// An output of a topic that was spent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SpentBody {
    /// `txid.index`.
    pub outpoint: String,
    /// Whether the topic keeps it as history.
    pub retained: bool,
}

/// One change of a manager's baskets. With `taken` alone a token is consumed, with `placed` alone one is created, with both
/// it moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OperationBody {
    /// The basket manager.
    pub manager: String,
    /// What left a basket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<PlaceBody>,
    /// What entered one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed: Option<PlaceBody>,
}

/// A token in a basket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlaceBody {
    /// The basket.
    pub basket: String,
    /// The token's output, `txid.index`.
    pub outpoint: String,
    /// What it is.
    pub asset: String,
    /// How much of it.
    pub amount: u64,
}

/// A transaction and the block that holds it, or held it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InBlockBody {
    /// The transaction.
    pub txid: String,
    /// The block's height.
    pub block_height: u32,
}

/// What one topic gained and lost by an eviction or a revert: the difference between before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TopicDifferenceBody {
    /// The topic.
    pub topic: String,
    /// Outputs that are in the topic no more, `txid.index`.
    pub removed: Vec<String>,
    /// Outputs that were spent and are not any more.
    pub unspent: Vec<String>,
    /// Outputs that entered.
    pub admitted: Vec<String>,
    /// Outputs that are spent now, or by another transaction, or retained otherwise than before.
    pub spent: Vec<SpentBody>,
}

/// What one basket gained and lost by an eviction or a revert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BasketDifferenceBody {
    /// The basket manager.
    pub manager: String,
    /// The basket.
    pub basket: String,
    /// Tokens that are in it no more, or are another thing there now, `txid.index`.
    pub removed: Vec<String>,
    /// Tokens that are in it now.
    pub placed: Vec<String>,
}

/// A token to open streams with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StreamTokenBody {
    /// The token.
    pub token: String,
    /// How long it opens streams, in seconds.
    pub seconds: u64,
}
