//! Putting rows back to what they were before the commits that are undone, and taking out the transactions that are gone.

use std::collections::BTreeMap;

use trellis_spv::hash::{Outpoint, Txid};

use super::closure::{Closure, is_effect};
use super::generations::Serving;
use super::gone::Gone;
use crate::domain::plan::{Adjust, HashChange};
use crate::domain::row::{NumberKey, OutboxState, RevertedRow, Row, RowKey, StatusRow, Versioned};
use crate::domain::status::{NetworkWord, Status};
use crate::domain::time::{Sequence, Stamp};
use crate::ports::store::StoreError;
use crate::view::View;

/// Puts every row that the commits wrote back to its version before the first of them, but those of generations that serve
/// nobody. Answers what undoes their adjustments.
pub(super) fn unwind(view: &View<'_>, closure: &Closure, serving: &Serving) -> Result<Vec<Adjust>, StoreError> {
    let mut first_writers: BTreeMap<&RowKey, Sequence> = BTreeMap::new();
    let mut adjust = Vec::new();
    for (sequence, record) in &closure.commits {
        for key in record.wrote.iter().filter(|key| is_effect(key) && !serving.is_idle(key)) {
            first_writers.entry(key).or_insert(*sequence);
        }
        let adjusted = record.adjusted.iter().filter(|adjust| !serving.counts_idle(adjust));
        adjust.extend(adjusted.filter_map(inverse));
    }
    let Some(first) = closure.commits.keys().next() else { return Ok(adjust) };
    let store = view.store();
    let _pin = store.pin_at(Sequence(first.0.saturating_sub(1)))?;
    for (key, first) in first_writers {
        let before = match key {
            // Its version is all there is to it, and who scanned must notice.
            RowKey::StateFence(_) => Some(Row::Fence),
            _ => {
                let before = Sequence(first.0.saturating_sub(1));
                let at = instead!(NewestStateRestored, before => if matches!(key, RowKey::State(..)) { view.sequence() } else { before });
                let row = store.get(key, at)?.map(carried);
                instead!(TokensStayGone, row => row.filter(|row| !matches!(row, Row::Token(_) | Row::Place)))
            }
        };
        instead!(
            RevertEndsReservations,
            view.put(key.clone(), before)? => crate::mutation::put_unreserved(view, key, before)?
        );
    }
    Ok(adjust)
}

/// A row to be written again: its stamps mean what they meant.
fn carried(found: Versioned) -> Row {
    let Versioned { mut row, version } = found;
    let stamp = match &mut row {
        Row::Transaction(row) => Some(&mut row.stored),
        Row::Output(row) => Some(&mut row.admitted),
        Row::Applied(row) => Some(&mut row.first),
        Row::Verdict(row) => Some(&mut row.sequence),
        Row::Status(row) => Some(&mut row.since),
        Row::Outbox(row) => Some(&mut row.queued),
        Row::Unproven(row) => Some(&mut row.stored),
        Row::Token(row) => Some(&mut row.placed),
        Row::Generation(row) => Some(&mut row.built),
        Row::Spend(_)
        | Row::Holders(_)
        | Row::State(_)
        | Row::Fence
        | Row::Number(_)
        | Row::TopicHash(_)
        | Row::Unjudged(_)
        | Row::Reverted(_)
        | Row::Evicted(_)
        | Row::Place
        | Row::Name(_)
        | Row::Reservation(_)
        | Row::Reserved(_) => None,
    };
    if let Some(stamp) = stamp {
        *stamp = stamp.carried(version);
    }
    row
}

/// Whether writing a row would change what is stored.
pub(super) fn is_change(stored: Option<Versioned>, put: Option<&Row>) -> bool {
    stored.map(carried).as_ref() != put
}

/// What undoes an adjustment. What waits in the outbox is a matter of the network's answers, not of verdicts.
fn inverse(adjust: &Adjust) -> Option<Adjust> {
    match adjust {
        Adjust::Number(NumberKey::OutboxPending, _) => None,
        Adjust::Number(number, by) => Some(Adjust::Number(*number, -by)),
        Adjust::TopicHash(topic, HashChange::Add(element)) => {
            Some(Adjust::TopicHash(*topic, HashChange::Remove(*element)))
        }
        Adjust::TopicHash(topic, HashChange::Remove(element)) => {
            Some(Adjust::TopicHash(*topic, HashChange::Add(*element)))
        }
    }
}

/// The spend that a commit replaced: a proven transaction takes the place of one that was evicted with its bytes, and what that
/// one spent stays spent.
fn evicted_spender(view: &View<'_>, outpoint: &Outpoint, replaced: Sequence) -> Result<Option<Row>, StoreError> {
    let before = Sequence(replaced.0.saturating_sub(1));
    let _pin = view.store().pin_at(before)?;
    let found = view.store().get(&RowKey::Spend(*outpoint), before)?;
    let Some(Versioned { row: Row::Spend(spend), .. }) = found else { return Ok(None) };
    let is_withheld = view.evicted(&spend.spender)?.is_some_and(|evicted| evicted.withheld);
    Ok(is_withheld.then_some(Row::Spend(spend)))
}

/// Takes transactions out of the store. Their bytes, topics and off-chain values stay, for a proof to bring them back.
pub(super) fn take_out(
    view: &View<'_>,
    gone: &BTreeMap<Txid, Gone>,
    word: &NetworkWord,
    height: u32,
) -> Result<Vec<Adjust>, StoreError> {
    let mut no_longer_pending: i128 = 0;
    for (txid, Gone { transaction, applied }) in gone {
        let stored = view.transaction(txid)?.map(|held| held.row.stored.resolve(held.version)).unwrap_or_default();
        for input in transaction.inputs() {
            if view.spend(&input.source)?.is_some_and(|spend| spend.row.spender == *txid) {
                view.put(RowKey::Spend(input.source), evicted_spender(view, &input.source, stored)?)?;
            }
        }
        let reverted = RevertedRow {
            size: u32::try_from(transaction.raw().len()).unwrap_or(u32::MAX),
            topics: applied.as_ref().map(|applied| applied.topics.clone()).unwrap_or_default(),
            carried: applied.as_ref().map(|applied| applied.carried.clone()).unwrap_or_default(),
            height,
        };
        let status = StatusRow { status: Status::Rejected, since: Stamp::ThisCommit, word: Some(word.clone()) };
        if let Some(outbox) = view.outbox(txid)? {
            no_longer_pending += i128::from(outbox.row.state == OutboxState::Pending);
            view.put(RowKey::Outbox(*txid), None)?;
        }
        view.put(RowKey::Status(*txid), Some(Row::Status(status)))?;
        view.put(RowKey::Transaction(*txid), None)?;
        view.put(RowKey::Unproven(*txid), None)?;
        view.put(RowKey::Reverted(*txid), Some(Row::Reverted(reverted)))?;
    }
    Ok(match no_longer_pending {
        0 => Vec::new(),
        count => vec![Adjust::Number(NumberKey::OutboxPending, -count)],
    })
}
