//! Comparing merkle proofs with locally known block headers.

use crate::hash::{MerkleRoot, Txid};
use crate::limits::MEDIAN_TIME_SPAN;
use crate::merkle::MerkleProof;

/// What the host knows of one block header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderInfo {
    /// The root of the block's merkle tree.
    pub root: MerkleRoot,
    /// The block's time in Unix seconds, where the source of headers gives it.
    pub time: Option<u32>,
}

/// The locally known headers of the best chain. Nothing here may wait for the network.
pub trait Headers {
    /// Height of the best known block.
    fn tip(&self) -> Option<u32>;
    /// The header at a height, if it is known.
    fn header(&self, height: u32) -> Option<HeaderInfo>;
}

/// Why a proof is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The proof speaks of a block that is not yet.
    #[error("the proof of {txid} claims block {height}, but the best known block is {tip}")]
    AboveTip {
        /// The transaction.
        txid: Txid,
        /// The height claimed.
        height: u32,
        /// Height of the best known block.
        tip: u32,
    },
    /// The host does not know that header, so it cannot judge; newer headers may help.
    #[error("the proof of {txid} is of block {height}, whose header this host does not know: try again later")]
    UnknownHeight {
        /// The transaction.
        txid: Txid,
        /// The height claimed.
        height: u32,
    },
    /// The proof leads elsewhere.
    #[error("the proof of {txid} leads to merkle root {computed}, but block {height} has {expected}")]
    WrongRoot {
        /// The transaction.
        txid: Txid,
        /// The height claimed.
        height: u32,
        /// The root the proof leads to.
        computed: MerkleRoot,
        /// The root of that block.
        expected: MerkleRoot,
    },
    /// No block has such a tree.
    #[error("the proof of {txid} is of position {offset} in a tree of {levels} levels, which has no such position")]
    Impossible {
        /// The transaction.
        txid: Txid,
        /// The position claimed.
        offset: u64,
        /// Levels of the tree.
        levels: usize,
    },
    /// Two hashes on the way up, taken together, are a transaction: the tree ends there, and what is below was made up
    /// (CVE-2017-12842).
    #[error(
        "the proof of {txid} goes through a node above level {level} whose two hashes read as a transaction: below a \
         transaction there is nothing to prove"
    )]
    TransactionAsNode {
        /// The transaction.
        txid: Txid,
        /// The level of the two hashes, leaves first.
        level: usize,
    },
}

impl ProofError {
    /// The height whose header might change this answer once it is known.
    #[must_use]
    pub const fn missing_header(&self) -> Option<u32> {
        match self {
            Self::AboveTip { height, .. } | Self::UnknownHeight { height, .. } => Some(*height),
            Self::WrongRoot { .. } | Self::Impossible { .. } | Self::TransactionAsNode { .. } => None,
        }
    }
}

/// Whether `proof` shows that `txid` is in the block it names. Every proof from any route goes through here.
///
/// # Errors
/// It does not, or the header is not known here.
pub fn check_proof(txid: &Txid, proof: &MerkleProof, headers: &dyn Headers) -> Result<(), ProofError> {
    let (txid, height) = (*txid, proof.height);
    if let Some(tip) = headers.tip().filter(|tip| height > *tip) {
        return Err(ProofError::AboveTip { txid, height, tip });
    }
    if !proof.is_well_formed() {
        return Err(ProofError::Impossible { txid, offset: proof.offset, levels: proof.levels.len() });
    }
    let Some(expected) = headers.tip().and_then(|_| headers.header(height)) else {
        return Err(ProofError::UnknownHeight { txid, height });
    };
    let (computed, transaction_at) = proof.climb(&txid);
    if computed != expected.root {
        return Err(ProofError::WrongRoot { txid, height, computed, expected: expected.root });
    }
    match transaction_at {
        Some(level) => Err(ProofError::TransactionAsNode { txid, level }),
        None => Ok(()),
    }
}

/// The median time of the last 11 headers up to the tip, in Unix seconds; `None` where one of them, or its time, is not
/// known. Shorter chains use all they have, as the network does.
pub(super) fn median_time_past(headers: &dyn Headers) -> Option<u32> {
    let tip = headers.tip()?;
    let lowest = tip.saturating_add(1).saturating_sub(MEDIAN_TIME_SPAN);
    let mut times = (lowest..=tip)
        .map(|height| headers.header(height).and_then(|header| header.time))
        .collect::<Option<Vec<u32>>>()?;
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}
