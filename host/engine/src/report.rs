//! What is known of one transaction.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use trellis_spv::assemble::{AssembleError, assemble};
use trellis_spv::extended_format;
use trellis_spv::hash::Txid;

use crate::domain::event::{BasketOperation, Event};
use crate::domain::name::TopicName;
use crate::domain::row::{Namespace, OutboxRow, Row, RowKey, UnjudgedRow};
use crate::domain::status::{NetworkWord, Status};
use crate::domain::time::Sequence;
use crate::engine::Engine;
use crate::evidence::{KeptEvidence, kept_evidence};
use crate::generation;
use crate::ports::store::{RowKind, Scan, StoreError};
use crate::stored::StoredAt;
use crate::view::{View, wrong_kind};

/// Rows an overview lists at most; beyond that an operator needs the metrics, not a list.
const MAX_LISTED: usize = 1000;

/// A transaction held here, or taken back.
#[derive(Clone, PartialEq, Debug)]
pub struct TransactionReport {
    /// The transaction.
    pub txid: Txid,
    /// Where it stands with the network.
    pub status: Status,
    /// The network's last words.
    pub word: Option<NetworkWord>,
    /// Height of the block its proof names.
    pub proof_height: Option<u32>,
    /// Length of the raw transaction in bytes.
    pub size: u32,
    /// Whether it was taken back because the network refused it.
    pub taken_back: bool,
    /// Why the operator had it evicted, if its bytes are gone for that.
    pub evicted: Option<String>,
    /// Hosted topics that judged it; none for mere ancestors.
    pub topics: Vec<TopicName>,
    /// Its place in the outbox, while it has one.
    pub outbox: Option<OutboxRow>,
    /// The commit that applied it; `None` for mere ancestors.
    pub sequence: Option<Sequence>,
}

impl Engine {
    /// What is known of a transaction, `None` where it is not held here, and was neither taken back nor evicted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn transaction_report(&self, txid: &Txid) -> Result<Option<TransactionReport>, StoreError> {
        let view = View::new(self.store());
        let evicted = view.evicted(txid)?.filter(|evicted| evicted.withheld).map(|evicted| evicted.reason);
        let (size, proof_height, taken_back) = match (view.transaction(txid)?, view.reverted(txid)?) {
            (Some(held), _) => (held.row.size, held.row.proof.as_ref().map(|proof| proof.height), None),
            (None, Some(reverted)) => (reverted.row.size, None, Some(reverted.row.topics)),
            (None, None) if evicted.is_some() => (0, None, None),
            (None, None) => return Ok(None),
        };
        let status = view.status(txid)?.map(|found| found.row);
        let applied = view.applied(txid)?;
        let name = |id| self.hosting.topic_by_id(id).map(|topic| topic.name.clone());
        Ok(Some(TransactionReport {
            txid: *txid,
            status: status.as_ref().map_or(Status::Admitted, |row| row.status),
            word: status.and_then(|row| row.word),
            proof_height,
            size,
            taken_back: taken_back.is_some(),
            evicted,
            topics: match &taken_back {
                Some(topics) => topics.iter().filter_map(|id| name(*id)).collect(),
                None => applied.iter().flat_map(|found| &found.row.topics).filter_map(|id| name(*id)).collect(),
            },
            outbox: view.outbox(txid)?.map(|found| found.row),
            sequence: applied.map(|found| found.row.first.resolve(found.version)),
        }))
    }

    /// The evidence that was kept with a transaction; `None` where it is not applied here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn evidence(&self, txid: &Txid) -> Result<Option<Vec<KeptEvidence>>, StoreError> {
        let view = View::new(self.store());
        let Some(applied) = view.applied(txid)? else { return Ok(None) };
        Ok(Some(kept_evidence(&view, &applied.row.carried)?))
    }

    /// What a submission did to baskets in the commit that first applied it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn operations(&self, txid: &Txid, sequence: Sequence) -> Result<Vec<BasketOperation>, StoreError> {
        let records = self.store().log(Sequence(sequence.0.saturating_sub(1)), 1)?;
        let applied = records.into_iter().filter_map(|record| match record.event {
            Some(Event::Applied(applied)) => Some(applied),
            _ => None,
        });
        let own = applied.flatten().find(|applied| applied.txid == *txid);
        Ok(own.map(|own| own.operations).unwrap_or_default())
    }

    /// Where a transaction stands with the network, and its last words; `None` where nothing is known of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn standing(&self, txid: &Txid) -> Result<Option<(Status, Option<NetworkWord>)>, StoreError> {
        let status = View::new(self.store()).status(txid)?;
        Ok(status.map(|found| (found.row.status, found.row.word)))
    }

    /// A held transaction in Extended Format (BRC-30); `None` where it, or an output it spends, is not held here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn extended_format(&self, txid: &Txid) -> Result<Option<Vec<u8>>, StoreError> {
        let view = View::new(self.store());
        let stored = StoredAt::new(&view);
        let Some(held) = stored.find(txid)? else { return Ok(None) };
        let mut parents = HashMap::new();
        for input in held.transaction.inputs() {
            if let Entry::Vacant(parent) = parents.entry(input.source.txid) {
                let Some(found) = stored.find(parent.key())? else { return Ok(None) };
                parent.insert(found.transaction);
            }
        }
        let encoded = extended_format::encode(&held.transaction, |outpoint| {
            let parent = parents.get(&outpoint.txid)?;
            Some((parent.satoshis(outpoint.vout)?, parent.locking_script(outpoint.vout)?.to_vec()))
        });
        encoded.map(Some).map_err(|error| StoreError::Corrupt(error.to_string()))
    }

    /// A held transaction as Atomic BEEF (BRC-95), with `history_depth` generations beyond the nearest proofs; `None` where it
    /// is not held, or nothing proves it now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn beef(&self, txid: &Txid, history_depth: u32) -> Result<Option<Vec<u8>>, StoreError> {
        let view = View::new(self.store());
        let stored = StoredAt::new(&view);
        if stored.find(txid)?.is_none() {
            return Ok(None);
        }
        match assemble(&[(*txid, history_depth)], &stored, true) {
            Ok(beef) => Ok(Some(beef)),
            // Its block left the chain, and no other one is known to hold it yet.
            Err(AssembleError::MissingParent { .. }) => Ok(None),
            Err(error) => Err(StoreError::Corrupt(error.to_string())),
        }
    }

    /// Transactions whose spends stand and that plugins could not judge or index, at most 1,000 of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unjudged(&self) -> Result<Vec<(Namespace, Txid, UnjudgedRow)>, StoreError> {
        let view = View::new(self.store());
        let page = view.scan(&Scan::Kind { kind: RowKind::Unjudged, after: None, limit: MAX_LISTED })?;
        let idle = generation::idle(&view)?;
        let serves = |key: &RowKey| !matches!(key, RowKey::Unjudged(who, _) if idle.contains(who));
        page.rows
            .into_iter()
            .filter(|(key, _)| serves(key))
            .map(|(key, found)| match (&key, found.row) {
                (RowKey::Unjudged(who, txid), Row::Unjudged(row)) => Ok((*who, *txid, row)),
                _ => Err(wrong_kind(&key)),
            })
            .collect()
    }
}
