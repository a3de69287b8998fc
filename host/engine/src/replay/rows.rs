//! The rows as they were when a verdict was given.
//!
//! As long as their versions are kept, that is the sequence before its commit: what it read had not changed until then, or it would
//! have been given again. Later only what it read is known, from the record.

use std::collections::{BTreeMap, BTreeSet};

use trellis_spv::hash::{Outpoint, Txid};

use super::WhyNot;
use crate::domain::evidence::TopicEvidence;
use crate::domain::name::{TopicId, TopicName};
use crate::domain::plan::LogRecord;
use crate::domain::row::{Namespace, OutputRow, OutputState, ReadRow, Row, RowKey, StateRead, VerdictRow};
use crate::domain::time::{Sequence, Stamp, Timestamp};
use crate::hosting::{HostedTopic, Hosting};
use crate::ports::plugins::{CallCost, HeldOutput, HostFailure, PluginHost, StatePage, StateRange};
use crate::ports::store::{Store, StoreError};
use crate::stored::StoredAt;
use crate::submit::host::TopicHost;
use crate::view::View;

/// What a component hears that asks for what is not known any more. Nobody reads it.
const GONE: &str = "rows as they were then are not known any more";

/// The state rows of a topic that a commit wrote, with what it wrote: `None` where it removed one.
pub(super) type StateWrites = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// The rows as they were.
pub(super) struct RowsThen<'s> {
    pub(super) view: View<'s>,
    /// Why nothing is known but what was read; `None` where everything is known.
    unknown: Option<WhyNot>,
    /// The commit, where everything is known.
    record: Option<LogRecord>,
}

impl<'s> RowsThen<'s> {
    /// The rows that a verdict saw, or why nothing of them is known.
    pub(super) fn of(
        store: &'s dyn Store,
        topic: &HostedTopic,
        txid: Txid,
        on_record: &VerdictRow,
        sequence: Sequence,
    ) -> Result<Result<Self, WhyNot>, StoreError> {
        let before = Sequence(sequence.0.saturating_sub(1));
        let record = store.log(before, 1)?.into_iter().next().filter(|record| record.sequence == sequence);
        let unknown = match &record {
            Some(record) if record.submissions() == [txid] => match View::at(store, before) {
                Ok(view) => return Ok(Ok(Self { view, unknown: None, record: Some(record.clone()) })),
                Err(StoreError::BeyondHorizon { .. }) => WhyNot::RowsGone,
                Err(error) => return Err(error),
            },
            Some(_) => WhyNot::AmongOthers,
            None => WhyNot::RowsGone,
        };
        let view = View::new(store);
        for StateRead { row, value } in &on_record.reads {
            let (key, row) = match row {
                ReadRow::Own(key) => {
                    (RowKey::State(Namespace::Topic(topic.id), key.clone()), value.clone().map(Row::State))
                }
                ReadRow::TopicState(of, key) => {
                    (RowKey::State(Namespace::Topic(*of), key.clone()), value.clone().map(Row::State))
                }
                ReadRow::TopicOutput(of, outpoint) => {
                    let row = match value {
                        None => None,
                        Some(spent) => match output(&view, outpoint, spent)? {
                            None => return Ok(Err(unknown)),
                            found => found,
                        },
                    };
                    (RowKey::Output(*of, *outpoint), row.map(Row::Output))
                }
            };
            view.put(key, row)?;
        }
        Ok(Ok(Self { view, unknown: Some(unknown), record: None }))
    }

