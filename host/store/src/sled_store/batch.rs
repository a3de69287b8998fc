//! Puts and removals over several trees that go in as one sled transaction, or not at all.
//!
//! Inside sled's transaction closure only the transaction's own views are touched (anything else deadlocks), each tree
//! occurs once (a second view would not see the first), nothing is scanned, and nothing is decided: the closure runs under
//! the one lock that sled has, so all reading, comparing and encoding happens before.
//!
//! That is sound because the one writer thread is the only one that changes these trees: what it read before the
//! transaction still stands when the transaction begins. It is not taken on trust: every batch of a commit carries a
//! [`Fence`], the last sequence it was computed against, and the closure refuses to apply the batch to any other.

use sled::transaction::{ConflictableTransactionError, TransactionError, Transactional};
use sled::{IVec, Tree};
use trellis_engine::domain::time::Sequence;

use super::fault::Fault;
use super::trees::{Trees, meta, number};
use crate::limits::{MAX_KEY_BYTES, MAX_VALUE_BYTES};

/// The last sequence a batch was computed against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fence(pub(super) Sequence);

type Put = (IVec, Option<IVec>);

/// What one transaction writes, per tree. `None` removes.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) meta: Vec<Put>,
    pub(super) rows: Vec<Put>,
    pub(super) history: Vec<Put>,
    pub(super) overflow: Vec<Put>,
    pub(super) unreferenced: Vec<Put>,
    pub(super) log: Vec<Put>,
}

impl Batch {
    /// Puts into `target`.
    pub(super) fn put(target: &mut Vec<Put>, key: impl Into<IVec>, value: impl Into<IVec>) {
        target.push((key.into(), Some(value.into())));
    }

    /// Removes from `target`.
    pub(super) fn remove(target: &mut Vec<Put>, key: impl Into<IVec>) {
        target.push((key.into(), None));
    }

    /// How many puts and removals there are.
    pub(super) fn len(&self) -> usize {
        [&self.meta, &self.rows, &self.history, &self.overflow, &self.unreferenced, &self.log]
            .iter()
            .map(|puts| puts.len())
            .sum()
    }

    fn check_bounds(&self) -> Result<(), Fault> {
        let all = [&self.meta, &self.rows, &self.history, &self.overflow, &self.unreferenced, &self.log];
        for (key, value) in all.into_iter().flatten() {
            let value = value.as_ref().map_or(0, |value| value.len());
            if key.len() > MAX_KEY_BYTES || value > MAX_VALUE_BYTES {
                return Err(Fault::OutOfBounds(format!(
                    "a key of {} bytes with a value of {value} bytes exceeds what sled keeps out of its unsynced files \
                     ({MAX_KEY_BYTES} and {MAX_VALUE_BYTES})",
                    key.len()
                )));
            }
        }
        Ok(())
    }

    /// Applies the batch as one transaction.
    pub(super) fn apply(self, trees: &Trees, fence: Fence) -> Result<(), Fault> {
        self.check_bounds()?;
        // `meta` first: its view is where the fence is read.
        let mut used: Vec<(&Tree, Vec<Put>)> = vec![(&trees.meta, self.meta)];
        for (tree, puts) in [
            (&trees.rows, self.rows),
            (&trees.history, self.history),
            (&trees.overflow, self.overflow),
            (&trees.unreferenced, self.unreferenced),
            (&trees.log, self.log),
        ] {
            // Each tree in a transaction costs, so only those with something to do take part.
            if !puts.is_empty() {
                used.push((tree, puts));
            }
        }
        let selected: Vec<&Tree> = used.iter().map(|(tree, _)| *tree).collect();
        let expected = number(fence.0.0);
        let applied = selected.transaction(|views| {
            if let Some(view) = views.first()
                && view.get(meta::LAST)?.is_none_or(|last| last != expected)
            {
                return Err(ConflictableTransactionError::Abort(()));
            }
            for (view, (_, puts)) in views.iter().zip(&used) {
                for (key, value) in puts {
                    match value {
                        Some(value) => view.insert(key, value)?,
                        None => view.remove(key)?,
                    };
                }
            }
            Ok(())
        });
        applied.map_err(|error| match error {
            TransactionError::Storage(error) => Fault::Sled(error),
            TransactionError::Abort(()) => {
                Fault::System("someone else wrote to this store: its last sequence moved under the writer".to_owned())
            }
        })
    }
}
