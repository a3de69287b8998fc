//! What a plugin reads and writes during one call or one submission: its own state, with its writes over the pinned sequence,
//! and other topics as they stand there.

use std::collections::BTreeMap;
use std::ops::Bound;

use trellis_spv::hash::Outpoint;

use crate::domain::name::{ServiceId, TopicId, TopicName};
use crate::domain::plan::{Adjust, HashChange};
use crate::domain::row::{Namespace, NumberKey, OutputState, ReadRow, Row, RowKey, StateRead, Versioned};
use crate::grants::Grants;
use crate::hosting::{HostedService, HostedTopic, Hosting};
use crate::merge::merge;
use crate::ports::plugins::{HeldOutput, HostFailure, StatePage, StateRange};
use crate::ports::store::{Scan, StoreError};
use crate::stored::StoredAt;
use crate::view::{View, wrong_kind};

/// What was there before this submission wrote, and what it wrote.
#[derive(Clone, Debug)]
struct Written {
    before: Option<Vec<u8>>,
    now: Option<Vec<u8>>,
}

/// The state of one namespace as one submission sees it.
pub(crate) struct State<'v> {
    view: &'v View<'v>,
    namespace: Namespace,
    grants: Grants<'v>,
    written: BTreeMap<Vec<u8>, Written>,
    reads: Vec<StateRead>,
    /// Bytes the namespace may hold.
    quota: u64,
    /// Bytes it holds in the store, once somebody had to know.
    stored_bytes: Option<i128>,
    /// Bytes by which this submission changes that.
    grown: i128,
}

/// What a namespace is to become, ready for a plan.
#[derive(Debug, Default)]
pub(crate) struct StateChanges {
    pub(crate) writes: Vec<(RowKey, Option<Row>)>,
    pub(crate) adjust: Vec<Adjust>,
}

impl<'v> State<'v> {
    /// A topic's, during a judgement of its topic manager.
    pub(crate) fn of_topic(view: &'v View<'v>, hosting: &'v Hosting, topic: &'v HostedTopic) -> Self {
        Self::new(view, Namespace::Topic(topic.id), Grants::of_topic(hosting, topic))
    }

    /// A lookup service's, under what its rows stand.
    pub(crate) fn of_service(
        view: &'v View<'v>,
        hosting: &'v Hosting,
        service: &'v HostedService,
        rows: ServiceId,
    ) -> Self {
        Self::new(view, Namespace::Service(rows), Grants::of_service(hosting, service))
    }

    fn new(view: &'v View<'v>, namespace: Namespace, grants: Grants<'v>) -> Self {
        let (written, reads) = (BTreeMap::new(), Vec::new());
        Self { view, namespace, grants, written, reads, quota: u64::MAX, stored_bytes: None, grown: 0 }
    }

    /// As it is, with at most so many bytes of keys and values.
    pub(crate) fn bounded(self, quota: u64) -> Self {
        Self { quota, ..self }
    }

    fn stored(&self, namespace: Namespace, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let key = RowKey::State(namespace, key.to_vec());
        match self.view.get(&key)? {
            None => Ok(None),
            Some(Versioned { row: Row::State(value), .. }) => Ok(Some(value)),
            Some(_) => Err(wrong_kind(&key)),
        }
    }

