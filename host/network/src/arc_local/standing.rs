//! Where ARC says a transaction is: what the chain's node has, and what ARC learned of it.

use std::collections::BTreeSet;

use trellis_spv::hash::Txid;

use super::LocalArc;
use super::misbehaviour::RIVAL_MINED;
use crate::arc::TxStatus;
use crate::local_chain::{Loss, Place};

/// ARC's words for a mined transaction that once had rivals.
const RIVALS_LOST: &str = "previously double spend attempted";
/// ARC's words for a transaction that a node threw out because a block has its rival.
pub(super) const DISCARDED: &str = "discarded from mempool: double spend attempted";

/// Where ARC says a transaction is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// `txStatus`.
    pub status: TxStatus,
    /// `extraInfo`.
    pub extra_info: String,
    /// `competingTxs`.
    pub competing: Vec<Txid>,
}

impl LocalArc {
    /// Where a transaction is; `None` if ARC does not know it. What the chain made itself was never sent to ARC; of what
    /// else the chain has it is taken that ARC got it before a restart.
    #[must_use]
    pub fn standing(&self, txid: &Txid) -> Option<Standing> {
        let verdict = self.records().get(txid).cloned();
        let place = self.chain.place(txid);
        if verdict.is_none() && self.chain.is_own(txid) {
            return None;
        }
        let is_known = verdict.is_some();
        let verdict = verdict.unwrap_or_default();
        let is = |status, extra_info: &str, competing: BTreeSet<Txid>| {
            let competing = competing.into_iter().collect();
            Some(Standing { status, extra_info: extra_info.to_owned(), competing })
        };
        let rivals = verdict.rivals;
        if let Place::Block { .. } = place {
            return is(TxStatus::Mined, if rivals.is_empty() { "" } else { RIVALS_LOST }, BTreeSet::new());
        }
        let stale = self.chain.stale_block(txid).map(|block| block.hash);
        match verdict.rejected {
            Some(rejection) if rejection.after == stale => return is(TxStatus::Rejected, &rejection.words, rivals),
            // ARC's statuses only go up, and this one is above all but one.
            _ if stale.is_some() => return is(TxStatus::MinedInStaleBlock, "", rivals),
            _ => {}
        }
        let is_mined = |txid: &Txid| matches!(self.chain.place(txid), Place::Block { .. });
        match place {
            Place::Mempool | Place::Block { .. } if rivals.is_empty() => is(TxStatus::SeenOnNetwork, "", rivals),
            Place::Mempool | Place::Block { .. } => is(TxStatus::DoubleSpendAttempted, "", rivals),
            Place::Orphans => is(TxStatus::SeenInOrphanMempool, "", rivals),
            Place::Unknown if !is_known => None,
            Place::Unknown if rivals.iter().any(is_mined) => is(TxStatus::Rejected, RIVAL_MINED, rivals),
            Place::Unknown => match self.chain.loss(txid) {
                Some(Loss::Rival) => is(TxStatus::Rejected, DISCARDED, rivals),
                _ if !rivals.is_empty() => is(TxStatus::DoubleSpendAttempted, "", rivals),
                // A node tells of this, but not where ARC listens.
                Some(Loss::Coinbase | Loss::Evicted) => is(TxStatus::SeenOnNetwork, "", rivals),
                // An orphan that had to make room: ARC does not learn of that either.
                None => is(TxStatus::SeenInOrphanMempool, "", rivals),
            },
        }
    }
}
