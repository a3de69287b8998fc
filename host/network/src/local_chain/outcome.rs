//! What the chain answers.

use trellis_spv::hash::Txid;
use trellis_spv::merkle::MerkleProof;
use trellis_spv::verify::VerifyError;

use super::block::Block;
use trellis_spv::hash::BlockHash;

/// What became of a transaction that was handed to the chain.
#[derive(Debug)]
pub enum Acceptance {
    /// It is in the mempool now.
    Accepted,
    /// It was in the mempool before.
    InMempool,
    /// It is in the block of this height.
    Mined(u32),
    /// Outputs it spends are unknown, or were spent in a block; it waits for the former.
    Orphaned,
    /// Transactions in the mempool, named here, spend the same outputs; it was not taken.
    Conflict(Vec<Txid>),
    /// It breaks a rule.
    Refused(Box<VerifyError>),
    /// The mempool has [`MAX_MEMPOOL_TRANSACTIONS`](super::MAX_MEMPOOL_TRANSACTIONS).
    Full,
}

/// What came of handing a transaction to the chain.
#[derive(Debug)]
pub struct Submitted {
    /// What became of it.
    pub acceptance: Acceptance,
    /// What became of orphans that had waited for it.
    pub orphans: Vec<(Txid, Acceptance)>,
}

/// Where the chain has a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Nowhere.
    Unknown,
    /// Among those whose inputs are missing.
    Orphans,
    /// In the mempool.
    Mempool,
    /// In a block.
    Block {
        /// Its height.
        height: u32,
        /// The position in the block; 0 is the coinbase.
        offset: u64,
    },
}

/// A block that is in the chain no longer, as one of its transactions was in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaleBlock {
    /// The block's hash.
    pub hash: BlockHash,
    /// The transaction's proof, which leads to a root that is in no chain.
    pub proof: MerkleProof,
}

/// Why the chain no longer has a transaction that it had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// A block has another transaction that spends the same output as it or as one that it spends.
    Rival,
    /// It spent the coinbase of a block that is in the chain no longer, or an output that did.
    Coinbase,
    /// It, or one that it spends, was thrown out.
    Evicted,
}

/// A block, for those who want to know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockSummary {
    /// Its height.
    pub height: u32,
    /// Its hash.
    pub hash: BlockHash,
    /// Its time in Unix seconds.
    pub time: u32,
    /// Its transactions in order; the first is the coinbase.
    pub txids: Vec<Txid>,
}

impl BlockSummary {
    pub(super) fn of(block: &Block) -> Self {
        Self { height: block.height, hash: block.hash, time: block.time, txids: block.txids().collect() }
    }
}
