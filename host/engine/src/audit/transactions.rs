//! Auditing transactions, and the spend index against their raw bytes.

use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::transaction::Transaction;

use super::Audit;
use crate::domain::row::{ContentId, Row, RowKey, TransactionRow};
use crate::domain::status::Status;
use crate::ports::store::{RowKind, StoreError};

impl Audit<'_> {
    /// Raw bytes, spends, parents, status and outbox of every transaction.
    pub(super) fn transactions(&mut self) -> Result<(), StoreError> {
        self.each(RowKind::Transaction, |audit, key, found| {
            let (RowKey::Transaction(txid), Row::Transaction(row)) = (&key, &found.row) else {
                audit.find(format!("{key:?} holds a row of another kind"));
                return Ok(());
            };
            audit.report.transactions += 1;
            audit.report.proven += u64::from(row.proof.is_some());
            match audit.stored(txid) {
                Ok(Some(held)) => audit.transaction(txid, row, &held.transaction),
                Ok(None) => Ok(()),
                Err(StoreError::Corrupt(text)) => {
                    audit.find(text);
                    Ok(())
                }
                Err(error) => Err(error),
            }
        })
    }

    fn transaction(&mut self, txid: &Txid, row: &TransactionRow, held: &Transaction) -> Result<(), StoreError> {
        if held.txid() != *txid {
            self.find(format!("the raw bytes kept for transaction {txid} are those of {}", held.txid()));
        }
        let shape = (row.size as usize, row.inputs as usize, row.outputs as usize);
        if shape != (held.raw().len(), held.inputs().len(), held.outputs().len()) {
            self.find(format!("the row of transaction {txid} gives another size or other counts than its raw bytes"));
        }
        let unproven = match self.row(&RowKey::Unproven(*txid))? {
            Some(Row::Unproven(unproven)) => Some(unproven),
            _ => None,
        };
        if unproven.is_some() == row.proof.is_some() {
            self.find(match row.proof {
                Some(_) => format!("transaction {txid} is proven, but still listed as unproven"),
                None => format!("transaction {txid} is unproven, but not listed as such"),
            });
        }
        if !held.is_coinbase() {
            // What was proven once came without its parents.
            let needs_parents = row.proof.is_none() && unproven.is_none_or(|unproven| unproven.orphaned.is_none());
            self.inputs(txid, needs_parents, held)?;
        }
        if self.row(&RowKey::Reverted(*txid))?.is_some() {
            self.find(format!("transaction {txid} is held here and marked as taken back at once"));
        }
        let status = match self.row(&RowKey::Status(*txid))? {
            Some(Row::Status(status)) => status.status,
            _ => {
                self.find(format!("transaction {txid} has no status"));
                return Ok(());
            }
        };
        match (&row.proof, status) {
            (Some(proof), Status::Mined(height)) if proof.height == height => Ok(()),
            (None, Status::Mined(_)) | (Some(_), _) => {
                self.find(format!("transaction {txid} has status {status:?}, which does not fit its proof"));
                Ok(())
            }
            (None, _) => self.outbox_is_complete(txid, status),
        }
    }

    fn inputs(&mut self, txid: &Txid, needs_parents: bool, held: &Transaction) -> Result<(), StoreError> {
        for (input, spent) in (0u32..).zip(held.inputs()) {
            let outpoint = spent.source;
            match self.row(&RowKey::Spend(outpoint))? {
                Some(Row::Spend(spend)) if spend.spender == *txid && spend.input == input => {}
                Some(Row::Spend(spend)) => self.find(format!(
                    "output {outpoint} is spent by input {input} of transaction {txid}, but the spend index names input {} of {}",
                    spend.input, spend.spender
                )),
                _ => self.find(format!("input {input} of transaction {txid} is not in the spend index")),
            }
            if needs_parents && self.row(&RowKey::Transaction(outpoint.txid))?.is_none() {
                self.find(format!("transaction {txid} is unproven, but its parent {} is not held here", outpoint.txid));
            }
        }
        Ok(())
    }

    /// Every transaction listed as unproven is held here; every one taken back has its bytes and the network's refusal.
    pub(super) fn unproven_and_reverted(&mut self) -> Result<(), StoreError> {
        self.each(RowKind::Unproven, |audit, key, _| {
            let RowKey::Unproven(txid) = &key else { return Ok(()) };
            if audit.row(&RowKey::Transaction(*txid))?.is_none() {
                audit.find(format!("transaction {txid} is listed as unproven, but not held here"));
            }
            Ok(())
        })?;
        self.each(RowKind::Reverted, |audit, key, found| {
            let (RowKey::Reverted(txid), Row::Reverted(row)) = (&key, &found.row) else {
                audit.find(format!("{key:?} holds a row of another kind"));
                return Ok(());
            };
            let raw = audit.view.store().content(&ContentId::Transaction(*txid))?;
            if raw.is_none_or(|raw| raw.len() != row.size as usize) {
                audit.find(format!("transaction {txid} was taken back, but its raw bytes are missing or of another length"));
            }
            if !matches!(audit.row(&RowKey::Status(*txid))?, Some(Row::Status(status)) if status.status == Status::Rejected)
            {
                audit.find(format!("transaction {txid} was taken back, but its status is not that of a refused one"));
            }
            Ok(())
        })
    }

    /// Whether a transaction was evicted with its bytes.
    fn is_withheld(&self, txid: &Txid) -> Result<bool, StoreError> {
        Ok(matches!(self.row(&RowKey::Evicted(*txid))?, Some(Row::Evicted(evicted)) if evicted.withheld))
    }

    /// What was evicted is in no topic; what was evicted with its bytes is not held.
    pub(super) fn evicted(&mut self) -> Result<(), StoreError> {
        self.each(RowKind::Evicted, |audit, key, found| {
            let (RowKey::Evicted(txid), Row::Evicted(row)) = (&key, &found.row) else {
                audit.find(format!("{key:?} holds a row of another kind"));
                return Ok(());
            };
            for outpoint in row.outputs.iter().map(|vout| Outpoint::new(*txid, *vout)) {
                if audit.row(&RowKey::Holders(outpoint))?.is_some() {
                    audit.find(format!("output {outpoint} was evicted, but a topic holds it"));
                }
            }
            for key in [RowKey::Transaction(*txid), RowKey::Reverted(*txid), RowKey::Applied(*txid)] {
                if row.withheld && audit.row(&key)?.is_some() {
                    audit.find(format!("transaction {txid} was evicted with its bytes, but {key:?} is there"));
                }
            }
            Ok(())
        })
    }

    /// Every row of the spend index belongs to a transaction held here.
    pub(super) fn spends(&mut self) -> Result<(), StoreError> {
        self.each(RowKind::Spend, |audit, key, found| {
            let (RowKey::Spend(outpoint), Row::Spend(spend)) = (&key, &found.row) else {
                audit.find(format!("{key:?} holds a row of another kind"));
                return Ok(());
            };
            let spender = match audit.row(&RowKey::Transaction(spend.spender))? {
                Some(_) => audit.stored(&spend.spender)?,
                None => None,
            };
            if spender.is_none() && audit.is_withheld(&spend.spender)? {
                return Ok(());
            }
            let input = spender.as_ref().and_then(|held| held.transaction.inputs().get(spend.input as usize));
            if input.is_none_or(|input| input.source != *outpoint) {
                audit.find(format!(
                    "the spend index says input {} of {} spends output {outpoint}, which it does not",
                    spend.input, spend.spender
                ));
            }
            Ok(())
        })
    }
}
