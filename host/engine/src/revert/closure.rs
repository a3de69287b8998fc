//! Which commits have to be undone: those that brought in what is gone, whatever read or wrote what they wrote, and whatever
//! wrote what they had read: who is judged again at its old place must not see what came later.
//!
//! Every commit's log record names the rows it read and wrote, so dependence is looked up, not guessed. A revert among the
//! commits brings back in what it undid itself: its own rows stand upon those.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use trellis_spv::hash::Txid;

use super::gone::Gone;
use crate::domain::event::Event;
use crate::domain::name::TopicId;
use crate::domain::plan::{Cause, LogRecord};
use crate::domain::row::{Namespace, RowKey};
use crate::domain::time::Sequence;
use crate::ports::store::{Store, StoreError};

/// Log records read at a time.
const PAGE: usize = 256;

/// The commits to undo, and how to recognise another one.
pub(super) struct Closure {
    /// Ascending.
    pub(super) commits: BTreeMap<Sequence, LogRecord>,
    /// What the undone commits wrote.
    touched: HashSet<RowKey>,
    /// What those of them read that are judged again.
    read: HashSet<RowKey>,
}

impl Closure {
    /// Everything up to `last` that depends on `gone`, the first of which was stored by the commit `first`, or on the rows in
    /// `changed`.
    pub(super) fn find(
        store: &dyn Store,
        gone: &BTreeMap<Txid, Gone>,
        first: Sequence,
        last: Sequence,
        changed: &HashSet<RowKey>,
    ) -> Result<Self, StoreError> {
        let mut first = first;
        let mut also = BTreeSet::new();
        loop {
            match Self::walk(store, gone, first, last, &mut also, changed)? {
                Some(closure) => return Ok(closure),
                // A revert was found that undid earlier commits: they are part of it from the start.
                None => first = also.first().map_or(first, |earliest| first.min(*earliest)),
            }
        }
    }

