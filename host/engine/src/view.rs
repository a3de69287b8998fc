//! The store at one pinned sequence, read row by row in domain types.
//!
//! A [`View`] remembers what was read through it: a plan expects it unchanged, and nothing is read twice. Reads that only
//! answer a question go through [`View::peek`] and are not remembered.
//!
//! Rows can be put into a view: it then shows them as if they were stored, with the version [`Sequence::PENDING`]. So
//! submissions can be planned one upon the other and committed as one.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use trellis_spv::hash::{Outpoint, Txid};

use crate::domain::basket::{ManagerId, TokenRow};
use crate::domain::name::{ServiceId, TopicId};
use crate::domain::plan::Expected;
use crate::domain::row::{
    AppliedRow, EvictedRow, GenerationRow, Namespace, NumberKey, OutboxRow, OutputRow, RevertedRow, Row, RowKey,
    SpendRow, StatusRow, TransactionRow, UnjudgedRow, UnprovenRow, VerdictRow, Versioned,
};
use crate::domain::time::Sequence;
use crate::hosting::{HostedManager, HostedService};
use crate::merge::merge;
use crate::ports::store::{Page, Pin, Scan, Store, StoreError};

/// A row of a known kind with the commit that wrote it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct At<T> {
    /// The row.
    pub row: T,
    /// The commit that wrote it.
    pub version: Sequence,
}

/// The store at one pinned sequence.
pub(crate) struct View<'s> {
    store: &'s dyn Store,
    pin: Pin,
    remembered: Mutex<HashMap<RowKey, Remembered>>,
    pending: Mutex<BTreeMap<RowKey, Option<Row>>>,
}

/// What a plan expects of a row, and the row itself.
struct Remembered {
    version: Option<Sequence>,
    /// `None` where only the version is known, from a scan that kept the row.
    read: Option<Option<Row>>,
}

impl Remembered {
    /// The row as it was read; `None` if it has to be read.
    fn found(&self) -> Option<Option<Versioned>> {
        let read = self.read.as_ref()?;
        Some(read.clone().zip(self.version).map(|(row, version)| Versioned { row, version }))
    }
}

/// Makes a getter that checks the row's kind.
macro_rules! getter {
    ($name:ident, $row:ty, $variant:ident, $key:expr, ($($argument:ident: $type:ty),*)) => {
        pub(crate) fn $name(&self, $($argument: $type),*) -> Result<Option<At<$row>>, StoreError> {
            let key = $key;
            match self.get(&key)? {
                None => Ok(None),
                Some(Versioned { row: Row::$variant(row), version }) => Ok(Some(At { row, version })),
                Some(_) => Err(wrong_kind(&key)),
            }
        }
    };
}

pub(crate) fn wrong_kind(key: &RowKey) -> StoreError {
    StoreError::Corrupt(format!("the row under {key:?} is of another kind than its key"))
}

impl<'s> View<'s> {
    pub(crate) fn new(store: &'s dyn Store) -> Self {
        Self { store, pin: store.pin(), remembered: Mutex::default(), pending: Mutex::default() }
    }

    /// The store at an earlier sequence.
    pub(crate) fn at(store: &'s dyn Store, sequence: Sequence) -> Result<Self, StoreError> {
        let pin = store.pin_at(sequence)?;
        Ok(Self { store, pin, remembered: Mutex::default(), pending: Mutex::default() })
    }

    pub(crate) fn sequence(&self) -> Sequence {
        self.pin.sequence()
    }

