//! A plan: everything one commit is to do, as data.

use trellis_spv::hash::Txid;

use super::event::Event;
use super::name::TopicId;
use super::row::{ContentId, Namespace, NumberKey, ReservationId, Row, RowKey};
use super::time::{Sequence, Timestamp};

/// Most row writes and adjustments of one commit. Two rows per input of a transaction with the 20,000 inputs the door lets
/// through, and what else such a submission writes.
pub const MAX_PLAN_WRITES: usize = 65_536;

/// Everything one commit is to do. Applied whole or not at all.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Why the commit happens.
    pub cause: Cause,
    /// The row only this plan creates: where it exists already, the commit answers `AlreadyApplied`.
    pub once: Option<RowKey>,
    /// What the planner read and relies on. Compared inside the transaction.
    pub expect: Vec<(RowKey, Expected)>,
    /// Rows to write (`None` removes). No key twice, none of the adjusted kinds.
    pub writes: Vec<(RowKey, Option<Row>)>,
    /// Changes that commute, applied by the writer; they never conflict.
    pub adjust: Vec<Adjust>,
    /// Contents the written rows refer to; must have been stored before ([`crate::ports::store::Store::put_contents`]).
    pub contents: Vec<ContentId>,
    /// What subscribers will see.
    pub event: Option<Event>,
    /// When it was planned.
    pub at: Timestamp,
}

/// Why a commit happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// A submission of this transaction; of an atomic batch, its first.
    Submission(Txid),
    /// The network's answer about this transaction.
    Network(Txid),
    /// A proof of this transaction (and perhaps of others with it).
    Proof(Txid),
    /// This transaction (and perhaps others with it) is taken back.
    Revert(Txid),
    /// The block that held this transaction (and perhaps others with it) left the chain.
    Reorganisation(Txid),
    /// An output of this transaction was evicted.
    Eviction(Txid),
    /// Tokens are kept for somebody, or no more.
    Reservation(ReservationId),
    /// The rows of this service or manager are built anew, or what is left of earlier ones is removed.
    Rebuild(Namespace),
}

/// What a planner saw under a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// No row.
    Absent,
    /// The row this commit wrote.
    Version(Sequence),
}

/// A commutative, invertible change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Adjust {
    /// Add to a number; a number never written counts as 0.
    Number(NumberKey, i128),
    /// Add an element to, or take it out of, a topic's hash.
    TopicHash(TopicId, HashChange),
}

/// A change of a topic's hash, by the element's digest (see [`TopicHash`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HashChange {
    /// The element is now part of the topic.
    Add([u8; 32]),
    /// It no longer is.
    Remove([u8; 32]),
}

/// Number of 16-bit lanes of a [`TopicHash`].
pub const TOPIC_HASH_LANES: usize = 1024;

/// An order-independent hash over a set of elements that two hosts can compare: LtHash16 (1024 lanes of 16 bits, each
/// element expanded with BLAKE3's extendable output), safe against an adversary who chooses the elements, unlike XOR.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopicHash(pub [u16; TOPIC_HASH_LANES]);

impl Default for TopicHash {
    fn default() -> Self {
        Self([0; TOPIC_HASH_LANES])
    }
}

impl TopicHash {
    /// Applies a change. `Add` and `Remove` of the same element cancel, in any order.
    pub fn apply(&mut self, change: &HashChange) {
        let (element, add) = match change {
            HashChange::Add(element) => (element, true),
            HashChange::Remove(element) => (element, false),
        };
        let mut expanded = [0u8; TOPIC_HASH_LANES * 2];
        blake3::Hasher::new().update(element).finalize_xof().fill(&mut expanded);
        for (lane, bytes) in self.0.iter_mut().zip(expanded.as_chunks::<2>().0) {
            let value = u16::from_le_bytes(*bytes);
            *lane = if add { lane.wrapping_add(value) } else { lane.wrapping_sub(value) };
        }
    }

    /// 32 bytes two hosts can compare: BLAKE3 over the lanes, little-endian.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        for lane in &self.0 {
            hasher.update(&lane.to_le_bytes());
        }
        *hasher.finalize().as_bytes()
    }
}

/// What a commit was, as the log keeps it: the event, and what undoing it takes.
#[derive(Clone, PartialEq, Debug)]
pub struct LogRecord {
    /// Its number.
    pub sequence: Sequence,
    /// Why it happened.
    pub cause: Cause,
    /// When it was planned.
    pub at: Timestamp,
    /// What subscribers see.
    pub event: Option<Event>,
    /// Keys it wrote; their earlier versions are the before-images.
    pub wrote: Vec<RowKey>,
    /// Keys it relied on, besides those it wrote; state fences in any case, because who writes one need not have read it.
    pub read: Vec<RowKey>,
    /// What it adjusted.
    pub adjusted: Vec<Adjust>,
}

impl LogRecord {
    /// The transactions whose submission the commit was, in the order they were judged: one, or the members of an atomic batch.
    #[must_use]
    pub fn submissions(&self) -> Vec<Txid> {
        match (&self.cause, &self.event) {
            (Cause::Submission(_), Some(Event::Applied(applied))) => {
                applied.iter().map(|applied| applied.txid).collect()
            }
            (Cause::Submission(txid), _) => vec![*txid],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_topic_hash_ignores_order_and_forgets_what_was_removed() {
        let (a, b, c) = ([1; 32], [2; 32], [3; 32]);
        let mut one = TopicHash::default();
        let mut two = TopicHash::default();
        for change in [HashChange::Add(a), HashChange::Add(b)] {
            one.apply(&change);
        }
        for change in [HashChange::Add(c), HashChange::Add(b), HashChange::Remove(c), HashChange::Add(a)] {
            two.apply(&change);
        }
        assert_eq!(one.digest(), two.digest());
        two.apply(&HashChange::Add(a));
        assert_ne!(one.digest(), two.digest(), "an element counts as often as it was added");
    }
}