    /// Adds rows that judging again changes, and answers whether commits up to `last` that are not undone rest on them: plugins
    /// of today may write rows that those of the time did not, or answer where they broke, and who came later must see it.
    pub(super) fn is_too_small_for(
        &mut self,
        changed: HashSet<RowKey>,
        store: &dyn Store,
        last: Sequence,
    ) -> Result<bool, StoreError> {
        self.touched.extend(changed);
        let Some(first) = self.commits.keys().next() else { return Ok(false) };
        let mut after = Sequence(first.0.saturating_sub(1));
        while after < last {
            let records = store.log(after, PAGE)?;
            let Some(newest) = records.last().map(|record| record.sequence) else { break };
            after = newest;
            let mut beside =
                records.iter().filter(|record| record.sequence <= last && !self.commits.contains_key(&record.sequence));
            if beside.any(|record| self.depends(record)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Those of some rows that no undone commit wrote.
    pub(super) fn untouched(&self, rows: impl Iterator<Item = RowKey>) -> HashSet<RowKey> {
        rows.filter(|key| is_effect(key) && !self.touched.contains(key)).collect()
    }

    /// One walk up the log. `None` where it learnt of earlier commits, which are in `also` now.
    fn walk(
        store: &dyn Store,
        gone: &BTreeMap<Txid, Gone>,
        first: Sequence,
        last: Sequence,
        also: &mut BTreeSet<Sequence>,
        changed: &HashSet<RowKey>,
    ) -> Result<Option<Self>, StoreError> {
        let mut touched = changed.clone();
        for (txid, Gone { transaction, .. }) in gone {
            touched.extend([RowKey::Transaction(*txid), RowKey::Applied(*txid)]);
            // An output may have entered a topic as spent by it.
            touched.extend(transaction.inputs().iter().map(|input| RowKey::Spend(input.source)));
        }
        let mut closure = Self { commits: BTreeMap::new(), touched, read: HashSet::new() };
        let mut after = Sequence(first.0.saturating_sub(1));
        while after < last {
            let records = store.log(after, PAGE)?;
            let Some(newest) = records.last().map(|record| record.sequence) else { break };
            after = newest;
            for record in records.into_iter().take_while(|record| record.sequence <= last) {
                if !also.contains(&record.sequence) && !closure.depends(&record) {
                    continue;
                }
                if let Some(Event::Reverted { undone, .. }) = &record.event {
                    let known = also.len();
                    also.extend(undone.iter().filter(|undone| !closure.commits.contains_key(undone)));
                    if also.len() > known {
                        return Ok(None);
                    }
                }
                let submissions = record.submissions();
                if submissions.is_empty() || !submissions.iter().all(|txid| gone.contains_key(txid)) {
                    // That another generation began to serve undoes nothing of what came before.
                    let read = record.read.iter().filter(|key| !matches!(key, RowKey::Generation(_)));
                    closure.read.extend(read.cloned());
                }
                closure.touched.extend(record.wrote.iter().filter(|key| is_effect(key)).cloned());
                closure.commits.insert(record.sequence, record);
            }
        }
        Ok(Some(closure))
    }

    /// Whether a commit rests on what is undone.
    fn depends(&self, record: &LogRecord) -> bool {
        matches!(record.cause, Cause::Submission(_) | Cause::Revert(_) | Cause::Eviction(_))
            && (record.read.iter().any(|key| self.touched.contains(key))
                || record.wrote.iter().any(|key| self.read.contains(key))
                || record.wrote.iter().any(|key| !is_fence(key) && self.touched.contains(key)))
    }

    /// The commits that were atomic batches.
    pub(super) fn batches(&self) -> Vec<Sequence> {
        let is_batch = |record: &LogRecord| matches!(&record.event, Some(Event::Applied(applied)) if applied.len() > 1);
        self.commits.values().filter(|record| is_batch(record)).map(|record| record.sequence).collect()
    }

    /// The topics whose rows the commits wrote.
    pub(super) fn topics(&self) -> impl Iterator<Item = TopicId> + '_ {
        self.commits.values().flat_map(topics_of)
    }

    /// Those whose rows the commits up to `last` wrote.
    pub(super) fn topics_up_to(&self, last: Sequence) -> impl Iterator<Item = TopicId> + '_ {
        self.commits.range(..=last).flat_map(|(_, record)| topics_of(record))
    }

    /// Whether a commit after `after` rests on what is undone.
    pub(super) fn is_overtaken(&self, store: &dyn Store, after: Sequence) -> Result<bool, StoreError> {
        let mut after = after;
        loop {
            let records = store.log(after, PAGE)?;
            let Some(newest) = records.last().map(|record| record.sequence) else { return Ok(false) };
            after = newest;
            if records.iter().any(|record| self.depends(record)) {
                return Ok(true);
            }
        }
    }
}

/// The topics whose rows a commit wrote.
pub(crate) fn topics_of(record: &LogRecord) -> impl Iterator<Item = TopicId> + '_ {
    record.wrote.iter().filter_map(|key| match key {
        RowKey::Output(topic, _) | RowKey::Verdict(_, topic) | RowKey::State(Namespace::Topic(topic), _) => {
            Some(*topic)
        }
        _ => None,
    })
}

/// Every commit that adds a state row writes its namespace's fence; only who scanned depends on it.
const fn is_fence(key: &RowKey) -> bool {
    matches!(key, RowKey::StateFence(_))
}

/// Whether a row is an effect of verdicts. What stands in the other rows are facts: transactions, their spends, and what the
/// network says of them.
pub(super) const fn is_effect(key: &RowKey) -> bool {
    match key {
        RowKey::Output(..)
        | RowKey::Holders(_)
        | RowKey::Applied(_)
        | RowKey::Verdict(..)
        | RowKey::State(..)
        | RowKey::StateFence(_)
        | RowKey::Unjudged(..)
        | RowKey::Token(..)
        | RowKey::Place(..) => true,
        RowKey::Transaction(_)
        | RowKey::Spend(_)
        | RowKey::Number(_)
        | RowKey::TopicHash(_)
        | RowKey::Outbox(_)
        | RowKey::Status(_)
        | RowKey::Unproven(_)
        | RowKey::Reverted(_)
        | RowKey::Evicted(_)
        | RowKey::Name(_)
        | RowKey::Reservation(_)
        | RowKey::Reserved(..)
        | RowKey::Generation(_) => false,
    }
}
