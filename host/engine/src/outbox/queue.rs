//! The pending rows in memory, kept up to date from the log, so that sending does not scan the store.

use std::collections::{BTreeMap, HashMap};

use trellis_spv::hash::Txid;

use crate::domain::plan::LogRecord;
use crate::domain::row::{OutboxRow, OutboxState, Row, RowKey, Versioned};
use crate::domain::time::{Sequence, Timestamp};
use crate::ports::store::{RowKind, Scan, Store, StoreError};
use crate::view::wrong_kind;

/// Rows or log records read at a time.
const PAGE: usize = 256;

/// When a row was queued and where in its commit: parents come before children.
type Order = (Sequence, u32, Txid);

/// The pending rows, in the order they were queued.
#[derive(Default)]
pub(super) struct Queue {
    followed: Option<Sequence>,
    pending: BTreeMap<Order, OutboxRow>,
    order: HashMap<Txid, Order>,
}

impl Queue {
    /// Catches up with the last durable sequence.
    pub(super) fn follow(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        let pin = store.pin();
        let Some(mut followed) = self.followed else {
            self.load(store, pin.sequence())?;
            self.followed = Some(pin.sequence());
            return Ok(());
        };
        while followed < pin.sequence() {
            let records = store.log(followed, PAGE)?;
            let Some(last) = records.last().map(|record| record.sequence) else { break };
            for txid in records.iter().flat_map(outbox_keys) {
                self.put(txid, store.get(&RowKey::Outbox(txid), pin.sequence())?)?;
            }
            followed = last;
        }
        self.followed = Some(followed.max(pin.sequence()));
        Ok(())
    }

    fn load(&mut self, store: &dyn Store, at: Sequence) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = store.scan(&Scan::Kind { kind: RowKind::Outbox, after, limit: PAGE }, at)?;
            after = page.rows.last().map(|(key, _)| key.clone());
            for (key, found) in page.rows {
                let RowKey::Outbox(txid) = key else { return Err(wrong_kind(&key)) };
                self.put(txid, Some(found))?;
            }
            if !page.more {
                return Ok(());
            }
        }
    }

    fn put(&mut self, txid: Txid, found: Option<Versioned>) -> Result<(), StoreError> {
        self.remove(&txid);
        let Some(found) = found else { return Ok(()) };
        let Row::Outbox(row) = found.row else { return Err(wrong_kind(&RowKey::Outbox(txid))) };
        if row.state == OutboxState::Pending {
            let order = (row.queued.resolve(found.version), row.position, txid);
            self.order.insert(txid, order);
            self.pending.insert(order, row);
        }
        Ok(())
    }

    fn remove(&mut self, txid: &Txid) -> Option<(Order, OutboxRow)> {
        let order = self.order.remove(txid)?;
        self.pending.remove(&order).map(|row| (order, row))
    }

    /// The first rows that are due and whose parents do not wait themselves, at most `limit`. None is another's parent.
    pub(super) fn due(&self, now: Timestamp, limit: usize) -> Vec<(Txid, OutboxRow)> {
        let due = self.pending.iter().filter(|(_, row)| row.next_attempt <= now && self.is_free(row));
        due.take(limit).map(|((_, _, txid), row)| (*txid, row.clone())).collect()
    }

    /// Replaces a row by what it became, or takes it out.
    pub(super) fn settle(&mut self, txid: &Txid, next: Option<OutboxRow>) {
        let Some((order, _)) = self.remove(txid) else { return };
        if let Some(row) = next {
            self.order.insert(*txid, order);
            self.pending.insert(order, row);
        }
    }

    /// Whether no parent waits itself.
    fn is_free(&self, row: &OutboxRow) -> bool {
        !row.parents.iter().any(|parent| self.order.contains_key(parent))
    }

    /// When the earliest row that waits for no parent is due.
    pub(super) fn next_time(&self) -> Option<Timestamp> {
        self.pending.values().filter(|row| self.is_free(row)).map(|row| row.next_attempt).min()
    }
}

fn outbox_keys(record: &LogRecord) -> impl Iterator<Item = Txid> + '_ {
    record.wrote.iter().filter_map(|key| match key {
        RowKey::Outbox(txid) => Some(*txid),
        _ => None,
    })
}
