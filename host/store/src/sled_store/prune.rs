//! Lets go of before-images and tombstones that no reader can ask for any more.
//!
//! A before-image that commit u superseded is needed by readers below u only; a tombstone that u wrote stands for nothing
//! else than an absent row to readers at u and later. Once the oldest readable sequence is u or more, both can go. Which
//! they are stands in u's log record, so nothing is searched.
//!
//! A batch of commits goes in two steps with a sync between them: first `oldest` is written, and only when a later group's
//! sync has made it durable do the rows go. `pruned` follows when the removals are durable in turn. Neither step is a
//! transaction, and none takes sled's exclusive lock; nothing is asked of the order in which sled's log comes back after a
//! crash. Writing both in one go was tried: one `kill -9` in some twenty lost the new `oldest` and kept the removals.

use trellis_engine::domain::time::Sequence;

use super::fault::Fault;
use super::logs;
use super::trees::{Trees, history_key, meta, number};
use crate::limits::{PRUNE_LAG, PRUNE_LAG_SHARE, PRUNE_ROWS, PRUNE_SEQUENCES};
use crate::pins::Pins;
use crate::record::log::WrittenRow;
use crate::record::stored::{Form, Stored};

/// Where pruning stands. Owned by the writer.
#[derive(Debug)]
pub(super) struct Pruning {
    horizon: u64,
    /// The oldest readable sequence as last written.
    oldest: Sequence,
    /// Commits up to this one are done.
    pruned: Sequence,
    /// Rows done of the commit after `pruned`.
    rows_done: usize,
    stage: Stage,
}

/// Where the batch from `pruned` to `oldest` is.
#[derive(Debug, Clone, Copy)]
enum Stage {
    /// There is none.
    Idle,
    /// Its `oldest` was written after this commit: once a later one is durable, so is `oldest`.
    Announced(Sequence),
    /// Its `oldest` is durable; rows go.
    Removing,
}

impl Pruning {
    /// As the database was found. Opening it has synced it, so a batch it was busy with may go on.
    pub(super) fn load(trees: &Trees, horizon: u64) -> Result<Self, Fault> {
        let at = |key| trees.meta_number(key).map(|value| Sequence(value.unwrap_or(0)));
        let (oldest, pruned) = (at(meta::OLDEST)?, at(meta::PRUNED)?);
        let stage = if pruned < oldest { Stage::Removing } else { Stage::Idle };
        Ok(Self { horizon, oldest, pruned, rows_done: 0, stage })
    }

    pub(super) const fn oldest(&self) -> Sequence {
        self.oldest
    }

    /// One bounded step, after the commits up to `last` were flushed and with those up to `durable` synced. Answers whether
    /// there is more to do at once.
    pub(super) fn step(
        &mut self,
        trees: &Trees,
        pins: &Pins,
        last: Sequence,
        durable: Sequence,
    ) -> Result<bool, Fault> {
        match self.stage {
            Stage::Idle => {
                self.announce(trees, pins, last, durable)?;
                Ok(false)
            }
            Stage::Announced(before) if durable <= before => Ok(false),
            Stage::Announced(_) => {
                // The sync that made this batch's `oldest` durable did the same for the removals of the batch before.
                trees.meta.insert(meta::PRUNED, number(self.pruned.0))?;
                self.stage = Stage::Removing;
                self.remove(trees)
            }
            Stage::Removing => self.remove(trees),
        }
    }

    /// Gives up the next batch of sequences, if enough have piled up and no reader holds them.
    fn announce(&mut self, trees: &Trees, pins: &Pins, last: Sequence, durable: Sequence) -> Result<(), Fault> {
        let wanted = Sequence(durable.0.saturating_sub(self.horizon));
        let lag = PRUNE_LAG.min(self.horizon / PRUNE_LAG_SHARE);
        if wanted.0 <= self.pruned.0.saturating_add(lag) {
            return Ok(());
        }
        // A batch at a time: what need not go yet stays readable.
        let reach = Sequence(self.pruned.0.saturating_add(PRUNE_SEQUENCES));
        let target = pins.raise_oldest(wanted.min(reach));
        if target > self.pruned {
            trees.meta.insert(meta::OLDEST, number(target.0))?;
            (self.oldest, self.stage) = (target, Stage::Announced(last));
        }
        Ok(())
    }