    /// Of a bug on purpose: as [`Self::stored`], and nobody knows of it.
    #[cfg(feature = "mutations")]
    fn peeked(&self, namespace: Namespace, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.view.peek(&RowKey::State(namespace, key.to_vec()))?.and_then(|found| match found.row {
            Row::State(value) => Some(value),
            _ => None,
        }))
    }

    pub(crate) fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(written) = self.written.get(key) {
            return Ok(written.now.clone());
        }
        let value = self.stored(self.namespace, key)?;
        self.reads.push(StateRead { row: ReadRow::Own(key.to_vec()), value: value.clone() });
        Ok(value)
    }

    /// Whether this submission wrote the row, so that what is stored there does not show.
    pub(crate) fn has_written(&self, key: &[u8]) -> bool {
        self.written.contains_key(key)
    }

    pub(crate) fn set(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), HostFailure> {
        let now = value.map(<[u8]>::to_vec);
        let mut written = match self.written.remove(key) {
            Some(written) => written,
            // The old value is needed for the counts and the topic hash, so a blind write is a read as well.
            None => {
                let before = self.stored(self.namespace, key)?;
                Written { now: before.clone(), before }
            }
        };
        let growth = row_bytes(key, now.as_deref()) - row_bytes(key, written.now.as_deref());
        self.grown += growth;
        written.now = now;
        self.written.insert(key.to_vec(), written);
        if growth > 0 { self.within_quota() } else { Ok(()) }
    }

    /// How much is stored is looked up without relying on it: two that come at once may exceed the quota by what they write.
    fn within_quota(&mut self) -> Result<(), HostFailure> {
        if self.quota == u64::MAX {
            return Ok(());
        }
        let stored = match self.stored_bytes {
            Some(stored) => stored,
            None => *self.stored_bytes.insert(self.view.number(NumberKey::StateBytes(self.namespace))?),
        };
        if stored + self.grown <= i128::from(self.quota) {
            return Ok(());
        }
        Err(HostFailure::OverQuota { quota: self.quota, held: u64::try_from(stored).unwrap_or(0) })
    }

    /// A page that merges stored rows with this submission's writes. Whoever scans relies on there being no other row in
    /// the range: the namespace's fence stands for that.
    pub(crate) fn scan(&mut self, range: &StateRange) -> Result<StatePage, StoreError> {
        let own = self.own_in(range);
        // Every row this submission removed could take a place of the page, so ask for that many more.
        let limit = range.limit.saturating_add(own.len()).saturating_add(1);
        let stored = self.scan_stored(self.namespace, range, limit, ReadRow::Own)?;
        let (entries, more) = merge(stored.entries, stored.more, own.into_iter(), range.reverse, range.limit);
        Ok(StatePage { entries, more })
    }

    /// A row of another topic's state, as it was before this submission.
    pub(crate) fn get_of(&mut self, topic: &TopicName, key: &[u8]) -> Result<Option<Vec<u8>>, HostFailure> {
        let topic = self.grants.check(topic)?;
        let namespace = Namespace::Topic(topic);
        let value = instead!(OtherTopicsUnread, self.stored(namespace, key)? => self.peeked(namespace, key)?);
        self.reads.push(StateRead { row: ReadRow::TopicState(topic, key.to_vec()), value: value.clone() });
        Ok(value)
    }

    /// A page of another topic's state, as it was before this submission.
    pub(crate) fn scan_of(&mut self, topic: &TopicName, range: &StateRange) -> Result<StatePage, HostFailure> {
        let topic = self.grants.check(topic)?;
        let read = |key| ReadRow::TopicState(topic, key);
        Ok(self.scan_stored(Namespace::Topic(topic), range, range.limit, read)?)
    }

    /// An output another topic holds, unspent or retained, as it was before this submission.
    pub(crate) fn output_of(
        &mut self,
        topic: &TopicName,
        outpoint: &Outpoint,
    ) -> Result<Option<HeldOutput>, HostFailure> {
        let topic = self.grants.check(topic)?;
        let row = self.view.output(topic, outpoint)?.map(|found| found.row);
        let spent = row.and_then(|row| match row.state {
            OutputState::Live => Some(false),
            OutputState::Spent { retained: true, .. } => Some(true),
            OutputState::Spent { retained: false, .. } => None,
        });
        self.note_output(topic, outpoint, spent);
        let (Some(row), Some(spent)) = (row, spent) else { return Ok(None) };
        // Not remembered: its bytes never change, and without them no topic would hold an output of it.
        let held = StoredAt::new(self.view).find(&outpoint.txid)?;
        let script = held.and_then(|held| held.transaction.locking_script(outpoint.vout).map(<[u8]>::to_vec));
        let locking_script = script
            .ok_or_else(|| StoreError::Corrupt(format!("a topic holds output {outpoint}, whose script is missing")))?;
        Ok(Some(HeldOutput { satoshis: row.satoshis, locking_script, spent }))
    }

    /// What a topic says of a revocation outpoint: nothing, that it is unspent (`false`), or spent (`true`), retained or not: a spend
    /// is a spend, whatever topics it was submitted to. The operator asks, so no grant is needed; a topic that is not hosted says
    /// nothing.
    pub(crate) fn revocation(
        &mut self,
        hosting: &Hosting,
        topic: &TopicName,
        outpoint: &Outpoint,
    ) -> Result<Option<bool>, StoreError> {
        let Some(topic) = hosting.topic(topic) else { return Ok(None) };
        let spent = self.view.output(topic.id, outpoint)?.map(|found| found.row.state.is_spent());
        self.note_output(topic.id, outpoint, spent);
        Ok(spent)
    }

    fn note_output(&mut self, topic: TopicId, outpoint: &Outpoint, spent: Option<bool>) {
        let value = spent.map(|spent| vec![u8::from(spent)]);
        self.reads.push(StateRead { row: ReadRow::TopicOutput(topic, *outpoint), value });
    }

    /// At most `limit` stored rows of a range, and whether there are more. That there are no others is relied on.
    fn scan_stored(
        &mut self,
        namespace: Namespace,
        range: &StateRange,
        limit: usize,
        read: impl Fn(Vec<u8>) -> ReadRow,
    ) -> Result<StatePage, StoreError> {
        let is_remembered = instead!(OtherTopicsUnread, true => namespace == self.namespace);
        if is_remembered {
            self.view.get(&RowKey::StateFence(namespace))?;
        }
        if range.end.as_ref().is_some_and(|end| *end <= range.start) {
            return Ok(StatePage::default());
        }
        let stored = self.view.scan(&Scan::State {
            namespace,
            start: range.start.clone(),
            end: range.end.clone(),
            reverse: range.reverse,
            limit,
        })?;
        let mut entries = Vec::with_capacity(stored.rows.len());
        for (key, versioned) in stored.rows {
            let RowKey::State(_, state_key) = &key else { return Err(wrong_kind(&key)) };
            let Row::State(value) = versioned.row else { return Err(wrong_kind(&key)) };
            let state_key = state_key.clone();
            if is_remembered {
                self.view.expect(key, Some(versioned.version));
            }
            self.reads.push(StateRead { row: read(state_key.clone()), value: Some(value.clone()) });
            entries.push((state_key, value));
        }
        Ok(StatePage { entries, more: stored.more })
    }

    fn own_in(&self, range: &StateRange) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        let end = range.end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        if range.end.as_ref().is_some_and(|end| *end <= range.start) {
            return Vec::new();
        }
        self.written
            .range::<[u8], _>((Bound::Included(range.start.as_slice()), end))
            .map(|(key, written)| (key.clone(), written.now.clone()))
            .collect()
    }

    /// What was read from the store, in order.
    pub(crate) fn reads(&self) -> &[StateRead] {
        &self.reads
    }

    /// What the namespace is to become.
    pub(crate) fn into_changes(self) -> (StateChanges, Vec<StateRead>) {
        let mut changes = StateChanges::default();
        let (mut rows, mut bytes): (i128, i128) = (0, 0);
        let mut keys_changed = false;
        for (key, Written { before, now }) in self.written {
            if before == now {
                continue;
            }
            rows += i128::from(now.is_some()) - i128::from(before.is_some());
            bytes += row_bytes(&key, now.as_deref()) - row_bytes(&key, before.as_deref());
            keys_changed |= before.is_some() != now.is_some();
            if let Namespace::Topic(topic) = self.namespace {
                changes.adjust.extend(hash_changes(topic, &key, before.as_deref(), now.as_deref()));
            }
            changes.writes.push((RowKey::State(self.namespace, key), now.map(Row::State)));
        }
        if keys_changed {
            changes.writes.push((RowKey::StateFence(self.namespace), Some(Row::Fence)));
        }
        if rows != 0 {
            changes.adjust.push(Adjust::Number(NumberKey::StateRows(self.namespace), rows));
        }
        if bytes != 0 {
            changes.adjust.push(Adjust::Number(NumberKey::StateBytes(self.namespace), bytes));
        }
        (changes, self.reads)
    }
}

/// What a row counts for: the bytes of its key and its value.
pub(crate) fn row_bytes(key: &[u8], value: Option<&[u8]>) -> i128 {
    value.map_or(0, |value| (key.len() + value.len()) as i128)
}

fn hash_changes(topic: TopicId, key: &[u8], before: Option<&[u8]>, now: Option<&[u8]>) -> impl Iterator<Item = Adjust> {
    let remove = before.map(|value| HashChange::Remove(crate::element::state_row(key, value)));
    let add = now.map(|value| HashChange::Add(crate::element::state_row(key, value)));
    remove.into_iter().chain(add).map(move |change| Adjust::TopicHash(topic, change))
}
