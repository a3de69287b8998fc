//! Judging again what did not descend from what is gone, in the order it was judged first.

use std::collections::{BTreeMap, BTreeSet};

use trellis_spv::hash::Txid;

use super::RevertError;
use super::closure::Closure;
use super::gone::Gone;
use crate::domain::name::TopicId;
use crate::domain::plan::{Adjust, Cause, LogRecord};
use crate::domain::row::{AppliedRow, EvictedRow, Namespace, Row, RowKey, Versioned};
use crate::domain::time::{Sequence, Timestamp};
use crate::engine::Engine;
use crate::ports::store::StoreError;
use crate::stored::StoredAt;
use crate::submit::Again;
use crate::view::{View, wrong_kind};

/// What stays of an undone commit.
pub(super) enum Stays {
    /// A transaction it had brought in or judged.
    Submission(Submitted),
    /// What an operator had evicted of a transaction: it is evicted again.
    Eviction(Txid, EvictedRow),
}

/// A transaction that stays.
pub(super) struct Submitted {
    /// The transaction.
    txid: Txid,
    /// The commit.
    sequence: Sequence,
    /// The topics that judged it in that commit; none for an ancestor.
    topics: Vec<TopicId>,
    /// Topics that broke on it in that commit, or gave an answer after all, with what stood there then. They are not asked here,
    /// but where their turn comes: what others were told meanwhile would be another thing.
    unjudged: Vec<(RowKey, Option<Row>)>,
    /// Whether that commit was the one that stored it.
    stored: bool,
    /// Its record as that commit left it: what came later came later.
    applied: Option<AppliedRow>,
    /// The time that went with that commit.
    at: Timestamp,
}

/// What stays of the undone commits, in their order, each behind the ancestors that came along with it. Reads rows as they are before anything is unwound.
pub(super) fn stays(view: &View<'_>, closure: &Closure, gone: &BTreeMap<Txid, Gone>) -> Result<Vec<Stays>, StoreError> {
    let mut all = Vec::new();
    let Some(first) = closure.commits.keys().next() else { return Ok(all) };
    let _pin = view.store().pin_at(Sequence(first.0.saturating_sub(1)))?;
    for record in closure.commits.values() {
        match record.cause {
            Cause::Submission(_) => {}
            Cause::Eviction(_) => {
                all.extend(evictions(view, record)?);
                continue;
            }
            _ => continue,
        }
        let subjects = record.submissions();
        let ancestors = record.wrote.iter().filter_map(|key| match key {
            RowKey::Transaction(txid) if !subjects.contains(txid) => Some(*txid),
            _ => None,
        });
        let mut brought = Vec::new();
        for txid in ancestors {
            brought.extend(staying(view, record, txid, gone)?);
        }
        for txid in &subjects {
            let Some(subject) = staying(view, record, *txid, gone)? else { continue };
            // Of a batch each member has a time, which what came along with it has as well: that may spend members before it.
            let (before, later): (Vec<_>, Vec<_>) = brought.into_iter().partition(|ancestor| ancestor.at <= subject.at);
            all.extend(before.into_iter().chain([subject]).map(Stays::Submission));
            brought = later;
        }
        all.extend(brought.into_iter().map(Stays::Submission));
    }
    Ok(all)
}

/// A transaction of a commit, unless it is gone, or was taken back after that commit and brought back by a later one.
fn staying(
    view: &View<'_>,
    record: &LogRecord,
    txid: Txid,
    gone: &BTreeMap<Txid, Gone>,
) -> Result<Option<Submitted>, StoreError> {
    let held = view.transaction(&txid)?.filter(|_| !gone.contains_key(&txid));
    match held.filter(|held| held.row.stored.resolve(held.version) <= record.sequence) {
        Some(held) => submitted(view, record, txid, held.row.stored_at).map(Some),
        None => Ok(None),
    }
}

/// What a commit did with a transaction, which was stored at a time.
fn submitted(view: &View<'_>, record: &LogRecord, txid: Txid, stored_at: Timestamp) -> Result<Submitted, StoreError> {
    let judged = record.wrote.iter().filter_map(|key| match key {
        RowKey::Verdict(of, topic) if *of == txid => Some(*topic),
        _ => None,
    });
    let mut topics: Vec<TopicId> = judged.collect();
    topics.sort_unstable();
    topics.dedup();
    let mut unjudged = Vec::new();
    for key in &record.wrote {
        let RowKey::Unjudged(Namespace::Topic(topic), of) = key else { continue };
        if *of == txid && !topics.contains(topic) {
            let row = view.store().get(key, record.sequence)?.map(|found| found.row);
            unjudged.push((key.clone(), row));
        }
    }
    let key = RowKey::Applied(txid);
    let applied = match view.store().get(&key, record.sequence)?.map(|found| found.row) {
        None => None,
        Some(Row::Applied(applied)) => Some(applied),
        Some(_) => return Err(wrong_kind(&key)),
    };
    let stored = record.wrote.contains(&RowKey::Transaction(txid));
    // Members of an atomic batch have times of their own, and what a topic said later has that one's time.
    let mut at = if stored { stored_at } else { record.at };
    if let Some(topic) = topics.first() {
        let verdict = view.store().get(&RowKey::Verdict(txid, *topic), record.sequence)?;
        if let Some(Versioned { row: Row::Verdict(verdict), .. }) = verdict {
            at = verdict.judged_at;
        }
    }
    Ok(Submitted { txid, sequence: record.sequence, topics, unjudged, stored, applied, at })
}

