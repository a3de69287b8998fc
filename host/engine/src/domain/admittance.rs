//! What a topic decided about a transaction, and the answer made of it.

use std::collections::BTreeMap;

use super::name::TopicName;

/// A topic's entry in the STEAK (BRC-22). All lists ascending, without repeats.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Admittance {
    /// Indices of the outputs that entered the topic.
    pub outputs_to_admit: Vec<u32>,
    /// Indices of the inputs whose spent outputs stay in the topic's history.
    pub coins_to_retain: Vec<u32>,
    /// Indices of the inputs whose spent outputs left the topic.
    pub coins_removed: Vec<u32>,
}

impl Admittance {
    /// Whether the transaction meant nothing to the topic: what `@bsv/sdk` does not count as an acknowledgement.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.outputs_to_admit.is_empty() && self.coins_to_retain.is_empty() && self.coins_removed.is_empty()
    }
}

/// Submitted Transaction Execution AcKnowledgment: each hosted topic's [`Admittance`].
pub type Steak = BTreeMap<TopicName, Admittance>;
