//! Evictions.

use std::collections::BTreeSet;

use crate::entry::{Entry, Eviction, What};
use crate::event::{Event, basket_changes, changes};
use crate::model::Model;
use crate::transaction::{Id, Outpoint};

/// What is to become of what needs the bytes of the transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dependents {
    /// The eviction is refused.
    Name,
    /// It stays, and the bytes too.
    Keep,
    /// It goes as well.
    Evict,
}

/// Why nothing was evicted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotEvicted {
    /// It is not here.
    NotHeld,
    /// These outputs, and these unproven transactions, need the bytes.
    Depended(BTreeSet<Outpoint>, BTreeSet<Id>),
}

impl Model {
    /// Evicts an output. Answers the transactions whose bytes are gone.
    ///
    /// # Errors
    /// [`NotEvicted`].
    pub fn evict(&mut self, outpoint: Outpoint, dependents: Dependents) -> Result<Vec<Id>, NotEvicted> {
        let topics = self.topics.len() as u32;
        let in_topics = |model: &Self, outpoint: Outpoint| model.derived.holders(topics, outpoint).next().is_some();
        let exists =
            self.held.contains_key(&outpoint.id) && (outpoint.output as usize) < self.known[&outpoint.id].outputs.len();
        if !in_topics(self, outpoint) && !self.taken_back.contains_key(&outpoint.id) && !exists {
            return Err(NotEvicted::NotHeld);
        }
        let (outputs, transactions) = self.dependents(outpoint);
        let depended = !outputs.is_empty() || !transactions.is_empty();
        let withheld = match dependents {
            Dependents::Name if depended => return Err(NotEvicted::Depended(outputs, transactions)),
            Dependents::Keep if depended => Vec::new(),
            Dependents::Name | Dependents::Keep => vec![outpoint.id],
            Dependents::Evict => [outpoint.id].into_iter().chain(transactions).collect(),
        };
        let mut eviction = Eviction { outputs: Vec::new(), service_broke: self.service_broken };
        if withheld.is_empty() {
            eviction.outputs.push((outpoint.id, BTreeSet::from([outpoint.output])));
        }
        for id in &withheld {
            let outpoints = self.known[id].outpoints().filter(|outpoint| in_topics(self, *outpoint));
            eviction.outputs.push((*id, outpoints.map(|outpoint| outpoint.output).collect()));
        }
        let before = self.derived.clone();
        let mut after = self.derived.clone();
        eviction.apply(&mut after, &self.context());
        self.derived = after;
        for (id, outputs) in &eviction.outputs {
            self.evicted.entry(*id).or_default().outputs.extend(outputs);
        }
        for id in &withheld {
            self.evicted.entry(*id).or_default().withheld = true;
            self.held.remove(id);
            self.status.remove(id);
            self.outbox.remove(id);
            self.taken_back.remove(id);
        }
        self.list.push(Entry { place: self.log.len(), what: What::Eviction(eviction) });
        let mut sorted = withheld.clone();
        sorted.sort();
        let baskets = basket_changes(&before, &self.derived);
        self.commit(Event::Evicted(sorted, changes(&before, &self.derived), baskets));
        Ok(withheld)
    }

    /// Other outputs of the transaction that topics list or keep, and unproven transactions that rest on it.
    fn dependents(&self, outpoint: Outpoint) -> (BTreeSet<Outpoint>, BTreeSet<Id>) {
        let mut transactions = BTreeSet::new();
        let Some(_) = self.held.get(&outpoint.id) else { return (BTreeSet::new(), transactions) };
        let topics = self.topics.len() as u32;
        let is_listed = |other: &Outpoint| {
            let mut rows = self.derived.holders(topics, *other);
            *other != outpoint && rows.any(|(_, row)| row.spent.is_none_or(|(_, retained)| retained))
        };
        let outputs = self.known[&outpoint.id].outpoints().filter(is_listed).collect();
        let mut open = vec![outpoint.id];
        while let Some(id) = open.pop() {
            for output in self.known[&id].outpoints() {
                let Some(by) = self.derived.spends.get(&output).map(|spend| spend.by) else { continue };
                if self.held.get(&by).is_some_and(|held| held.proof.is_none()) && transactions.insert(by) {
                    open.push(by);
                }
            }
        }
        (outputs, transactions)
    }
}
