//! What is to be told again of what is stored, in the order it happened.
//!
//! Rows say when that was: [`OutputRow::admitted_at`], `stored_at` of a transaction for its spends, `judged_at` of a verdict.
//! Outputs that were evicted are not here any more, and what an evicted transaction spent has nothing to be shown as its spender:
//! neither is told, but for what its topic retains, which a service is told as admitted and not as spent, rather than lose it. To a
//! manager it is no token.

use std::collections::BTreeSet;

use trellis_spv::hash::{Outpoint, Txid};

use crate::domain::name::TopicId;
use crate::domain::plan::{Cause, LogRecord};
use crate::domain::row::{OutputRow, OutputState, RowKey};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::view::View;

/// What a transaction did at a time: it was stored, or a topic judged it. In the order in which they are told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Occurrence {
    /// When.
    pub(crate) at: Timestamp,
    /// Whether topics judged it then; what came along as its ancestor is told before.
    pub(super) judged: bool,
    /// What.
    pub(crate) txid: Txid,
}

impl Occurrence {
    fn of(source: &View<'_>, txid: Txid, at: Timestamp, stored_at: Timestamp) -> Result<Self, StoreError> {
        let judged = at != stored_at || source.applied(&txid)?.is_some_and(|applied| applied.row.admitted_at == at);
        Ok(Self { at, judged, txid })
    }
}

/// Everything that is to be told because of an output that a topic holds.
pub(crate) fn occurrences(
    source: &View<'_>,
    topic: TopicId,
    outpoint: &Outpoint,
    row: &OutputRow,
) -> Result<Vec<Occurrence>, StoreError> {
    let mut found = vec![Occurrence { at: row.admitted_at, judged: true, txid: outpoint.txid }];
    if let OutputState::Spent { by: txid, .. } = row.state {
        let Some(spender) = source.transaction(&txid)? else {
            return Ok(if is_kept(row) { found } else { Vec::new() });
        };
        let judged_at = source.verdict(&txid, topic)?.map(|verdict| verdict.row.judged_at);
        let stored_at = spender.row.stored_at;
        for at in [Some(stored_at), judged_at].into_iter().flatten().filter(|at| *at > row.admitted_at) {
            found.push(Occurrence::of(source, txid, at, stored_at)?);
        }
    }
    Ok(found)
}

/// Whether an output belongs to its topic's history although it is spent.
pub(super) const fn is_kept(row: &OutputRow) -> bool {
    matches!(row.state, OutputState::Spent { retained: true, .. })
}

/// What is to be told because of a commit, in order, as the rows say at a later sequence.
pub(crate) fn occurrences_of_commit(source: &View<'_>, record: &LogRecord) -> Result<Vec<Occurrence>, StoreError> {
    let mut found = BTreeSet::new();
    if !matches!(record.cause, Cause::Submission(_)) {
        return Ok(Vec::new());
    }
    for key in &record.wrote {
        match key {
            RowKey::Transaction(txid) => {
                let Some(stored_at) = source.transaction(txid)?.map(|held| held.row.stored_at) else { continue };
                found.insert(Occurrence::of(source, *txid, stored_at, stored_at)?);
            }
            RowKey::Verdict(txid, topic) => {
                let verdict = source.verdict(txid, *topic)?;
                found.extend(verdict.map(|found| Occurrence { at: found.row.judged_at, judged: true, txid: *txid }));
            }
            _ => {}
        }
    }
    Ok(found.into_iter().collect())
}
