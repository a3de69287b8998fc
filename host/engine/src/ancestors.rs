//! Letting go of ancestors that nobody needs: transactions that came only because a submission rested on them, once the proofs
//! of what spends them are buried.
//!
//! Who references a transaction is asked of the rows, outpoint by outpoint; no counter could disagree with them. With it go
//! its spends: what it spent was spent in a block that no reorganisation reaches.

use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::transaction::Transaction;

use crate::chain::MAX_REORGANISATION;
use crate::domain::plan::Cause;
use crate::domain::row::{OutputState, Row, RowKey, TransactionRow};
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::note::Note;
use crate::ports::store::{RowKind, Scan, StoreError};
use crate::stored::StoredAt;
use crate::view::{View, wrong_kind};

/// Rows looked at by one step.
const STEP: usize = 1_024;

/// Where looking through the transactions has come to.
#[derive(Default)]
pub struct AncestorSweep {
    after: Option<RowKey>,
}

impl Engine {
    /// Looks at some transactions and lets go of those that nobody needs. Answers how many went; goes round and round when
    /// called again and again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sweep_ancestors(&self, sweep: &mut AncestorSweep, now: Timestamp) -> Result<usize, StoreError> {
        let Some(tip) = self.parts.headers.tip() else { return Ok(0) };
        let view = View::new(self.store());
        let page = view.scan(&Scan::Kind { kind: RowKind::Transaction, after: sweep.after.take(), limit: STEP })?;
        if page.more {
            sweep.after = page.rows.last().map(|(key, _)| key.clone());
        }
        let mut unneeded = Vec::new();
        for (key, found) in page.rows {
            let (RowKey::Transaction(txid), Row::Transaction(row)) = (&key, &found.row) else {
                return Err(wrong_kind(&key));
            };
            if is_buried(row, tip)
                && view.peek(&RowKey::Applied(*txid))?.is_none()
                && is_unneeded(&view, txid, row, tip)?
            {
                unneeded.push(*txid);
            }
        }
        drop(view);
        let mut gone = 0;
        for txid in unneeded {
            // Looked at again: this time what was read is expected to stay so.
            let forgotten = self.note(Cause::Proof(txid), now, |view| forget(view, &txid, tip))?;
            gone += usize::from(forgotten.is_some());
        }
        Ok(gone)
    }
}

fn is_buried(row: &TransactionRow, tip: u32) -> bool {
    row.proof.as_ref().is_some_and(|proof| tip.saturating_sub(proof.height) > MAX_REORGANISATION)
}

fn forget(view: &View<'_>, txid: &Txid, tip: u32) -> Result<Option<Note>, StoreError> {
    let Some(held) = view.transaction(txid)?.filter(|held| is_buried(&held.row, tip)) else { return Ok(None) };
    if view.applied(txid)?.is_some() || !is_unneeded(view, txid, &held.row, tip)? {
        return Ok(None);
    }
    let Some(found) = StoredAt::new(view).find(txid)? else { return Ok(None) };
    let mut writes = vec![(RowKey::Transaction(*txid), None), (RowKey::Status(*txid), None)];
    for input in inputs(&found.transaction) {
        // A topic's coin that it spends is part of that topic's history, and says who spent it.
        if view.holders(&input)?.is_some() {
            return Ok(None);
        }
        if view.spend(&input)?.is_some_and(|spend| spend.row.spender == *txid) {
            writes.push((RowKey::Spend(input), None));
        }
    }
    Ok(Some(Note { writes, event: None }))
}

/// Whether no topic holds an output of a transaction, and nobody who spends one needs it.
fn is_unneeded(view: &View<'_>, txid: &Txid, row: &TransactionRow, tip: u32) -> Result<bool, StoreError> {
    for vout in 0..row.outputs {
        let outpoint = Outpoint::new(*txid, vout);
        if view.holders(&outpoint)?.is_some() {
            return Ok(false);
        }
        if let Some(spend) = view.spend(&outpoint)?
            && pins_parents(view, &spend.row.spender, tip)?
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a transaction's parents are needed: to prove it, or because history goes through it. A retained coin pins the
/// transaction that made it and the one that spent it, each with all its parents: an answer with history has either all of
/// them or none.
fn pins_parents(view: &View<'_>, txid: &Txid, tip: u32) -> Result<bool, StoreError> {
    let Some(held) = view.transaction(txid)? else { return Ok(false) };
    if !is_buried(&held.row, tip) {
        return Ok(true);
    }
    let Some(found) = StoredAt::new(view).find(txid)? else { return Ok(false) };
    let outputs = (0..held.row.outputs).map(|vout| Outpoint::new(*txid, vout));
    for outpoint in outputs.chain(inputs(&found.transaction)) {
        if is_retained(view, &outpoint)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn inputs(transaction: &Transaction) -> impl Iterator<Item = Outpoint> + '_ {
    let inputs = if transaction.is_coinbase() { &[] } else { transaction.inputs() };
    inputs.iter().map(|input| input.source)
}

fn is_retained(view: &View<'_>, outpoint: &Outpoint) -> Result<bool, StoreError> {
    for topic in view.holders(outpoint)?.map(|found| found.row).unwrap_or_default() {
        let state = view.output(topic, outpoint)?.map(|found| found.row.state);
        if matches!(state, Some(OutputState::Spent { retained: true, .. })) {
            return Ok(true);
        }
    }
    Ok(false)
}
