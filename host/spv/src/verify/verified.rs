//! What verification answers.

use std::collections::HashMap;

use crate::hash::{Outpoint, Txid};
use crate::merkle::MerkleProof;
use crate::transaction::Transaction;

use super::StoredTransaction;

/// One transaction of the BEEF that may be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedTransaction {
    /// The transaction.
    pub transaction: Transaction,
    /// Its checked proof: the one of the BEEF, else the one the host held.
    pub proof: Option<MerkleProof>,
    /// Whether the host already held it verified. Its proof here may be new all the same.
    pub stored: bool,
}

/// What verification cost; a client's budget is charged with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Costs {
    /// Signature checks, as [`Policy::max_signature_checks`](super::Policy::max_signature_checks) counts them.
    pub signature_checks: u64,
    /// Bytes of all scripts that were executed, locking and unlocking.
    pub script_bytes: u64,
}

/// A BEEF's subject and all it rests on, judged.
#[derive(Debug, Clone)]
pub struct Verified {
    /// What the BEEF is about.
    pub subject: Txid,
    /// The transactions reached from the subject up to the nearest proofs, parents first, the subject last.
    pub transactions: Vec<VerifiedTransaction>,
    /// What it cost to judge them.
    pub costs: Costs,
    pub(super) by_txid: HashMap<Txid, usize>,
    /// Parents that are not among `transactions`, for the outputs that were spent.
    pub(super) parents: HashMap<Txid, StoredTransaction>,
}

impl Verified {
    /// One of [`transactions`](Self::transactions).
    #[must_use]
    pub fn get(&self, txid: &Txid) -> Option<&VerifiedTransaction> {
        self.transactions.get(*self.by_txid.get(txid)?)
    }

    /// A spent output: its satoshis and locking script. Known for every input of every unproven transaction that was
    /// judged here; for the inputs of a subject that needed no judging, where the BEEF or the host has the parent.
    #[must_use]
    pub fn source(&self, outpoint: &Outpoint) -> Option<(u64, &[u8])> {
        let transaction = self.parent(&outpoint.txid)?.0;
        Some((transaction.satoshis(outpoint.vout)?, transaction.locking_script(outpoint.vout)?))
    }

    /// A transaction that made a spent output, and its proof.
    pub(super) fn parent(&self, txid: &Txid) -> Option<(&Transaction, Option<&MerkleProof>)> {
        match self.get(txid) {
            Some(known) => Some((&known.transaction, known.proof.as_ref())),
            None => self.parents.get(txid).map(|known| (&known.transaction, known.proof.as_ref())),
        }
    }
}