    /// What the verdict on record wrote to its topic's state; `None` where that is not known any more.
    pub(super) fn written(
        &self,
        store: &dyn Store,
        topic: &HostedTopic,
        sequence: Sequence,
    ) -> Result<Option<StateWrites>, StoreError> {
        let Some(record) = &self.record else { return Ok(None) };
        let after = match View::at(store, sequence) {
            Ok(view) => view,
            Err(StoreError::BeyondHorizon { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut written = StateWrites::new();
        for key in &record.wrote {
            if let RowKey::State(Namespace::Topic(of), state_key) = key
                && *of == topic.id
            {
                let value = after.peek(key)?.and_then(|found| match found.row {
                    Row::State(value) => Some(value),
                    _ => None,
                });
                written.insert(state_key.clone(), value);
            }
        }
        Ok(Some(written))
    }
}

/// A topic's output as a verdict read it; `None` where its transaction is gone.
fn output(view: &View<'_>, outpoint: &Outpoint, spent: &[u8]) -> Result<Option<OutputRow>, StoreError> {
    let Some(held) = StoredAt::new(view).find(&outpoint.txid)? else { return Ok(None) };
    let state = match spent {
        [1] => OutputState::Spent { by: outpoint.txid, retained: true },
        _ => OutputState::Live,
    };
    let row = |satoshis| OutputRow { satoshis, admitted: Stamp::ThisCommit, admitted_at: Timestamp::default(), state };
    Ok(held.transaction.satoshis(outpoint.vout).map(row))
}

/// The host of a judgement over rows of then: what is not known, it does not answer.
pub(super) struct ThenHost<'h, 'v> {
    inner: TopicHost<'h, 'v>,
    hosting: &'h Hosting,
    read: BTreeSet<&'h ReadRow>,
    unknown: Option<WhyNot>,
    /// Why the component could not be answered, if it asked for what is not known.
    pub(super) missed: Option<WhyNot>,
    /// What the call cost.
    pub(super) spent: CallCost,
}

impl<'h, 'v> ThenHost<'h, 'v> {
    pub(super) fn new(
        inner: TopicHost<'h, 'v>,
        hosting: &'h Hosting,
        rows: &RowsThen<'_>,
        on_record: &'h VerdictRow,
    ) -> Self {
        let read = on_record.reads.iter().map(|read| &read.row).collect();
        Self { inner, hosting, read, unknown: rows.unknown, missed: None, spent: CallCost::default() }
    }

    /// Whether a row is known as it was.
    fn known(&mut self, row: Option<&ReadRow>) -> Result<(), HostFailure> {
        match self.unknown {
            Some(why_not) if !row.is_some_and(|row| self.read.contains(row)) => {
                self.missed = Some(why_not);
                Err(HostFailure::NotAllowed(GONE))
            }
            _ => Ok(()),
        }
    }

    /// As [`Self::known`], of a topic's row; one that is not hosted has none.
    fn known_of(&mut self, topic: &TopicName, row: impl FnOnce(TopicId) -> ReadRow) -> Result<(), HostFailure> {
        match self.hosting.topic(topic) {
            Some(topic) => self.known(Some(&row(topic.id))),
            None => Ok(()),
        }
    }
}

impl PluginHost for ThenHost<'_, '_> {
    fn spent(&mut self, cost: CallCost) {
        self.spent = cost;
    }
    fn state_get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, HostFailure> {
        if !self.inner.state.has_written(key) {
            self.known(Some(&ReadRow::Own(key.to_vec())))?;
        }
        self.inner.state_get(key)
    }
    fn state_set(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), HostFailure> {
        self.inner.state_set(key, value)
    }
    fn state_scan(&mut self, range: &StateRange) -> Result<StatePage, HostFailure> {
        self.known(None)?;
        self.inner.state_scan(range)
    }
    fn topic_output(&mut self, topic: &TopicName, outpoint: &Outpoint) -> Result<Option<HeldOutput>, HostFailure> {
        self.known_of(topic, |topic| ReadRow::TopicOutput(topic, *outpoint))?;
        self.inner.topic_output(topic, outpoint)
    }
    fn topic_state_get(&mut self, topic: &TopicName, key: &[u8]) -> Result<Option<Vec<u8>>, HostFailure> {
        self.known_of(topic, |topic| ReadRow::TopicState(topic, key.to_vec()))?;
        self.inner.topic_state_get(topic, key)
    }
    fn topic_state_scan(&mut self, topic: &TopicName, range: &StateRange) -> Result<StatePage, HostFailure> {
        self.known(None)?;
        self.inner.topic_state_scan(topic, range)
    }
    fn evidence(&mut self) -> Result<TopicEvidence, HostFailure> {
        self.inner.evidence()
    }
    fn transaction(&mut self, txid: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
        self.inner.transaction(txid)
    }
    fn atomic_beef(&mut self, txid: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
        self.inner.atomic_beef(txid)
    }
}
