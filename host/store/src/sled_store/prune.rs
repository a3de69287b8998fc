//! Lets go of before-images and tombstones that no reader can ask for any more.
//!
//! A before-image that commit u superseded is needed by readers below u only; a tombstone that u wrote stands for nothing
//! else than an absent row to readers at u and later. Once the oldest readable sequence is u or more, both can go. Which
//! they are stands in u's log record, so nothing is searched.
//!
//! `oldest` moves first, then the rows go one by one, then `pruned` follows. No transaction is needed, and none of sled's
//! exclusive lock: sled recovers its log in order, so after a crash `oldest` is at least as far as the removals, and removals
//! that are repeated do no harm.

use trellis_engine::domain::time::Sequence;

use super::chunks;
use super::fault::Fault;
use super::logs;
use super::trees::{Trees, history_key, meta, number, overflow_key};
use crate::limits::{PRUNE_LAG, PRUNE_LAG_SHARE, PRUNE_ROWS, PRUNE_SEQUENCES};
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

    /// One bounded step. Answers whether there is more to do at once.
    pub(super) fn step(&mut self, trees: &Trees, pins: &Pins, durable: Sequence) -> Result<bool, Fault> {
        let wanted = Sequence(durable.0.saturating_sub(self.horizon));
        let lag = PRUNE_LAG.min(self.horizon / PRUNE_LAG_SHARE);
        if self.rows_done == 0 && wanted.0 <= self.pruned.0.saturating_add(lag) {
            return Ok(false);
        }
        // A sequence is given up a step at a time: what need not go yet stays readable.
        let reach = Sequence(self.pruned.0.saturating_add(PRUNE_SEQUENCES));
        let target = pins.raise_oldest(wanted.min(reach));
        if self.pruned >= target {
            return Ok(false);
        }
        if self.oldest != target {
            trees.meta.insert(meta::OLDEST, number(target.0))?;
            self.oldest = target;
        }
        let before = self.pruned;
        let mut room = PRUNE_ROWS;
        while self.pruned < target && room > 0 {
            room = self.forget_commit(trees, self.pruned.next(), room)?;
        }
        if self.pruned != before {
            trees.meta.insert(meta::PRUNED, number(self.pruned.0))?;
        }
        Ok(self.pruned < wanted && (room == 0 || target == reach))
    }

    /// What one commit made superfluous, as far as there is room; answers the room left.
    fn forget_commit(&mut self, trees: &Trees, sequence: Sequence, room: usize) -> Result<usize, Fault> {
        let log =
            logs::read(trees, sequence)?.ok_or_else(|| Fault::Damaged(format!("log record {sequence} is missing")))?;
        let mut done = 0;
        for written in log.rows().skip(self.rows_done) {
            if done == room {
                self.rows_done += done;
                return Ok(0);
            }
            forget(trees, sequence, written)?;
            done += 1;
        }
        (self.pruned, self.rows_done) = (sequence, 0);
        Ok(room - done)
    }
}

/// What commit `sequence` made superfluous of one row.
fn forget(trees: &Trees, sequence: Sequence, written: &WrittenRow) -> Result<(), Fault> {
    let row_key = &written.key;
    if let Some(previous) = written.previous {
        let key = history_key(row_key, previous.version);
        if previous.overflow
            && let Some(value) = trees.history.get(&key)?
        {
            // The chunks go before the value that says how many there are: what a crash leaves is found again.
            let stored = Stored::parse(&value).map_err(|error| Fault::damaged("a before-image", &error))?;
            for chunk in 0..stored.overflow_length().map_or(0, chunks::count) {
                trees.overflow.remove(overflow_key(row_key, previous.version, chunk))?;
            }
        }
        trees.history.remove(key)?;
    }
    if !written.live
        && let Some(value) = trees.rows.get(row_key)?
    {
        let stored = Stored::parse(&value).map_err(|error| Fault::damaged("a row", &error))?;
        if stored.form == Form::Tombstone && stored.version == sequence {
            trees.rows.remove(row_key)?;
        }
    }
    Ok(())
}