fn evictions(view: &View<'_>, record: &LogRecord) -> Result<Vec<Stays>, StoreError> {
    let mut evictions = Vec::new();
    for key in &record.wrote {
        let RowKey::Evicted(txid) = key else { continue };
        evictions.extend(view.evicted(txid)?.map(|evicted| Stays::Eviction(*txid, evicted)));
    }
    Ok(evictions)
}

fn submissions(stays: &[Stays]) -> impl Iterator<Item = &Submitted> {
    stays.iter().filter_map(|stays| match stays {
        Stays::Submission(submitted) => Some(submitted),
        Stays::Eviction(..) => None,
    })
}

/// Takes the spends of what stays out of sight until its turn comes: who is judged before must not meet them.
pub(super) fn hide_spends(view: &View<'_>, stays: &[Stays]) -> Result<(), StoreError> {
    let held = StoredAt::new(view);
    for Submitted { txid, .. } in submissions(stays).filter(|stays| stays.stored) {
        let Some(found) = held.find(txid)? else { continue };
        for input in found.transaction.inputs() {
            if view.spend(&input.source)?.is_some_and(|spend| spend.row.spender == *txid) {
                view.put(RowKey::Spend(input.source), None)?;
            }
        }
    }
    Ok(())
}

impl Engine {
    /// Judges over `view`, which shows the effects afterwards. Answers the adjustments.
    pub(super) fn judge_all_again<'s>(
        &self,
        view: &View<'_>,
        stays: impl Iterator<Item = &'s Stays>,
    ) -> Result<Vec<Adjust>, RevertError> {
        let mut adjust = Vec::new();
        let mut waited = BTreeSet::new();
        for stays in stays {
            let Submitted { txid, sequence, topics, unjudged, stored, applied, at } = match stays {
                Stays::Submission(submitted) => submitted,
                Stays::Eviction(txid, evicted) => {
                    adjust.extend(self.put_evicted(view, txid, evicted)?);
                    continue;
                }
            };
            let again = Again {
                txid: *txid,
                sequence: *sequence,
                topics,
                spends_hidden: *stored,
                carried: applied.as_ref().map(|applied| &applied.carried),
                admitted_at: *at,
            };
            let waiting = |topic: &TopicId| RowKey::Unjudged(Namespace::Topic(*topic), *txid);
            let before = topics.iter().map(|topic| view.peek(&waiting(topic))).collect::<Result<Vec<_>, _>>()?;
            adjust.extend(self.submit_again(view, &again)?);
            for (topic, before) in topics.iter().zip(before) {
                // Who breaks now waits from now on, whatever was answered at the time.
                if view.peek(&waiting(topic))? != before {
                    waited.remove(&waiting(topic));
                }
            }
            put_unjudged(view, unjudged, &mut waited)?;
            put_record_of_waiting(view, txid, *sequence, unjudged, applied.as_ref())?;
        }
        Ok(adjust)
    }
}

/// Puts back who was yet to judge, and who gave an answer after all; `waited` are those that were put back.
fn put_unjudged(
    view: &View<'_>,
    unjudged: &[(RowKey, Option<Row>)],
    waited: &mut BTreeSet<RowKey>,
) -> Result<(), StoreError> {
    for (key, row) in unjudged {
        if row.is_some() {
            waited.insert(key.clone());
        } else if !waited.remove(key) {
            continue;
        }
        view.put(key.clone(), row.clone())?;
    }
    Ok(())
}

/// Puts back the record that keeps what came along until who waits has judged.
fn put_record_of_waiting(
    view: &View<'_>,
    txid: &Txid,
    sequence: Sequence,
    unjudged: &[(RowKey, Option<Row>)],
    applied: Option<&AppliedRow>,
) -> Result<(), StoreError> {
    let Some(applied) = applied.filter(|_| unjudged.iter().any(|(_, row)| row.is_some())) else { return Ok(()) };
    let row = match view.applied(txid)? {
        None => AppliedRow { first: applied.first.carried(sequence), topics: Vec::new(), ..applied.clone() },
        Some(found) => {
            let first = found.row.first.carried(found.version);
            let joined = found.row.carried.clone().joined(&applied.carried);
            if joined == found.row.carried {
                return Ok(());
            }
            AppliedRow { first, carried: joined, ..found.row }
        }
    };
    view.put(RowKey::Applied(*txid), Some(Row::Applied(row)))
}

/// The submissions among what stays.
pub(super) fn judged(stays: &[Stays]) -> Vec<Txid> {
    let mut judged = Vec::new();
    for stays in submissions(stays).filter(|stays| !stays.topics.is_empty()) {
        if !judged.contains(&stays.txid) {
            judged.push(stays.txid);
        }
    }
    judged
}