    /// Removes as many rows as one step may.
    fn remove(&mut self, trees: &Trees) -> Result<bool, Fault> {
        let mut room = PRUNE_ROWS;
        while self.pruned < self.oldest && room > 0 {
            room = self.forget_commit(trees, self.pruned.next(), room)?;
        }
        if self.pruned == self.oldest {
            self.stage = Stage::Idle;
        }
        Ok(true)
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
        if previous.overflow {
            // However many there are: after a crash they may have outlived the value that says how many.
            for chunk in trees.overflow.scan_prefix(&key).keys() {
                trees.overflow.remove(chunk?)?;
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

#[cfg(test)]
mod tests {
    use trellis_engine::domain::name::{NameId, TopicId};
    use trellis_engine::domain::plan::{Cause, Plan};
    use trellis_engine::domain::row::{Namespace, Row, RowKey};
    use trellis_engine::domain::time::Timestamp;
    use trellis_spv::hash::Txid;

    use super::super::commit::{self, Outcome};
    use super::*;
    use crate::prepare::prepare;

    const HORIZON: u64 = 4;

    /// Writes the same state row again.
    fn overwrite(trees: &Trees, last: Sequence) -> Sequence {
        let namespace = Namespace::Topic(TopicId(NameId(1)));
        let plan = Plan {
            cause: Cause::Submission(Txid::from_internal([1; 32])),
            once: None,
            expect: Vec::new(),
            writes: vec![(RowKey::State(namespace, b"key".to_vec()), Some(Row::State(last.0.to_be_bytes().to_vec())))],
            adjust: Vec::new(),
            contents: Vec::new(),
            event: None,
            at: Timestamp(last.0),
        };
        match commit::apply(trees, last, &prepare(&plan).unwrap()).unwrap().0 {
            Outcome::Committed(sequence) => sequence,
            other => panic!("{other:?}"),
        }
    }

    /// What a crash would find: `oldest`, `pruned` and the number of before-images.
    fn on_disk(trees: &Trees) -> (u64, u64, usize) {
        let at = |key| trees.meta_number(key).unwrap().unwrap_or(0);
        (at(meta::OLDEST), at(meta::PRUNED), trees.history.len())
    }

    #[test]
    fn no_before_image_goes_until_a_later_sync_made_its_farewell_durable() {
        let folder = tempfile::tempdir().unwrap();
        let trees = Trees::open(sled::open(folder.path()).unwrap()).unwrap();
        let pins = Pins::new(Sequence::ZERO);
        let mut pruning = Pruning::load(&trees, HORIZON).unwrap();
        let mut last = Sequence::ZERO;
        for _ in 0..20 {
            last = overwrite(&trees, last);
        }
        let horizon = last.0 - HORIZON;
        assert_eq!(on_disk(&trees), (0, 0, 19));

        // Announced: said, not done; and not while the sync that may have missed it is all there was.
        assert!(!pruning.step(&trees, &pins, last, last).unwrap());
        assert_eq!(on_disk(&trees), (horizon, 0, 19));
        assert!(!pruning.step(&trees, &pins, last, last).unwrap());
        assert_eq!(on_disk(&trees), (horizon, 0, 19));

        let later = overwrite(&trees, last);
        while pruning.step(&trees, &pins, later, later).unwrap() {}
        assert_eq!(trees.history.len() as u64, later.0 - horizon, "what the horizon covers stays readable");
        assert_eq!(on_disk(&trees).1, 0, "that the others are gone is not said before it is durable");

        // A crash here: the batch, and the next one that was announced meanwhile, are taken up from the start.
        let mut pruning = Pruning::load(&trees, HORIZON).unwrap();
        let horizon = on_disk(&trees).0;
        assert_eq!((pruning.oldest().0, horizon), (horizon, later.0 - HORIZON));
        assert!(pruning.step(&trees, &pins, later, later).unwrap());
        assert_eq!(trees.history.len() as u64, later.0 - horizon);

        // With the next batch it is said.
        let mut last = later;
        for _ in 0..10 {
            last = overwrite(&trees, last);
        }
        while pruning.step(&trees, &pins, last, last).unwrap() {}
        assert_eq!(on_disk(&trees).1, 0);
        let later = overwrite(&trees, last);
        pruning.step(&trees, &pins, later, later).unwrap();
        assert_eq!(on_disk(&trees).1, horizon);
    }
}
