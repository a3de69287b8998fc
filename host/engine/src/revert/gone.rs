//! What goes: a transaction, and everything held here that spends it.

use std::collections::{BTreeMap, VecDeque};

use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::transaction::Transaction;

use super::RevertError;
use crate::domain::row::AppliedRow;
use crate::domain::time::Sequence;
use crate::ports::store::StoreError;
use crate::stored::StoredAt;
use crate::view::View;

/// A transaction that goes, as it is applied now.
pub(super) struct Gone {
    pub(super) transaction: Transaction,
    pub(super) applied: Option<AppliedRow>,
}

/// The transaction and its descendants, and the commit that stored the first of them. Nothing proven can be among them: what
/// is in a block is valid, and so is all it spends.
pub(super) fn find(view: &View<'_>, txid: &Txid) -> Result<(BTreeMap<Txid, Gone>, Sequence), RevertError> {
    let mut gone = BTreeMap::new();
    let mut first = Sequence::PENDING;
    let mut open = VecDeque::from([*txid]);
    while let Some(txid) = open.pop_front() {
        if gone.contains_key(&txid) {
            continue;
        }
        let Some(held) = StoredAt::remembered(view).find(&txid)? else { continue };
        if held.proof.is_some() {
            return Err(RevertError::Proven(txid));
        }
        let unproven = view.unproven(&txid)?;
        let unproven =
            unproven.ok_or_else(|| StoreError::Corrupt(format!("transaction {txid} is not listed as unproven")))?;
        first = first.min(unproven.row.stored.resolve(unproven.version));
        for vout in 0..u32::try_from(held.transaction.outputs().len()).unwrap_or(u32::MAX) {
            open.extend(view.spend(&Outpoint::new(txid, vout))?.map(|spend| spend.row.spender));
        }
        let applied = view.applied(&txid)?.map(|applied| applied.row);
        gone.insert(txid, Gone { transaction: held.transaction, applied });
    }
    if gone.is_empty() {
        return Err(RevertError::NotHeld(*txid));
    }
    Ok((gone, first))
}
