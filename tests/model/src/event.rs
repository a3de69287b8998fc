//! The model's own log: what subscribers of a host must hear.

use std::collections::BTreeMap;

use crate::derived::{Derived, Output, Topic};
use crate::transaction::{Id, Outpoint};

/// Where a transaction stands with the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// Nobody has been told, or nobody has answered.
    Admitted,
    /// A broadcaster took it.
    Broadcast,
    /// The network has it: it was in a block that left the chain.
    Seen,
    /// In the block at this height.
    Mined(u32),
    /// Refused.
    Rejected,
    /// The network contradicts itself.
    Contested,
}

/// One whole transition. Lists ascend.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A submission was applied.
    Applied(Id, Vec<Change>),
    /// The network's view changed.
    StatusChanged(Id, Status),
    /// Proofs arrived, at these heights.
    Proven(Vec<(Id, u32)>),
    /// Blocks at these heights left the chain.
    Orphaned(Vec<(Id, u32)>),
    /// Outputs were evicted, and the bytes of these transactions.
    Evicted(Vec<Id>, Vec<Change>),
    /// Transactions were taken back.
    Reverted {
        /// What is gone.
        gone: Vec<Id>,
        /// What was judged again, in order.
        judged_again: Vec<Id>,
        /// What the topics gained and lost.
        changes: Vec<Change>,
    },
}

/// What one topic gained and lost. Lists ascend.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Change {
    /// The topic.
    pub topic: Topic,
    /// Outputs that are in it no more.
    pub removed: Vec<Outpoint>,
    /// Outputs that are spent no more.
    pub unspent: Vec<Outpoint>,
    /// Outputs that entered it.
    pub admitted: Vec<Outpoint>,
    /// Outputs that are spent now, or otherwise than before, and whether they are retained.
    pub spent: Vec<(Outpoint, bool)>,
}

/// What the topics gained and lost, ascending.
pub(crate) fn changes(before: &Derived, after: &Derived) -> Vec<Change> {
    let mut changes: BTreeMap<Topic, Change> = BTreeMap::new();
    let mut note = |topic: Topic, outpoint: Outpoint, before: Option<&Output>, after: Option<&Output>| {
        if before.map(|output| output.spent) == after.map(|output| output.spent) {
            return;
        }
        let change = changes.entry(topic).or_insert_with(|| Change { topic, ..Change::default() });
        let Some(after) = after else {
            change.removed.push(outpoint);
            return;
        };
        if before.is_none() {
            change.admitted.push(outpoint);
        }
        match after.spent {
            Some((_, retained)) => change.spent.push((outpoint, retained)),
            None if before.is_some() => change.unspent.push(outpoint),
            None => {}
        }
    };
    for (key, output) in &before.outputs {
        note(key.0, key.1, Some(output), after.outputs.get(key));
    }
    for (key, output) in after.outputs.iter().filter(|(key, _)| !before.outputs.contains_key(key)) {
        note(key.0, key.1, None, Some(output));
    }
    let sorted = changes.into_values().map(|mut change| {
        change.admitted.sort();
        change.spent.sort();
        change
    });
    sorted.collect()
}
