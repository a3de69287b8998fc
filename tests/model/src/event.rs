//! The model's own log: what subscribers of a host must hear.

use std::collections::BTreeMap;

use crate::derived::{Derived, Output, Topic};
use crate::token::{Name, Token};
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
    /// Submissions were applied, one or all of a batch in the order they were judged.
    Applied(Vec<Applied>),
    /// The network's view changed.
    StatusChanged(Id, Status),
    /// Proofs arrived, at these heights.
    Proven(Vec<(Id, u32)>),
    /// Blocks at these heights left the chain.
    Orphaned(Vec<(Id, u32)>),
    /// Outputs were evicted, and the bytes of these transactions.
    Evicted(Vec<Id>, Vec<Change>, Vec<BasketChange>),
    /// Transactions were taken back.
    Reverted {
        /// What is gone.
        gone: Vec<Id>,
        /// What was judged again, in order.
        judged_again: Vec<Id>,
        /// What the topics gained and lost.
        changes: Vec<Change>,
        /// What the baskets gained and lost.
        baskets: Vec<BasketChange>,
        /// Those among the undone commits that were batches, by their place in the log.
        batches: Vec<usize>,
    },
}

/// A submission that was applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Applied {
    /// The transaction.
    pub id: Id,
    /// What the topics gained and lost.
    pub changes: Vec<Change>,
    /// What was done to baskets, in order.
    pub operations: Vec<BasketOperation>,
}

/// One change of a basket: what left one, and what entered one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BasketOperation {
    /// What left.
    pub taken: Option<(Outpoint, Told)>,
    /// What entered, by output.
    pub placed: Option<(u32, Told)>,
}

/// What subscribers hear of a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Told {
    /// Its basket.
    pub basket: Name,
    /// What it is.
    pub asset: Name,
    /// How much of it.
    pub amount: u64,
}

/// What one basket gained and lost. Lists ascend.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BasketChange {
    /// The basket.
    pub basket: Name,
    /// Tokens that are in it no more, or are another thing there now.
    pub removed: Vec<Outpoint>,
    /// Tokens that are in it now.
    pub placed: Vec<Outpoint>,
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

impl Told {
    pub(crate) const fn of(token: &Token) -> Self {
        Self { basket: token.basket, asset: token.asset, amount: token.amount }
    }
}

/// What the baskets gained and lost, ascending.
pub(crate) fn basket_changes(before: &Derived, after: &Derived) -> Vec<BasketChange> {
    let mut changes: BTreeMap<Name, BasketChange> = BTreeMap::new();
    let mut note = |outpoint: Outpoint, token: &Token, is_removed: bool| {
        let basket = token.basket;
        let empty = || BasketChange { basket, removed: Vec::new(), placed: Vec::new() };
        let change = changes.entry(basket).or_insert_with(empty);
        if is_removed { &mut change.removed } else { &mut change.placed }.push(outpoint);
    };
    let token = |derived: &Derived, outpoint| derived.tokens.get(outpoint).map(|placed| placed.token.clone());
    for (outpoint, placed) in &before.tokens {
        if token(after, outpoint).as_ref() != Some(&placed.token) {
            note(*outpoint, &placed.token, true);
        }
    }
    for (outpoint, placed) in &after.tokens {
        if token(before, outpoint).as_ref() != Some(&placed.token) {
            note(*outpoint, &placed.token, false);
        }
    }
    changes.into_values().collect()
}
