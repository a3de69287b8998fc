//! A plugin's state during one call or one submission: its own writes over the pinned sequence.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::domain::name::TopicId;
use crate::domain::plan::{Adjust, HashChange};
use crate::domain::row::{Namespace, NumberKey, Row, RowKey, StateRead, Versioned};
use crate::merge::merge;
use crate::ports::plugins::{StatePage, StateRange};
use crate::ports::store::{Scan, StoreError};
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
    written: BTreeMap<Vec<u8>, Written>,
    reads: Vec<StateRead>,
}

/// What a namespace is to become, ready for a plan.
#[derive(Debug, Default)]
pub(crate) struct StateChanges {
    pub(crate) writes: Vec<(RowKey, Option<Row>)>,
    pub(crate) adjust: Vec<Adjust>,
}

impl<'v> State<'v> {
    pub(crate) fn new(view: &'v View<'v>, namespace: Namespace) -> Self {
        Self { view, namespace, written: BTreeMap::new(), reads: Vec::new() }
    }

    fn stored(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let key = RowKey::State(self.namespace, key.to_vec());
        match self.view.get(&key)? {
            None => Ok(None),
            Some(Versioned { row: Row::State(value), .. }) => Ok(Some(value)),
            Some(_) => Err(wrong_kind(&key)),
        }
    }

    pub(crate) fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(written) = self.written.get(key) {
            return Ok(written.now.clone());
        }
        let value = self.stored(key)?;
        self.reads.push(StateRead { key: key.to_vec(), value: value.clone() });
        Ok(value)
    }

    pub(crate) fn set(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), StoreError> {
        let now = value.map(<[u8]>::to_vec);
        if let Some(written) = self.written.get_mut(key) {
            written.now = now;
            return Ok(());
        }
        // The old value is needed for the counts and the topic hash, so a blind write is a read as well.
        let before = self.stored(key)?;
        self.written.insert(key.to_vec(), Written { before, now });
        Ok(())
    }

    /// A page that merges stored rows with this submission's writes. Whoever scans relies on there being no other row in
    /// the range: the namespace's fence stands for that.
    pub(crate) fn scan(&mut self, range: &StateRange) -> Result<StatePage, StoreError> {
        self.view.get(&RowKey::StateFence(self.namespace))?;
        if range.end.as_ref().is_some_and(|end| *end <= range.start) {
            return Ok(StatePage::default());
        }
        let own = self.own_in(range);
        // Every row this submission removed could take a place of the page, so ask for that many more.
        let stored = self.view.scan(&Scan::State {
            namespace: self.namespace,
            start: range.start.clone(),
            end: range.end.clone(),
            reverse: range.reverse,
            limit: range.limit.saturating_add(own.len()).saturating_add(1),
        })?;
        let mut rows = Vec::with_capacity(stored.rows.len());
        for (key, versioned) in stored.rows {
            let RowKey::State(_, state_key) = &key else { return Err(wrong_kind(&key)) };
            let Row::State(value) = versioned.row else { return Err(wrong_kind(&key)) };
            let state_key = state_key.clone();
            self.view.expect(key, Some(versioned.version));
            self.reads.push(StateRead { key: state_key.clone(), value: Some(value.clone()) });
            rows.push((state_key, value));
        }
        let (entries, more) = merge(rows, stored.more, own.into_iter(), range.reverse, range.limit);
        Ok(StatePage { entries, more })
    }

    fn own_in(&self, range: &StateRange) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        let end = range.end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
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
        let mut rows: i128 = 0;
        let mut keys_changed = false;
        for (key, Written { before, now }) in self.written {
            if before == now {
                continue;
            }
            rows += i128::from(now.is_some()) - i128::from(before.is_some());
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
        (changes, self.reads)
    }
}

fn hash_changes(topic: TopicId, key: &[u8], before: Option<&[u8]>, now: Option<&[u8]>) -> impl Iterator<Item = Adjust> {
    let remove = before.map(|value| HashChange::Remove(crate::element::state_row(key, value)));
    let add = now.map(|value| HashChange::Add(crate::element::state_row(key, value)));
    remove.into_iter().chain(add).map(move |change| Adjust::TopicHash(topic, change))
}
