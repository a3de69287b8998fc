//! Lets go of before-images and tombstones that no reader can ask for any more.
//!
//! A before-image that commit u superseded is needed by readers below u only; a tombstone that u wrote stands for nothing
//! else than an absent row to readers at u and later. Once the oldest readable sequence is u or more, both can go. Which
//! they are stands in u's log record, so nothing is searched.
//!
//! `oldest` moves before anything is removed, `pruned` when a commit's rows are all gone; the two are one transaction
//! unless the commit was too large for one step. A crash in between repeats removals, which is harmless.

use trellis_engine::domain::time::Sequence;

use super::batch::{Batch, Fence};
use super::chunks;
use super::fault::Fault;
use super::logs;
use super::trees::{Trees, history_key, meta, number, overflow_key};
use crate::limits::{PRUNE_ROWS, PRUNE_SEQUENCES};
use crate::pins::Pins;
use crate::record::log::WrittenRow;
use crate::record::stored::{Form, Stored};

/// Where pruning stands. Owned by the writer.
#[derive(Debug)]
pub(super) struct Pruning {
    horizon: u64,
    /// The oldest readable sequence as it stands on disk.
    oldest: Sequence,
    /// Commits up to this one are done.
    pruned: Sequence,
    /// Rows done of the commit after `pruned`.
    rows_done: usize,
}

impl Pruning {
    pub(super) fn load(trees: &Trees, horizon: u64) -> Result<Self, Fault> {
        let at = |key| trees.meta_number(key).map(|value| Sequence(value.unwrap_or(0)));
        Ok(Self { horizon, oldest: at(meta::OLDEST)?, pruned: at(meta::PRUNED)?, rows_done: 0 })
    }

    pub(super) const fn oldest(&self) -> Sequence {
        self.oldest
    }

    /// One bounded step. Answers whether there is more to do at once. `last` is the last commit.
    pub(super) fn step(
        &mut self,
        trees: &Trees,
        pins: &Pins,
        last: Sequence,
        durable: Sequence,
    ) -> Result<bool, Fault> {
        let wanted = Sequence(durable.0.saturating_sub(self.horizon));
        let reach = Sequence(self.pruned.0.saturating_add(PRUNE_SEQUENCES));
        // A sequence is given up a step at a time: what need not go yet stays readable.
        let target = pins.raise_oldest(wanted.min(reach));
        if self.pruned >= target {
            return Ok(false);
        }
        let mut batch = Batch::default();
        let (before, rows_before) = (self.pruned, self.rows_done);
        while self.pruned < target && batch.len() < PRUNE_ROWS {
            let sequence = self.pruned.next();
            let log = logs::read(trees, sequence)?
                .ok_or_else(|| Fault::Damaged(format!("log record {sequence} is missing")))?;
            let mut finished = true;
            for (index, written) in log.rows().enumerate().skip(self.rows_done) {
                if batch.len() >= PRUNE_ROWS {
                    (self.rows_done, finished) = (index, false);
                    break;
                }
                forget(trees, &mut batch, sequence, written)?;
            }
            if finished {
                (self.pruned, self.rows_done) = (sequence, 0);
            }
        }
        if self.oldest != target {
            Batch::put(&mut batch.meta, meta::OLDEST, number(target.0));
        }
        if self.pruned != before {
            Batch::put(&mut batch.meta, meta::PRUNED, number(self.pruned.0));
        }
        batch.apply(trees, Fence(last)).inspect_err(|_| (self.pruned, self.rows_done) = (before, rows_before))?;
        self.oldest = target;
        Ok(self.pruned < wanted && self.pruned < target || reach < wanted && target == reach)
    }
}

/// What commit `sequence` made superfluous of one row.
fn forget(trees: &Trees, batch: &mut Batch, sequence: Sequence, written: &WrittenRow) -> Result<(), Fault> {
    let row_key = &written.key;
    if let Some(previous) = written.previous {
        let key = history_key(row_key, previous.version);
        if previous.overflow
            && let Some(value) = trees.history.get(&key)?
        {
            let stored = Stored::parse(&value).map_err(|error| Fault::damaged("a before-image", &error))?;
            for chunk in 0..stored.overflow_length().map_or(0, chunks::count) {
                Batch::remove(&mut batch.overflow, overflow_key(row_key, previous.version, chunk));
            }
        }
        Batch::remove(&mut batch.history, key);
    }
    if !written.live
        && let Some(value) = trees.rows.get(row_key)?
    {
        let stored = Stored::parse(&value).map_err(|error| Fault::damaged("a row", &error))?;
        if stored.form == Form::Tombstone && stored.version == sequence {
            Batch::remove(&mut batch.rows, row_key.as_slice());
        }
    }
    Ok(())
}
