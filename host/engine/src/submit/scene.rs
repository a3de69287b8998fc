//! A stored transaction as it stood when something happened: what a service or manager is shown of it again.

use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::StoredTransaction;

use super::carried::Along;
use super::occurrence::{Occurrence, is_kept};
use crate::domain::name::TopicId;
use crate::domain::row::{OutputRow, OutputState, SpendRow, VerdictRow};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::stored::StoredAt;
use crate::view::View;

/// An occurrence with what is known of its transaction.
pub(super) struct Scene<'s> {
    pub(super) source: &'s View<'s>,
    pub(super) at: Timestamp,
    pub(super) held: StoredTransaction,
    pub(super) stored_at: Timestamp,
    /// Whether it was submitted then, and did not come along with another one.
    pub(super) judged: bool,
    pub(super) along: Along<'s>,
}

/// An output that entered a topic at the time.
pub(super) struct Entered {
    pub(super) topic: TopicId,
    pub(super) outpoint: Outpoint,
    pub(super) satoshis: u64,
    /// The spend that was here before.
    pub(super) spent: Option<(SpendRow, Transaction)>,
    /// Whether what spends it was evicted, so that nobody can be shown as its spender.
    pub(super) spender_is_gone: bool,
}

impl<'s> Scene<'s> {
    /// `None` where the transaction is not held here any more.
    pub(super) fn set(source: &'s View<'s>, occurrence: Occurrence) -> Result<Option<Self>, StoreError> {
        let Occurrence { at, judged, txid } = occurrence;
        let Some(held) = StoredAt::new(source).find(&txid)? else { return Ok(None) };
        let stored_at = source.transaction(&txid)?.map_or(at, |row| row.row.stored_at);
        let applied = source.applied(&txid)?;
        let along = Along::of_stored(source, applied.as_ref().map(|applied| &applied.row.carried))?;
        Ok(Some(Self { source, at, held, stored_at, judged, along }))
    }

    pub(super) fn txid(&self) -> Txid {
        self.held.transaction.txid()
    }

    /// The topic's verdict, if this is when it judged.
    pub(super) fn verdict(&self, topic: TopicId) -> Result<Option<VerdictRow>, StoreError> {
        let verdict = self.source.verdict(&self.txid(), topic)?.map(|found| found.row);
        Ok(verdict.filter(|verdict| verdict.judged_at == self.at))
    }

    /// The topics among `topics` that hold an output, ascending, with their rows.
    pub(super) fn rows(&self, topics: &[TopicId], outpoint: Outpoint) -> Result<Vec<(TopicId, OutputRow)>, StoreError> {
        let mut rows = Vec::new();
        let holders = self.source.holders(&outpoint)?.map(|found| found.row).unwrap_or_default();
        for topic in holders.into_iter().filter(|topic| topics.contains(topic)) {
            rows.extend(self.source.output(topic, &outpoint)?.map(|found| (topic, found.row)));
        }
        Ok(rows)
    }

    /// The outputs that entered topics, by topic.
    pub(super) fn entered(&self, topics: &[TopicId]) -> Result<Vec<Entered>, StoreError> {
        let mut entered = Vec::new();
        let count = u32::try_from(self.held.transaction.outputs().len()).unwrap_or(u32::MAX);
        for outpoint in (0..count).map(|vout| Outpoint::new(self.txid(), vout)) {
            for (topic, row) in self.rows(topics, outpoint)? {
                if row.admitted_at != self.at {
                    continue;
                }
                let mut spender_is_gone = false;
                let spent = match row.state {
                    OutputState::Live => None,
                    OutputState::Spent { by, .. } => {
                        let spender = self.source.transaction(&by)?;
                        spender_is_gone = spender.is_none();
                        if spender_is_gone && !is_kept(&row) {
                            continue;
                        }
                        match self.source.spend(&outpoint)? {
                            Some(spend) if spender.is_some_and(|spender| spender.row.stored_at <= self.at) => {
                                let spender = StoredAt::new(self.source).find(&by)?;
                                spender.map(|spender| (spend.row, spender.transaction))
                            }
                            _ => None,
                        }
                    }
                };
                entered.push(Entered { topic, outpoint, satoshis: row.satoshis, spent, spender_is_gone });
            }
        }
        entered.sort_by_key(|entered| entered.topic);
        Ok(entered)
    }
}