    pub(crate) fn store(&self) -> &'s dyn Store {
        self.store
    }

    fn remembered(&self) -> MutexGuard<'_, HashMap<RowKey, Remembered>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pending(&self) -> MutexGuard<'_, BTreeMap<RowKey, Option<Row>>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The row that was put under `key`; `None` if none was.
    fn put_before(&self, key: &RowKey) -> Option<Option<Versioned>> {
        let row = self.pending().get(key)?.clone();
        Some(row.map(|row| Versioned { row, version: Sequence::PENDING }))
    }

    /// From here on the view shows this row, or none, under `key`. What is stored there is remembered, so that a plan that
    /// writes the row expects it unchanged.
    pub(crate) fn put(&self, key: RowKey, row: Option<Row>) -> Result<(), StoreError> {
        self.stored(&key)?;
        self.pending().insert(key, row);
        Ok(())
    }

    /// Reads without remembering.
    pub(crate) fn peek(&self, key: &RowKey) -> Result<Option<Versioned>, StoreError> {
        if let Some(found) = self.put_before(key) {
            return Ok(found);
        }
        if let Some(found) = self.remembered().get(key).and_then(Remembered::found) {
            return Ok(found);
        }
        self.store.get(key, self.sequence())
    }

    /// Reads and remembers what was there.
    pub(crate) fn get(&self, key: &RowKey) -> Result<Option<Versioned>, StoreError> {
        match self.put_before(key) {
            Some(found) => Ok(found),
            None => self.stored(key),
        }
    }

    /// Reads what is stored, whatever was put, and remembers it.
    pub(crate) fn stored(&self, key: &RowKey) -> Result<Option<Versioned>, StoreError> {
        if let Some(found) = self.remembered().get(key).and_then(Remembered::found) {
            return Ok(found);
        }
        let found = self.store.get(key, self.sequence())?;
        let (version, row) = (found.as_ref().map(|found| found.version), found.as_ref().map(|found| found.row.clone()));
        self.remembered().insert(key.clone(), Remembered { version, read: Some(row) });
        Ok(found)
    }

    /// Remembers a version that was learnt from a scan.
    pub(crate) fn expect(&self, key: RowKey, version: Option<Sequence>) {
        if version == Some(Sequence::PENDING) {
            return;
        }
        self.remembered().entry(key).or_insert(Remembered { version, read: None });
    }

    /// Everything put, in key order.
    pub(crate) fn put_rows(&self) -> Vec<(RowKey, Option<Row>)> {
        self.pending().iter().map(|(key, row)| (key.clone(), row.clone())).collect()
    }

    /// Everything remembered.
    pub(crate) fn into_expectations(self) -> Vec<(RowKey, Expected)> {
        let remembered = self.remembered.into_inner().unwrap_or_else(PoisonError::into_inner);
        let expected = |seen: Remembered| seen.version.map_or(Expected::Absent, Expected::Version);
        remembered.into_iter().map(|(key, seen)| (key, expected(seen))).collect()
    }

    /// A page of stored rows. Of rows that were put only state rows are shown: no other kind is scanned by a plan.
    /// A number; what was never counted is zero. Not relied on.
    pub(crate) fn number(&self, key: NumberKey) -> Result<i128, StoreError> {
        let key = RowKey::Number(key);
        match self.peek(&key)?.map(|found| found.row) {
            None => Ok(0),
            Some(Row::Number(number)) => Ok(number),
            Some(_) => Err(wrong_kind(&key)),
        }
    }

    pub(crate) fn scan(&self, scan: &Scan) -> Result<Page, StoreError> {
        let Scan::State { namespace, start, end, reverse, limit } = scan else {
            return self.store.scan(scan, self.sequence());
        };
        let key = |key: &Vec<u8>| RowKey::State(*namespace, key.clone());
        let put = {
            let pending = self.pending();
            let behind = match end {
                Some(end) if end <= start => return Ok(Page::default()),
                Some(end) => Bound::Excluded(key(end)),
                None => Bound::Unbounded,
            };
            let of_namespace = |(at, _): &(&RowKey, _)| matches!(at, RowKey::State(of, _) if of == namespace);
            let put = pending.range((Bound::Included(key(start)), behind)).take_while(of_namespace);
            put.map(|(key, row)| (key.clone(), row.clone())).collect::<Vec<_>>()
        };
        if put.is_empty() {
            return self.store.scan(scan, self.sequence());
        }
        // Every stored row could be replaced by one that was put.
        let wider = Scan::State {
            namespace: *namespace,
            start: start.clone(),
            end: end.clone(),
            reverse: *reverse,
            limit: limit.saturating_add(put.len()),
        };
        let stored = self.store.scan(&wider, self.sequence())?;
        let put = put.into_iter().map(|(key, row)| (key, row.map(|row| Versioned { row, version: Sequence::PENDING })));
        let (rows, more) = merge(stored.rows, stored.more, put, *reverse, *limit);
        Ok(Page { rows, more })
    }

    /// What was evicted of a transaction. Not remembered: whoever evicts changes other rows of it as well.
    pub(crate) fn evicted(&self, txid: &Txid) -> Result<Option<EvictedRow>, StoreError> {
        let key = RowKey::Evicted(*txid);
        match self.peek(&key)?.map(|found| found.row) {
            None => Ok(None),
            Some(Row::Evicted(row)) => Ok(Some(row)),
            Some(_) => Err(wrong_kind(&key)),
        }
    }

    /// Under what the rows of a configured service stand that serve now, `None` while they are rebuilt and nothing serves.
    pub(crate) fn serving_service(&self, service: &HostedService) -> Result<Option<ServiceId>, StoreError> {
        Ok(match self.generation(Namespace::Service(service.id))? {
            None => Some(service.id),
            Some(found) => found.row.serving.map(ServiceId),
        })
    }

    /// As [`Self::serving_service`], of a basket manager.
    pub(crate) fn serving_manager(&self, manager: &HostedManager) -> Result<Option<ManagerId>, StoreError> {
        Ok(match self.generation(Namespace::Manager(manager.id))? {
            None => Some(manager.id),
            Some(found) => found.row.serving.map(ManagerId),
        })
    }

    /// Whether a transaction is held and nothing proves it yet.
    pub(crate) fn lacks_proof(&self, txid: &Txid) -> Result<bool, StoreError> {
        Ok(self.transaction(txid)?.is_some_and(|held| held.row.proof.is_none()))
    }

    getter!(transaction, TransactionRow, Transaction, RowKey::Transaction(*txid), (txid: &Txid));
    getter!(spend, SpendRow, Spend, RowKey::Spend(*outpoint), (outpoint: &Outpoint));
    getter!(output, OutputRow, Output, RowKey::Output(topic, *outpoint), (topic: TopicId, outpoint: &Outpoint));
    getter!(holders, Vec<TopicId>, Holders, RowKey::Holders(*outpoint), (outpoint: &Outpoint));
    getter!(applied, AppliedRow, Applied, RowKey::Applied(*txid), (txid: &Txid));
    getter!(verdict, VerdictRow, Verdict, RowKey::Verdict(*txid, topic), (txid: &Txid, topic: TopicId));
    getter!(status, StatusRow, Status, RowKey::Status(*txid), (txid: &Txid));
    getter!(unproven, UnprovenRow, Unproven, RowKey::Unproven(*txid), (txid: &Txid));
    getter!(reverted, RevertedRow, Reverted, RowKey::Reverted(*txid), (txid: &Txid));
    getter!(token, TokenRow, Token, RowKey::Token(manager, *outpoint), (manager: ManagerId, outpoint: &Outpoint));
    getter!(generation, GenerationRow, Generation, RowKey::Generation(configured), (configured: Namespace));
    getter!(outbox, OutboxRow, Outbox, RowKey::Outbox(*txid), (txid: &Txid));
    getter!(
        unjudged,
        UnjudgedRow,
        Unjudged,
        RowKey::Unjudged(namespace, *txid),
        (namespace: Namespace, txid: &Txid)
    );
}
