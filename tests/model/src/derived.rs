//! What follows from the list of what was applied.

use std::collections::{BTreeMap, BTreeSet};

use crate::rule::State;
use crate::token::{Kind, Name, Placed};
use crate::transaction::{Id, Outpoint};

/// A topic, by its place in the host's configuration.
pub type Topic = u32;

/// Whose state a row belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Namespace {
    /// A topic's.
    Topic(Topic),
    /// The service's.
    Service,
    /// The basket manager's.
    Manager,
}

/// An output of a topic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Output {
    /// Its value.
    pub satoshis: u64,
    /// Who spent it, and whether it is retained; `None` while nobody has.
    pub spent: Option<(Id, bool)>,
}

/// Who spends an output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spend {
    /// The transaction.
    pub by: Id,
    /// Its input.
    pub input: u32,
}

/// A topic's entry in the answer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Admittance {
    /// Outputs that entered it.
    pub admit: Vec<u32>,
    /// Inputs whose coins it keeps.
    pub retain: Vec<u32>,
    /// Inputs whose coins left it.
    pub removed: Vec<u32>,
}

impl Admittance {
    /// Whether the transaction meant nothing to the topic.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.admit.is_empty() && self.retain.is_empty() && self.removed.is_empty()
    }
}

/// What a rule read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Seen {
    /// A row of its own state.
    Own(Vec<u8>),
    /// A row of another topic's.
    State(Topic, Vec<u8>),
    /// An output of another topic.
    Output(Topic, Outpoint),
}

/// What a rule read, and what it saw: of an output one byte, 1 where it was spent.
pub type Read = (Seen, Option<Vec<u8>>);

/// A verdict that is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// What it decided.
    pub admittance: Admittance,
    /// What it read of the state.
    pub reads: Vec<Read>,
}

/// That a transaction was applied.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Applied {
    /// The topics with a verdict.
    pub topics: BTreeSet<Topic>,
    /// The first off-chain values that came.
    pub values: Option<Vec<u8>>,
}

/// Everything that follows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Derived {
    /// Outputs of topics.
    pub outputs: BTreeMap<(Topic, Outpoint), Output>,
    /// Verdicts of topics.
    pub verdicts: BTreeMap<(Id, Topic), Verdict>,
    /// What was applied.
    pub applied: BTreeMap<Id, Applied>,
    /// Who is yet to judge, or to index, what.
    pub unjudged: BTreeSet<(Namespace, Id)>,
    /// Rows of state.
    pub state: BTreeMap<(Namespace, Vec<u8>), Vec<u8>>,
    /// Who spends what, whatever the topic.
    pub spends: BTreeMap<Outpoint, Spend>,
    /// What is in baskets.
    pub tokens: BTreeMap<Outpoint, Placed>,
    /// Every name that a token ever had.
    pub names: BTreeSet<(Kind, Name)>,
    /// Who knows nothing and is told nothing.
    pub silent: BTreeSet<Namespace>,
}

impl Derived {
    /// The topics that hold an output.
    pub fn holders(&self, topics: u32, outpoint: Outpoint) -> impl Iterator<Item = (Topic, Output)> + '_ {
        (0..topics).filter_map(move |topic| Some((topic, *self.outputs.get(&(topic, outpoint))?)))
    }
}

/// The state of one namespace during one call: what the call writes is kept aside.
pub(crate) struct Aside<'d> {
    derived: &'d Derived,
    namespace: Namespace,
    /// What the call wrote.
    pub(crate) written: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// What it read that it had not written.
    pub(crate) reads: Vec<Read>,
}

impl<'d> Aside<'d> {
    pub(crate) fn new(derived: &'d Derived, namespace: Namespace) -> Self {
        Self { derived, namespace, written: BTreeMap::new(), reads: Vec::new() }
    }
}

impl State for Aside<'_> {
    fn get(&mut self, key: &[u8]) -> Option<Vec<u8>> {
        if let Some(own) = self.written.get(key) {
            return own.clone();
        }
        let found = self.derived.state.get(&(self.namespace, key.to_vec())).cloned();
        self.reads.push((Seen::Own(key.to_vec()), found.clone()));
        found
    }

    fn set(&mut self, key: &[u8], value: Option<&[u8]>) {
        self.written.insert(key.to_vec(), value.map(<[u8]>::to_vec));
    }

    fn all(&mut self, start: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        assert!(self.written.is_empty(), "rules look through their rows before they write");
        let rows = self.derived.rows(self.namespace, start);
        self.reads.extend(rows.iter().map(|(key, value)| (Seen::Own(key.clone()), Some(value.clone()))));
        rows
    }

    fn get_of(&mut self, topic: Topic, key: &[u8]) -> Option<Vec<u8>> {
        let found = self.derived.state.get(&(Namespace::Topic(topic), key.to_vec())).cloned();
        self.reads.push((Seen::State(topic, key.to_vec()), found.clone()));
        found
    }

    fn all_of(&mut self, topic: Topic, start: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let rows = self.derived.rows(Namespace::Topic(topic), start);
        self.reads.extend(rows.iter().map(|(key, value)| (Seen::State(topic, key.clone()), Some(value.clone()))));
        rows
    }

    fn output_of(&mut self, topic: Topic, outpoint: &Outpoint) -> Option<bool> {
        let spent = match self.derived.outputs.get(&(topic, *outpoint)).map(|output| output.spent) {
            Some(None) => Some(false),
            Some(Some((_, true))) => Some(true),
            Some(Some((_, false))) | None => None,
        };
        self.reads.push((Seen::Output(topic, *outpoint), spent.map(|spent| vec![u8::from(spent)])));
        spent
    }
}

impl Derived {
    fn rows(&self, namespace: Namespace, start: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let from = self.state.range((namespace, start.to_vec())..);
        let own = from.take_while(|((of, _), _)| *of == namespace);
        own.map(|((_, key), value)| (key.clone(), value.clone())).collect()
    }

    /// What a call wrote becomes what stands there.
    pub(crate) fn write(&mut self, namespace: Namespace, written: BTreeMap<Vec<u8>, Option<Vec<u8>>>) {
        for (key, value) in written {
            match value {
                Some(value) => self.state.insert((namespace, key), value),
                None => self.state.remove(&(namespace, key)),
            };
        }
    }
}
